// What modules of AssemblyScript and Emscripten import from "env" beside WASI, or in its place.
// [assemblyscript.org/concepts.html#special-imports; emscripten.org, WebAssembly standalone]
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "runtime/func.h"
#include "wasi/context.h"

namespace waxwing::imports {

/// The module name of all of them.
inline constexpr std::string_view module_name = "env";

enum class TraceOutput : uint8_t { none, standard_output, standard_error };

struct HelperOptions {
  bool assemblyscript = true;
  bool emscripten = true;
  bool abort_message = true;  // of AssemblyScript's `abort`, to the standard error
  TraceOutput trace = TraceOutput::standard_error;  // of AssemblyScript's `trace`
};

/// Whether there is a function of that name, of some type.
bool is_helper(std::string_view name);

/// The functions, for the modules of one store. They keep `context` alive.
class Helpers {
 public:
  Helpers(std::shared_ptr<wasi::Context> context, const HelperOptions& options);
  ~Helpers();

  /// The function that an import of that name and type means; nothing where there is none, of that
  /// type. `type` is engine-wide. `invoke_` functions are made for their type.
  std::optional<runtime::HostFunc> find(runtime::TypeRegistry& types, std::string_view name,
                                        const syntax::FuncType& type) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace waxwing::imports
