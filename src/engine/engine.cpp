// The spine, in one function: Engine::compile.
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "interp/interpreter.h"
#include "validate/module_validator.h"

namespace waxwing::engine {

using base::Result;

Engine::Engine(const Config& config)
    : config_(config), types_(std::make_shared<runtime::TypeRegistry>()) {}

Result<std::shared_ptr<const runtime::CompiledModule>> Engine::compile(
    std::shared_ptr<const std::vector<uint8_t>> bytes, std::string_view name) const {
  syntax::Module module = TRY(binary::decode(std::move(bytes), config_.features));
  TRY(validate::validate(module, config_.features));
  auto compiled = std::make_shared<runtime::CompiledModule>(std::move(module), types_);
  compiled->code = TRY(compile_code(*compiled, name));
  return compiled;
}

Result<std::unique_ptr<const runtime::ModuleCode>> Engine::compile_code(
    const runtime::CompiledModule& compiled, std::string_view name) const {
  if (config_.tier == Tier::interpreter) return interp::load(compiled);
  auto code = compile_native(compiled.module, name);
  if (code || config_.tier != Tier::automatic) return code;
  // A host that forbids machine code, or has another processor, has the interpreter. So has a
  // module whose code would be too large, for us or for the memory that there is.
  const base::ErrorCode reason = code.error().code;
  const bool runs_otherwise = reason == base::ErrorCode::unsupported ||
                              reason == base::ErrorCode::implementation_limit ||
                              reason == base::ErrorCode::out_of_memory;
  return runs_otherwise ? interp::load(compiled) : std::move(code);
}

namespace {

/// Whether a module's code may rely on guard pages. Memories that it imports count: who asks for
/// them may need them too.
bool has_guards(const syntax::Module& module) {
  const auto is_narrow = [](const syntax::MemoryType& type) {
    return type.address == syntax::AddressType::i32;
  };
  const auto count = std::ranges::count_if(module.memories, is_narrow);
  return count == 0 || runtime::Memory::can_guard(static_cast<size_t>(count));
}

}  // namespace

Result<std::unique_ptr<const runtime::ModuleCode>> Engine::compile_native(
    const syntax::Module& module, std::string_view name) const {
  auto code = TRY(load_native(module));
  if (!config_.code_listeners.empty()) code->announce(config_.code_listeners, module, name);
  return code;
}

Result<std::unique_ptr<runtime::NativeCode>> Engine::load_native(
    const syntax::Module& module) const {
  const CodegenConfig& config = config_.codegen;
  const baseline::Options options = {
      .features = config.cpu ? *config.cpu : TRY(codegen::x64::CpuFeatures::from_host()),
      .guard_pages = config.guard_pages ? *config.guard_pages : has_guards(module),
      .max_registers = config.max_registers,
      .counters = config.counters,
      .threads = config.threads,
      .progress = config.progress,
      .progress_context = config.progress_context};
  if (config.lazy) {
    baseline::LazyModule made = TRY(baseline::compile_lazily(module, options));
    return runtime::NativeCode::load_lazy(std::move(made.stubs), std::move(made.compiler), module,
                                          config.faults);
  }
  return runtime::NativeCode::load(TRY(baseline::compile(module, options)), module, config.faults);
}

Result<std::unique_ptr<runtime::Store>> Engine::new_store(
    const runtime::StoreLimits& limits) const {
  return runtime::Store::create(types_, limits);
}

}  // namespace waxwing::engine
