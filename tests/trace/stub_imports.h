// Something for every import of a module: functions that only tell that they were called, zero
// globals, empty memories.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/instance.h"

namespace waxwing::tests {

/// "i32:0x0000002a", "f64:nan", "null", ...: one value as traces have it.
std::string trace_text(syntax::ValType type, const runtime::Slot* slots);

/// "(i32:0x0000002a, null)": values that follow one another by the array ABI.
std::string trace_text(const std::vector<syntax::ValType>& types, const runtime::Slot* slots);

/// Makes the imports of one module as a JavaScript host with stub functions would. Must outlive the
/// calls of its functions.
class StubImports {
 public:
  using Observer = std::function<void(const std::string& line)>;

  /// `on_call` gets "import MODULE.NAME(arguments)" at each call of a stub; it may be empty.
  StubImports(runtime::Store& store, const runtime::CompiledModule& compiled, Observer on_call);

  /// One definition an import. Fails with `unsupported` where an imported function has v128 in a
  /// type that is not simple, with the store's errors where it has no room, and with
  /// `incompatible_import` where no value of a reference type can be had.
  base::Result<std::vector<runtime::Extern>> make();

  /// Whether `exception` is what stubs throw that cannot return a value: a JavaScript error, not an
  /// exception of Wasm code.
  bool is_host_error(const runtime::Exception& exception) const {
    return exception.tag == &error_tag_;
  }

 private:
  struct Stub {
    StubImports* owner;
    const syntax::Import* import;
    const syntax::FuncType* type;
    bool returns;  // all results have a zero
  };

  static runtime::Outcome call(void* data, runtime::Caller& caller, runtime::Slot* slots);
  base::Result<runtime::Extern> make_one(const syntax::Import& import);
  base::Result<runtime::Extern> make_func(const syntax::Import& import, syntax::TypeIdx index);
  base::Result<runtime::Extern> make_table(syntax::TableType type);
  base::Result<runtime::Extern> make_global(syntax::GlobalType type);
  runtime::Extern make_tag(syntax::TagType tag);
  std::optional<runtime::Ref> some_ref(syntax::ValType type);
  runtime::Func& add_stub(const syntax::Import& import, syntax::TypeIdx index);

  runtime::Store& store_;
  const runtime::CompiledModule& compiled_;
  Observer on_call_;
  runtime::Tag& error_tag_;
  std::deque<Stub> stubs_;
};

/// Whether JavaScript can pass v128 to and from a function of the type at `index` through an
/// adapter: the type is final, has no supertype, is alone in its recursive group, and its
/// references are nullable and abstract.
bool is_simple(const syntax::Module& module, syntax::TypeIdx index);

/// Whether a parameter or result is a v128.
bool has_v128(const syntax::FuncType& type);

/// Whether `type` is a reference to exceptions, which JavaScript never sees.
bool is_exception_ref(syntax::ValType type);

}  // namespace waxwing::tests
