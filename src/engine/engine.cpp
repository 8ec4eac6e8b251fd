// The spine, in one function: Engine::compile.
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "engine/artefact.h"
#include "image/image.h"
#include "interp/interpreter.h"
#include "platform/fault_handler.h"
#include "validate/module_validator.h"

namespace waxwing::engine {

using base::ErrorCode;
using base::Result;

Engine::Engine(const Config& config)
    : config_(config), types_(std::make_shared<runtime::TypeRegistry>()) {}

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

/// A host that forbids machine code, or has another processor, has the interpreter. So has a module
/// whose code would be too large, for us or for the memory that there is.
bool runs_otherwise(const base::Error& error) {
  return error.code == ErrorCode::unsupported || error.code == ErrorCode::implementation_limit ||
         error.code == ErrorCode::out_of_memory;
}

binary::DecodeLimits decode_limits(const CompileLimits& limits) {
  return {
      .module_bytes = limits.module_bytes, .funcs = limits.funcs, .func_bytes = limits.func_bytes};
}

/// Neither decoding nor validating fails with these.
bool is_of_images(const base::Error& error) {
  return error.code == ErrorCode::out_of_memory || error.code == ErrorCode::invalid_argument;
}

/// SHA-256 of a module, in parts.
Result<cache::Digest> digest_of(base::ByteSpan bytes, const base::StopFlag* stop) {
  constexpr size_t part_bytes = size_t{1} << 20;
  cache::Sha256 hash;
  while (!bytes.empty()) {
    TRY(base::go_on(stop));
    const base::ByteSpan part = bytes.first(std::min(bytes.size(), part_bytes));
    hash.update(part);
    bytes = bytes.subspan(part.size());
  }
  return hash.finish();
}

}  // namespace

/// A binary that is decoded and validated when that is needed, once for all targets.
class Engine::Source {
 public:
  Source(const Engine& engine, Bytes bytes, const base::StopFlag* stop)
      : engine_(engine), bytes_(std::move(bytes)), stop_(stop) {}

  Result<const syntax::Module*> module() {
    if (!module_) module_ = engine_.decode_and_validate(bytes_, stop_);
    if (!*module_) return std::unexpected(module_->error());
    return &**module_;
  }
  /// Gives its memory back.
  void forget() { module_.reset(); }
  /// No target has it: it is no module, or beyond a limit.
  bool is_refused() const { return module_ && !*module_; }
  /// Of a module that was decoded, and not forgotten.
  bool lacks_guards() const { return module_ && *module_ && !has_guards(**module_); }

 private:
  const Engine& engine_;
  const Bytes bytes_;
  const base::StopFlag* const stop_;
  std::optional<Result<syntax::Module>> module_;
};

Result<> Engine::check_size(uint64_t size_bytes) const {
  return binary::check_module_size(size_bytes, decode_limits(config_.limits));
}

Result<syntax::Module> Engine::decode_and_validate(const Bytes& bytes,
                                                   const base::StopFlag* stop) const {
  const binary::DecodeOptions options{.limits = decode_limits(config_.limits), .stop = stop};
  syntax::Module module = TRY(binary::decode(bytes, config_.features, options));
  TRY(validate::validate(module, config_.features, stop));
  return module;
}

Result<> Engine::check(const Bytes& bytes, const base::StopFlag* stop) const {
  TRY(decode_and_validate(bytes, stop));
  return {};
}

Result<Engine::Compiled> Engine::compile(const Bytes& bytes, std::string_view name,
                                         const base::StopFlag* stop) const {
  if (!config_.cache) return link(TRY(compile_here(bytes, name, stop)));
  TRY(check_size(bytes->size()));
  const cache::Digest digest = TRY(digest_of(*bytes, stop));
  if (!config_.codegen.lazy) {
    Source source(*this, bytes, stop);
    auto module = load_cached({.digest = digest, .source = &source, .name = name, .stop = stop});
    source.forget();
    // What only an image cannot do is done without one.
    if (!module && is_of_images(module.error()) && !config_.cache->options().requires_hit)
      module = compile_here(bytes, name, stop);
    return link(TRY(std::move(module)));
  }
  if (Module found = TRY(load_cached({.digest = digest, .source = nullptr, .name = name})))
    return link(std::move(found));
  if (config_.cache->options().requires_hit)
    return base::fail(ErrorCode::not_cached, "nothing may be compiled here");
  return link(TRY(compile_here(bytes, name, stop)));
}

