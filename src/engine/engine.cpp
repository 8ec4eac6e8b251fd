// The spine, in one function: Engine::compile.
#include "engine/engine.h"

#include <utility>

#include "binary/module_decoder.h"
#include "interp/interpreter.h"
#include "validate/module_validator.h"

namespace waxwing::engine {

using base::Result;

Engine::Engine(const Config& config)
    : config_(config), types_(std::make_shared<runtime::TypeRegistry>()) {}

Result<std::shared_ptr<const runtime::CompiledModule>> Engine::compile(
    std::shared_ptr<const std::vector<uint8_t>> bytes) const {
  auto compiled = std::make_shared<runtime::CompiledModule>();
  compiled->module = TRY(binary::decode(std::move(bytes), config_.features));
  TRY(validate::validate(compiled->module, config_.features));
  compiled->types = types_;
  compiled->type_ids = types_->add_module(compiled->module);
  compiled->type_infos = types_->infos(compiled->type_ids);
  compiled->code = TRY(interp::load(*compiled));
  return compiled;
}

Result<std::unique_ptr<runtime::Store>> Engine::new_store(
    const runtime::StoreLimits& limits) const {
  return runtime::Store::create(types_, limits);
}

}  // namespace waxwing::engine
