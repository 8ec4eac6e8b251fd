// Engines and modules.
#include "waxwing/engine.h"

#include <algorithm>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "binary/module_decoder.h"
#include "engine/version.h"
#include "platform/fault_handler.h"
#include "platform/file_contents.h"
#include "validate/module_validator.h"

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

engine::Config to_internal(const Config& config) {
  engine::Config inner;
  inner.features = api::to_internal(config.features);
  inner.tier = to_internal(config.tier);
  inner.codegen.lazy = config.lazy;
  inner.codegen.fuel = config.fuel;
  inner.codegen.canonicalize_nans = config.deterministic;
  if (config.bounds != Bounds::automatic)
    inner.codegen.guard_pages = config.bounds == Bounds::guard;
  inner.codegen.faults = config.faults == FaultHandling::host ? runtime::FaultHandling::host_owned
                                                              : runtime::FaultHandling::install;
  inner.codegen.threads = std::max(config.compile_threads, uint32_t{1});
  if (config.cache) inner.cache = Access::core(*config.cache)->cache;
  return inner;
}

}  // namespace

detail::EngineCore::EngineCore(const Config& given) : config(given), engine(to_internal(given)) {}

Engine::Engine(const Config& config) : core_(std::make_shared<EngineCore>(config)) {}

const Config& Engine::config() const noexcept { return core_->config; }

Result<Module> Engine::compile(std::span<const uint8_t> bytes) const {
  return compile(std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

Result<Module> Engine::compile(std::vector<uint8_t>&& bytes) const {
  auto compiled = core_->engine.compile(std::move(bytes));
  if (!compiled) return api::fail(compiled.error());
  return Access::module(*std::move(compiled));
}

Result<Module> Engine::compile_file(const std::string& path) const {
  constexpr uint64_t max_bytes = uint64_t{4} << 30;  // a module's offsets have 32 bits
  const auto contents = platform::FileContents::read(path, max_bytes);
  if (!contents) return api::fail(contents.error());
  return compile(contents->bytes());
}

Result<> Engine::validate(std::span<const uint8_t> bytes) const {
  auto owner = std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
  const syntax::FeatureSet features = core_->engine.config().features;
  auto module = binary::decode(std::move(owner), features);
  if (!module) return api::fail(module.error());
  const auto valid = validate::validate(*module, features);
  if (!valid) return api::fail(valid.error());
  return {};
}

Result<std::vector<uint8_t>> Engine::compile_to_artefact(std::span<const uint8_t> bytes,
                                                         std::span<const uint8_t> secret) const {
  auto owner = std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
  auto image = core_->engine.compile_to_image(owner, secret);
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