Result<Engine::Compiled> Engine::find(const cache::Digest& module, std::string_view name) const {
  if (!config_.cache) return nullptr;
  Module found =
      TRY(load_cached({.digest = module, .source = nullptr, .name = name, .tells_misses = false}));
  return found ? link(std::move(found)) : nullptr;
}

/// Gives what engines share what only this one has: ids of types, and code that depends on them.
Result<Engine::Compiled> Engine::link(Module module) const {
  auto compiled = std::make_shared<runtime::CompiledModule>(std::move(module), types_);
  if (compiled->loaded->native) {
    if (config_.codegen.faults == runtime::FaultHandling::install)
      TRY(platform::install_fault_handler());
    compiled->code = compiled->loaded->native;
  } else {
    compiled->code =
        TRY(interp::load(*compiled, {.fuel = config_.codegen.fuel,
                                     .listeners = config_.codegen.listeners,
                                     .canonicalize_nans = config_.codegen.canonicalize_nans}));
  }
  return compiled;
}

Announce Engine::announcer(std::string_view name) const {
  if (config_.code_listeners.empty()) return {};
  return [this, name](runtime::NativeCode& code, const syntax::Module& module) {
    code.announce(config_.code_listeners, module, name);
  };
}

// Without a cache.

Result<Engine::Module> Engine::compile_here(const Bytes& bytes, std::string_view name,
                                            const base::StopFlag* stop) const {
  auto loaded = std::make_shared<runtime::LoadedModule>(TRY(decode_and_validate(bytes, stop)));
  if (config_.tier == Tier::interpreter) return loaded;
  auto code = compile_native(loaded->module, stop);
  if (!code && config_.tier == Tier::automatic && runs_otherwise(code.error())) return loaded;
  std::unique_ptr<runtime::NativeCode> native = TRY(std::move(code));
  if (const Announce announce = announcer(name)) announce(*native, loaded->module);
  loaded->native = std::move(native);
  return loaded;
}

Result<std::unique_ptr<runtime::NativeCode>> Engine::compile_native(
    const syntax::Module& module, const base::StopFlag* stop) const {
  CodeTarget target = TRY(native_target());
  if (!config_.codegen.guard_pages) target.guard_pages = has_guards(module);
  const bool is_lazy = config_.codegen.lazy;
  // What is compiled later belongs to other work.
  const baseline::Options options = compiler_options(target, is_lazy ? nullptr : stop);
  const runtime::FaultHandling faults = config_.codegen.faults;
  if (!is_lazy)
    return runtime::NativeCode::load(TRY(baseline::compile(module, options)), module, faults);
  baseline::LazyModule made = TRY(baseline::compile_lazily(module, options));
  return runtime::NativeCode::load_lazy(std::move(made.stubs), std::move(made.compiler), module,
                                        faults);
}

baseline::Options Engine::compiler_options(const CodeTarget& target,
                                           const base::StopFlag* stop) const {
  return {.features = target.cpu,
          .guard_pages = target.guard_pages,
          .max_registers = target.max_registers,
          .counters = target.counters,
          .fuel = target.fuel,
          .listeners = target.listeners,
          .canonicalize_nans = target.canonicalize_nans,
          .threads = config_.codegen.threads,
          .progress = config_.codegen.progress,
          .progress_context = config_.codegen.progress_context,
          .max_code_bytes = config_.limits.code_bytes,
          .stop = stop};
}

// With images.

CodeTarget Engine::interpreter_target() const {
  return {.features = config_.features,
          .fuel = config_.codegen.fuel,
          .listeners = config_.codegen.listeners,
          .canonicalize_nans = config_.codegen.canonicalize_nans};
}

Result<CodeTarget> Engine::native_target() const {
  const CodegenConfig& codegen = config_.codegen;
  CodeTarget target = interpreter_target();
  target.is_native = true;
  target.cpu = codegen.cpu ? *codegen.cpu : TRY(codegen::x64::CpuFeatures::from_host());
  target.guard_pages = codegen.guard_pages ? *codegen.guard_pages : runtime::Memory::can_guard(1);
  target.max_registers = codegen.max_registers;
  target.counters = codegen.counters;
  return target;
}

