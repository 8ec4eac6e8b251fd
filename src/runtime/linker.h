// Names to externs: how imports find what they ask for. [spec 4.7.2]
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/instance.h"

namespace waxwing::runtime {

/// Definitions of one store's world, by module and name. Not thread-safe.
class Linker {
 public:
  /// Fails with `duplicate_definition` where the name is taken, unless `allow_shadowing`.
  base::Result<> define(std::string module, std::string name, Extern definition);
  base::Result<> define_func(Store& store, std::string module, std::string name, HostFunc func);
  /// Defines every export of `instance` under `module`.
  base::Result<> define_instance(const std::string& module, Instance& instance);
  /// Forgets all that is defined under `module`.
  void remove_module(std::string_view module);
  void allow_shadowing(bool allowed) { allow_shadowing_ = allowed; }

  std::optional<Extern> find(std::string_view module, std::string_view name) const;
  /// Whether anything is defined under `module`.
  bool has_module(std::string_view module) const { return definitions_.contains(module); }

  /// Resolves all imports by name and instantiates. The error for a missing import names it, its
  /// type, what is defined under that module name (near misses first), and how to provide it.
  std::expected<Instance*, InstantiateError> instantiate(
      Store& store, std::shared_ptr<const CompiledModule> compiled, std::string name) const;

 private:
  base::Error missing_import(const CompiledModule& compiled, const syntax::Import& import) const;

  bool allow_shadowing_ = false;
  std::map<std::string, std::map<std::string, Extern, std::less<>>, std::less<>> definitions_;
};

}  // namespace waxwing::runtime
