// The spine, in one function: Engine::compile.
#include "engine/engine.h"

#include <utility>

#include "binary/module_decoder.h"
#include "interp/interpreter.h"
#include "validate/module_validator.h"

namespace waxwing::engine {
namespace {

using base::ErrorCode;
using base::Result;

/// The tier that runs all code has no heap for structures and arrays.
Result<> check_tier_can_run(const syntax::Module& module) {
  if (!module.hints.first_gc_instruction) return {};
  return base::fail(ErrorCode::unsupported,
                    "this build's interpreter has no heap for the structures and arrays of the "
                    "gc feature",
                    *module.hints.first_gc_instruction);
}

}  // namespace

Engine::Engine(const Config& config)
    : config_(config), types_(std::make_shared<runtime::TypeRegistry>()) {}

Result<std::shared_ptr<const runtime::CompiledModule>> Engine::compile(
    std::shared_ptr<const std::vector<uint8_t>> bytes) const {
  auto compiled = std::make_shared<runtime::CompiledModule>();
  compiled->module = TRY(binary::decode(std::move(bytes), config_.features));
  TRY(validate::validate(compiled->module, config_.features));
  TRY(check_tier_can_run(compiled->module));
  compiled->types = types_;
  compiled->type_ids = types_->add_module(compiled->module);
  compiled->code = TRY(interp::load(compiled->module));
  return compiled;
}

Result<std::unique_ptr<runtime::Store>> Engine::new_store(
    const runtime::StoreLimits& limits) const {
  return runtime::Store::create(types_, limits);
}

}  // namespace waxwing::engine