Result<Engine::Module> Engine::load_cached(const Request& request) const {
  if (config_.tier == Tier::interpreter) return load_target(interpreter_target(), request);
  Result<Module> module = nullptr;
  if (auto target = native_target(); target) {
    module = load_target(*target, request);
    if (may_drop_guards(*target) && lacks_guards(module, request)) {
      target->guard_pages = false;
      module = load_target(*target, request);
    }
  } else {
    module = std::unexpected(std::move(target).error());
  }
  if (module || config_.tier != Tier::automatic) return module;
  if (request.source && request.source->is_refused()) return module;
  if (runs_otherwise(module.error())) return load_target(interpreter_target(), request);
  if (module.error().code != ErrorCode::not_cached) return module;
  // Where machine code could not be made, the interpreter's image is what there is.
  const Request lookup{
      .digest = request.digest, .source = nullptr, .name = request.name, .tells_misses = false};
  auto interpreted = load_target(interpreter_target(), lookup);
  return interpreted && *interpreted ? interpreted : module;
}

bool Engine::may_drop_guards(const CodeTarget& target) const {
  return target.is_native && target.guard_pages && !config_.codegen.guard_pages;
}

/// Whether it has more memories than were counted on.
bool Engine::lacks_guards(const Result<Module>& module, const Request& request) {
  if (!module) return request.source && request.source->lacks_guards();
  return *module && (*module)->native && !has_guards((*module)->module);
}

Result<Engine::Module> Engine::load_target(const CodeTarget& target, const Request& request) const {
  CompilationCache& cache = *config_.cache;
  const ImageKey key(request.digest, compat_text(target, cache.options().salt));
  const Announce announce = target.is_native ? announcer(request.name) : Announce();
  if (!request.source) return cache.find(key, announce, request.tells_misses);
  const auto make = [&]() -> Result<std::vector<uint8_t>> {
    const syntax::Module& module = *TRY(request.source->module());
    if (may_drop_guards(target) && !has_guards(module))
      return base::fail(ErrorCode::out_of_memory, "no address space for guard pages");
    std::vector<uint8_t> image =
        TRY(make_image(target, key, module, cache.options().secret, request.stop));
    request.source->forget();
    return image;
  };
  return cache.load(key, make, announce, request.stop);
}

Result<std::vector<uint8_t>> Engine::make_image(const CodeTarget& target, const ImageKey& key,
                                                const syntax::Module& module, base::ByteSpan secret,
                                                const base::StopFlag* stop) const {
  image::Source source{
      .module = module, .compat = key.compat, .module_digest = key.module, .secret = secret};
  if (!target.is_native) return image::write(source);
  const abi::CodeImage code = TRY(baseline::compile(module, compiler_options(target, stop)));
  TRY(base::go_on(stop));
  source.code = &code;
  source.has_bodies = false;
  return image::write(source);
}

Result<std::vector<uint8_t>> Engine::compile_to_image(const Bytes& bytes, base::ByteSpan secret,
                                                      const base::StopFlag* stop) const {
  TRY(check_size(bytes->size()));
  const cache::Digest digest = TRY(digest_of(*bytes, stop));
  const syntax::Module module = TRY(decode_and_validate(bytes, stop));
  const auto make = [&](const CodeTarget& target) {
    return make_image(target, ImageKey(digest, compat_text(target)), module, secret, stop);
  };
  if (config_.tier == Tier::interpreter) return make(interpreter_target());
  auto target = native_target();
  Result<std::vector<uint8_t>> made =
      target ? make(*target) : std::unexpected(std::move(target).error());
  if (made || config_.tier != Tier::automatic || !runs_otherwise(made.error())) return made;
  return make(interpreter_target());
}

Result<Engine::Compiled> Engine::load(const cache::Blob& artefact, base::ByteSpan secret,
                                      std::string_view name) const {
  const auto summary = image::Summary::read(artefact.bytes());
  if (!summary)
    return base::fail(ErrorCode::invalid_argument, "the artefact " + summary.error().message());
  TRY(check_artefact(*summary, config_));
  auto loaded = load_image(artefact, {.secret = secret}, announcer(name));
  if (!loaded) return std::unexpected(std::move(loaded).error().error);
  if (!config_.features.has_all((*loaded)->module.features_used)) {
    return base::fail(ErrorCode::feature_disabled, "the artefact uses features that are off");
  }
  return link(*std::move(loaded));
}

Result<std::unique_ptr<runtime::Store>> Engine::new_store(
    const runtime::StoreLimits& limits) const {
  return runtime::Store::create(types_, limits);
}

}  // namespace waxwing::engine
