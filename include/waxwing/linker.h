// Linkers find what modules import, by name.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "waxwing/assemblyscript.h"
#include "waxwing/detail/function.h"
#include "waxwing/host_func.h"
#include "waxwing/wasi.h"

namespace waxwing {

/// Definitions by module and name. Host functions and WASI are for any store, objects for their
/// own. Instantiating is thread-safe with other such calls, defining is not. Copies are apart.
class WAXWING_API Linker {
 public:
  Linker();
  Linker(const Linker& other);
  Linker(Linker&& other) noexcept;
  Linker& operator=(const Linker& other);
  Linker& operator=(Linker&& other) noexcept;
  ~Linker();

  /// Defines a host function: a callable, or a HostFunc. These fail with `unlinkable` where the
  /// name is taken, unless `allow_shadowing`.
  Result<> func(std::string module, std::string name, HostFunc func);
  /// Defines an object of a store.
  Result<> define(std::string module, std::string name, Extern object);
  /// Defines all exports of an instance under `module`.
  Result<> instance(const std::string& module, const Instance& instance);
  /// Defines WASI preview 1 (`wasi_snapshot_preview1`, and `wasi_unstable` before it). Each store
  /// gets a world of its own, made as `config` says when it first needs it; that fails with `io` or
  /// `not_found` where a directory cannot be opened, `invalid_argument` for wrong strings.
  Result<> wasi(WasiConfig config);
  Result<> wasi();

  /// Defines what modules of AssemblyScript import from "env" where they do without WASI: `abort`,
  /// which writes its message and exits with 255, `trace` and `seed`.
  Result<> assemblyscript(const AssemblyScriptConfig& config = {});
  /// Defines what stand-alone modules of Emscripten import from "env" beside WASI: `invoke_`
  /// functions of whatever type, and what longjmp is made of with them, for which a module exports
  /// stackSave, stackRestore and setThrew; `emscripten_notify_memory_growth`; `getTempRet0` and
  /// `setTempRet0`. Of both, what is defined by name comes first.
  Result<> emscripten();

  void allow_shadowing(bool allowed);
  /// Asked for each import that has no definition. Concrete types in `import.type` are the
  /// engine's. What it throws is thrown on from the host's call.
  using Resolver = std::function<std::optional<Extern>(Store& store, const ImportType& import)>;
  template <typename Asked = Resolver>
  void set_resolver(std::type_identity_t<Asked> resolver) {
    if (!resolver) return set_guarded_resolver({});
    set_guarded_resolver(
        [ask = std::move(resolver)](Store& store, const ImportType& import,
                                    std::exception_ptr& thrown) -> Asked::result_type {
#if defined(__cpp_exceptions)
          try {
            return ask(store, import);
          } catch (...) {
            thrown = std::current_exception();
            return std::nullopt;
          }
#else
          static_cast<void>(thrown);
          return ask(store, import);
#endif
        });
  }

  /// Finds the module's imports and instantiates it, as Instance::create. `unlinkable` names the
  /// import that is missing, its type and near misses.
  Result<Instance> instantiate(Store& store, const Module& module,
                               const CallOptions& options = {}) const {
    auto instance = try_instantiate(store, module, options);
    if (!instance) return detail::raise(std::move(instance).error());
    return instance;
  }
  /// The same, but what a host function threw is in the error.
  Result<Instance> try_instantiate(Store& store, const Module& module,
                                   const CallOptions& options = {}) const;
  /// The same for an instance with what `snapshot` holds: no start function runs.
  Result<Instance> instantiate(Store& store, const Snapshot& snapshot) const {
    auto instance = try_instantiate(store, snapshot);
    if (!instance) return detail::raise(std::move(instance).error());
    return instance;
  }
  Result<Instance> try_instantiate(Store& store, const Snapshot& snapshot) const;

 private:
  friend struct detail::Access;
  using GuardedResolver = std::function<std::optional<Extern>(
      Store& store, const ImportType& import, std::exception_ptr& thrown)>;
  void set_guarded_resolver(GuardedResolver resolver);
  struct State;
  std::shared_ptr<State> state_;  // its own: shared only with what it instantiates
};

}  // namespace waxwing
