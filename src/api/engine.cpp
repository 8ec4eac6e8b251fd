// Engines and modules.
#include "waxwing/engine.h"

#include <algorithm>
#include <utility>

#include "api/compile_scope.h"
#include "api/convert.h"
#include "api/core.h"
#include "engine/version.h"
#include "platform/clock.h"
#include "platform/fault_handler.h"
#include "platform/file_contents.h"

namespace waxwing {

using detail::Access;
using detail::EngineCore;

namespace {

engine::Tier to_internal(Tier tier) {
  switch (tier) {
    case Tier::automatic: return engine::Tier::automatic;
    case Tier::interpreter: return engine::Tier::interpreter;
    case Tier::baseline: break;
  }
  return engine::Tier::baseline;
}

/// For engine::CodegenConfig::progress; `core` is an EngineCore.
void tell_progress(void* core, size_t done, size_t total) {
  static_cast<const EngineCore*>(core)->tell(
      {.kind = Event::Kind::compile_progress, .done = done, .total = total});
}

engine::Config to_internal(const Config& config, EngineCore& core) {
  engine::Config inner;
  if (config.on_event) {
    inner.codegen.progress = &tell_progress;
    inner.codegen.progress_context = &core;
  }
  inner.features = api::to_internal(config.features);
  inner.tier = to_internal(config.tier);
  inner.codegen.lazy = config.lazy;
  inner.codegen.fuel = config.fuel;
  inner.codegen.listeners = config.listeners;
  inner.codegen.canonicalize_nans = config.deterministic;
  if (config.bounds != Bounds::automatic)
    inner.codegen.guard_pages = config.bounds == Bounds::guard;
  else if (config.memory_allocator)
    inner.codegen.guard_pages = false;
  inner.codegen.faults = config.faults == FaultHandling::host ? runtime::FaultHandling::host_owned
                                                              : runtime::FaultHandling::install;
  inner.codegen.threads = std::max(config.compile_threads, uint32_t{1});
  inner.limits = {.module_bytes = config.limits.module_bytes,
                  .funcs = config.limits.funcs,
                  .func_bytes = config.limits.func_bytes,
                  .code_bytes = config.limits.code_bytes};
  if (config.cache) inner.cache = Access::core(*config.cache)->cache;
  return inner;
}

engine::Engine::Bytes shared(std::vector<uint8_t> bytes) {
  return std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
}

}  // namespace

namespace detail {
namespace {

/// The embedder's allocator as the runtime sees it.
class AllocatorOf final : public runtime::MemoryAllocator {
 public:
  explicit AllocatorOf(std::shared_ptr<waxwing::MemoryAllocator> theirs)
      : theirs_(std::move(theirs)) {}

  std::optional<Block> allocate(const Request& request) override {
    const auto block = theirs_->allocate({.min_bytes = request.min_bytes,
                                          .max_bytes = request.max_bytes,
                                          .is_shared = request.is_shared});
    if (!block) return std::nullopt;
    return Block{.base = block->base,
                 .reserved_bytes = block->reserved_bytes,
                 .data = block->data,
                 .is_zeroed = block->is_zeroed};
  }
  bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) override {
    return theirs_->grow(to_public(block), old_bytes, new_bytes);
  }
  void release(const Block& block) override { theirs_->release(to_public(block)); }

 private:
  static waxwing::MemoryAllocator::Block to_public(const Block& block) {
    return {.base = block.base,
            .reserved_bytes = block.reserved_bytes,
            .data = block.data,
            .is_zeroed = block.is_zeroed};
  }

  std::shared_ptr<waxwing::MemoryAllocator> theirs_;
};

}  // namespace

EngineCore::EngineCore(const Config& given) : config(given), engine(to_internal(given, *this)) {
  if (config.memory_allocator)
    memory_allocator = std::make_shared<AllocatorOf>(config.memory_allocator);
}

}  // namespace detail

Engine::Engine(const Config& config) : core_(std::make_shared<EngineCore>(config)) {}

const Config& Engine::config() const noexcept { return core_->config; }

Result<Module> Engine::compile(std::span<const uint8_t> bytes,
                               const CompileOptions& options) const {
  if (auto fits = core_->engine.check_size(bytes.size()); !fits) return api::fail(fits.error());
  return compile(std::vector<uint8_t>(bytes.begin(), bytes.end()), options);
}

Result<Module> Engine::compile(std::vector<uint8_t>&& bytes, const CompileOptions& options) const {
  const api::CompileScope scope(core_->alarms, options);
  if (scope.error()) return std::unexpected(*scope.error());
  const uint64_t begin_ns = core_->config.on_event ? platform::monotonic_ns() : 0;
  core_->tell({.kind = Event::Kind::compile_begun, .size = bytes.size()});
  auto compiled = core_->engine.compile(shared(std::move(bytes)), {}, scope.flag());
  const Event ended{.kind = Event::Kind::compile_ended,
                    .ns = core_->config.on_event ? platform::monotonic_ns() - begin_ns : 0};
  if (compiled) {
    core_->tell(ended);
    return Access::module(*std::move(compiled));
  }
  const Error error = api::to_public(compiled.error());
  Event failed = ended;
  failed.detail = error.message();
  core_->tell(failed);
  return std::unexpected(error);
}

Result<Module> Engine::compile_file(const std::string& path, const CompileOptions& options) const {
  constexpr uint64_t max_bytes = uint64_t{4} << 30;  // a module's offsets have 32 bits
  const uint64_t allowed = core_->config.limits.module_bytes;
  const auto contents = platform::FileContents::read(path, std::min(max_bytes, allowed));
  if (!contents && contents.error().code == base::ErrorCode::resource_limit && allowed < max_bytes)
    return api::fail(ErrorCode::resource_limit,
                     contents.error().message() + ", as CompileLimits::module_bytes allows");
  if (!contents) return api::fail(contents.error());
  return compile(contents->bytes(), options);
}

Result<> Engine::validate(std::span<const uint8_t> bytes, const CompileOptions& options) const {
  const api::CompileScope scope(core_->alarms, options);
  if (scope.error()) return std::unexpected(*scope.error());
  if (auto fits = core_->engine.check_size(bytes.size()); !fits) return api::fail(fits.error());
  const auto valid = core_->engine.check(shared({bytes.begin(), bytes.end()}), scope.flag());
  if (!valid) return api::fail(valid.error());
  return {};
}

Result<std::vector<uint8_t>> Engine::compile_to_artefact(std::span<const uint8_t> bytes,
                                                         std::span<const uint8_t> secret,
                                                         const CompileOptions& options) const {
  const api::CompileScope scope(core_->alarms, options);
  if (scope.error()) return std::unexpected(*scope.error());
  if (auto fits = core_->engine.check_size(bytes.size()); !fits) return api::fail(fits.error());
  const auto owner = shared({bytes.begin(), bytes.end()});
  auto image = core_->engine.compile_to_image(owner, secret, scope.flag());
  if (!image) return api::fail(image.error());
  return *std::move(image);
}

Result<Module> Engine::load_artefact(std::span<const uint8_t> artefact,
                                     std::span<const uint8_t> secret) const {
  auto blob = cache::Blob::copy_of(artefact);
  if (!blob) return api::fail(ErrorCode::out_of_memory, blob.error().message());
  auto loaded = core_->engine.load(*blob, secret);
  if (!loaded) return api::fail(loaded.error());
  return Access::module(*std::move(loaded));
}

std::string_view version() { return engine::version(); }

bool handle_fault(int signal, void* info, void* context) noexcept {
  return platform::handle_fault(signal, info, context);
}

}  // namespace waxwing
