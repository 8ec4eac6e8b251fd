// A map of maps: module names, and the names defined under each.
#include "runtime/linker.h"

#include "runtime/missing_import.h"
#include "runtime/text.h"

namespace waxwing::runtime {

using base::ErrorCode;

base::Result<> Linker::define(std::string module, std::string name, Extern definition) {
  auto& names = definitions_[std::move(module)];
  const auto [place, is_new] = names.try_emplace(std::move(name), definition);
  if (is_new) return {};
  if (!allow_shadowing_) {
    return base::fail(ErrorCode::duplicate_definition, quoted(place->first));
  }
  place->second = definition;
  return {};
}

base::Result<> Linker::define_func(Store& store, std::string module, std::string name,
                                   HostFunc func) {
  Func* added = TRY(store.add_host_func(std::move(func)));
  return define(std::move(module), std::move(name), added);
}

base::Result<> Linker::define_instance(const std::string& module, Instance& instance) {
  for (const syntax::Export& entry : instance.module().exports) {
    TRY(define(module, std::string(entry.name), instance.export_at(entry)));
  }
  return {};
}

void Linker::remove_module(std::string_view module) {
  const auto found = definitions_.find(module);
  if (found != definitions_.end()) definitions_.erase(found);
}

std::optional<Extern> Linker::find(std::string_view module, std::string_view name) const {
  const auto names = definitions_.find(module);
  if (names == definitions_.end()) return std::nullopt;
  const auto found = names->second.find(name);
  if (found == names->second.end()) return std::nullopt;
  return found->second;
}

base::Error Linker::missing_import(const CompiledModule& compiled,
                                   const syntax::Import& import) const {
  std::vector<std::string_view> defined;
  if (const auto names = definitions_.find(import.module); names != definitions_.end()) {
    for (const auto& [name, definition] : names->second) defined.push_back(name);
  }
  size_t missing = 0;
  for (const syntax::Import& other : compiled.module.imports) {
    if (!find(other.module, other.name)) ++missing;
  }
  std::string detail = describe(MissingImport{.module = import.module,
                                              .name = import.name,
                                              .type_text = to_string(import, compiled),
                                              .defined = defined,
                                              .others_missing = missing - 1});
  return {ErrorCode::unknown_import, import.offset, std::move(detail)};
}

std::expected<Instance*, InstantiateError> Linker::instantiate(
    Store& store, std::shared_ptr<const CompiledModule> compiled, std::string name) const {
  std::vector<Extern> imports;
  imports.reserve(compiled->module.imports.size());
  for (const syntax::Import& import : compiled->module.imports) {
    const std::optional<Extern> found = find(import.module, import.name);
    if (!found) return std::unexpected(InstantiateError(missing_import(*compiled, import)));
    imports.push_back(*found);
  }
  return runtime::instantiate(store, std::move(compiled), imports, std::move(name));
}

}  // namespace waxwing::runtime
