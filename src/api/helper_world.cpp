// See helper_world.h.
#include "api/helper_world.h"

#include <utility>

namespace waxwing::detail {

HelperWorld::HelperWorld(std::shared_ptr<const HelperConfig> its_config,
                         std::shared_ptr<wasi::Context> context)
    : config(std::move(its_config)), helpers_(std::move(context), config->options) {}

base::Result<std::optional<runtime::Extern>> HelperWorld::find(
    runtime::Store& store, const runtime::CompiledModule& compiled, const syntax::Import& import) {
  const auto* const type = std::get_if<syntax::TypeIdx>(&import.type);
  if (!type || import.module != imports::module_name || !imports::is_helper(import.name))
    return std::nullopt;
  const runtime::TypeId type_id = compiled.type_ids[*type];
  const auto [known, is_new] =
      funcs_.try_emplace(std::pair(std::string(import.name), type_id), nullptr);
  if (!is_new && known->second) return known->second;
  auto func = helpers_.find(store.types(), import.name, store.types().func_type(type_id));
  if (!func) return std::nullopt;
  known->second = TRY(store.add_host_func(*std::move(func)));
  return known->second;
}

}  // namespace waxwing::detail
