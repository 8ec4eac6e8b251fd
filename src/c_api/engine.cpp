#include "c_api/engine.h"

#include <chrono>
#include <memory>
#include <utility>

#include "c_api/store.h"
#include "c_api/vec.h"

struct waxwing_interrupter_t {
  waxwing::Interrupter interrupter;
};

struct waxwing_cache_t {
  waxwing::CompilationCache cache;
};

namespace waxwing::c_api {

void StoreState::end() {
  has_ended = true;
  linked_funcs.clear();
  // Finalizers may ask for what other objects have: there is nothing any more.
  const auto ending = std::exchange(infos, {});
}

void note_error(const StorePtr& store, const Error& error) {
  if (store) store->last_error = error;
}

waxwing_error_t* new_error(const Error& error) { return new (std::nothrow) waxwing_error_t{error}; }

}  // namespace waxwing::c_api

using namespace waxwing::c_api;
using waxwing::ErrorCode;

namespace {

/// In C it is the host alone that makes instances, and they are cheap.
waxwing::StoreLimits default_limits() { return {.instances = UINT32_MAX}; }

wasm_store_t* new_store(waxwing::Store store) {
  auto state = std::make_shared<StoreState>(std::move(store));
  // Also where the store ends later than whoever deleted it wished: with a call that runs.
  state->store.on_close([weak = std::weak_ptr(state)] {
    if (const StorePtr ending = weak.lock()) ending->end();
  });
  return new (std::nothrow) wasm_store_t{std::move(state)};
}

waxwing::CacheOptions options_of(const waxwing_cache_options_t* options) {
  return options ? options->options : waxwing::CacheOptions();
}

constexpr uint8_t feature_count = uint8_t(waxwing::Feature::custom_page_sizes) + 1;
static_assert(WAXWING_FEATURE_CUSTOM_PAGE_SIZES + 1 == feature_count);
static_assert(WAXWING_FEATURE_GC == int(waxwing::Feature::gc));
static_assert(WAXWING_TIER_BASELINE == int(waxwing::Tier::baseline));
static_assert(WAXWING_RESOURCE_TABLE_ELEMENTS ==
              int(waxwing::ResourceRequest::Kind::table_elements));
static_assert(WAXWING_BOUNDS_EXPLICIT == int(waxwing::Bounds::explicit_));
static_assert(WAXWING_ERROR_INTERRUPTED == int(ErrorCode::interrupted));
static_assert(WAXWING_TRAP_OUT_OF_FUEL == int(waxwing::TrapCode::out_of_fuel));
static_assert(WAXWING_TRAP_UNCAUGHT_EXCEPTION == int(waxwing::TrapCode::uncaught_exception));

/// The functions of C as what the engine asks.
class CAllocator final : public waxwing::MemoryAllocator {
 public:
  explicit CAllocator(const waxwing_memory_allocator_t& functions)
      : functions_(functions), owned_(functions.env, functions.finalizer) {}

  std::optional<Block> allocate(const Request& request) noexcept override {
    waxwing_memory_block_t block = {
        .base = nullptr, .reserved_bytes = 0, .data = nullptr, .is_zeroed = false};
    if (!functions_.allocate(functions_.env, request.min_bytes, request.max_bytes, &block))
      return std::nullopt;
    return Block{.base = static_cast<uint8_t*>(block.base),
                 .reserved_bytes = block.reserved_bytes,
                 .data = block.data,
                 .is_zeroed = block.is_zeroed};
  }
  bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) noexcept override {
    const waxwing_memory_block_t c_block = to_c(block);
    return !functions_.grow || functions_.grow(functions_.env, &c_block, old_bytes, new_bytes);
  }
  void release(const Block& block) noexcept override {
    const waxwing_memory_block_t c_block = to_c(block);
    functions_.release(functions_.env, &c_block);
  }

 private:
  static waxwing_memory_block_t to_c(const Block& block) {
    return {.base = block.base,
            .reserved_bytes = block.reserved_bytes,
            .data = block.data,
            .is_zeroed = block.is_zeroed};
  }

  waxwing_memory_allocator_t functions_;
  HostInfo owned_;
};

}  // namespace

// -- Configuration

wasm_config_t* wasm_config_new() { return new (std::nothrow) wasm_config_t; }
void wasm_config_delete(wasm_config_t* config) { delete config; }

bool waxwing_config_set_tier(wasm_config_t* config, waxwing_tier_t tier) {
  if (!config || tier > WAXWING_TIER_BASELINE) return false;
  config->config.tier = waxwing::Tier(tier);
  return true;
}

bool waxwing_config_set_bounds(wasm_config_t* config, waxwing_bounds_t bounds) {
  if (!config || bounds > WAXWING_BOUNDS_EXPLICIT) return false;
  config->config.bounds = waxwing::Bounds(bounds);
  return true;
}

bool waxwing_config_set_feature(wasm_config_t* config, waxwing_feature_t feature, bool is_on) {
  if (!config || feature >= feature_count) return false;
  auto& features = config->config.features;
  const auto its_feature = waxwing::Feature(feature);
  features = is_on ? features.with(its_feature) : features.without(its_feature);
  return true;
}

void waxwing_config_set_lazy(wasm_config_t* config, bool is_lazy) {
  if (config) config->config.lazy = is_lazy;
}

void waxwing_config_set_compile_threads(wasm_config_t* config, uint32_t count) {
  if (config) config->config.compile_threads = std::max(count, 1u);
}

void waxwing_config_set_listeners(wasm_config_t* config, bool tells) {
  if (config) config->config.listeners = tells;
}
void waxwing_config_set_fuel(wasm_config_t* config, bool has_fuel) {
  if (config) config->config.fuel = has_fuel;
}

void waxwing_config_set_deterministic(wasm_config_t* config, bool is_deterministic) {
  if (config) config->config.deterministic = is_deterministic;
}

void waxwing_config_set_max_module_bytes(wasm_config_t* config, uint64_t count) {
  if (config) config->config.limits.module_bytes = count;
}
void waxwing_config_set_max_funcs(wasm_config_t* config, uint64_t count) {
  if (config) config->config.limits.funcs = count;
}
void waxwing_config_set_max_func_bytes(wasm_config_t* config, uint64_t count) {
  if (config) config->config.limits.func_bytes = count;
}
void waxwing_config_set_max_code_bytes(wasm_config_t* config, uint64_t count) {
  if (config) config->config.limits.code_bytes = count;
}

void waxwing_config_set_debug_info(wasm_config_t* config, bool has_debug_info) {
  if (config) config->config.debug_info = has_debug_info;
}

void waxwing_config_set_host_fault_handler(wasm_config_t* config, bool is_host) {
  if (!config) return;
  config->config.faults = is_host ? waxwing::FaultHandling::host : waxwing::FaultHandling::install;
}

void waxwing_config_set_cache(wasm_config_t* config, const waxwing_cache_t* cache) {
  if (!config) return;
  config->config.cache = cache ? std::optional(cache->cache) : std::nullopt;
}

void waxwing_config_set_checkpoints(wasm_config_t* config, bool has_checkpoints) {
  if (config) config->config.checkpoints = has_checkpoints;
}

bool waxwing_config_set_memory_allocator(wasm_config_t* config,
                                         const waxwing_memory_allocator_t* functions) {
  if (!config || (functions && (!functions->allocate || !functions->release))) return false;
  config->config.memory_allocator = functions ? std::make_shared<CAllocator>(*functions) : nullptr;
  return true;
}

bool waxwing_handle_fault(int signal, void* info, void* context) {
  return waxwing::handle_fault(signal, info, context);
}

// -- Engines

wasm_engine_t* wasm_engine_new() { return wasm_engine_new_with_config(nullptr); }

wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  const std::unique_ptr<wasm_config_t> owned(config);
  return new (std::nothrow)
      wasm_engine_t{waxwing::Engine(owned ? owned->config : waxwing::Config())};
}

void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

waxwing_error_t* waxwing_wat_to_wasm(const char* text, size_t size, wasm_byte_vec_t* out) {
  if (!out || (!text && size != 0))
    return new_error(ErrorCode::invalid_argument, "there is no text, or no vector for the binary");
  *out = {.size = 0, .data = nullptr};
  const auto binary = waxwing::wat_to_wasm({text, size});
  if (binary) bytes_from(out, {reinterpret_cast<const char*>(binary->data()), binary->size()});
  return new_error(binary);
}

// -- Stores

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  if (!engine) return nullptr;
  auto store = waxwing::Store::create(engine->engine, default_limits());
  return store ? new_store(*std::move(store)) : nullptr;
}

void wasm_store_delete(wasm_store_t* store) {
  if (!store) return;
  // References that Wasm holds keep the store alive, so it is not enough to let go of it. Where a
  // call runs in it, it ends with that.
  const StorePtr state = store->state;
  delete store;
  (void)state->store.close();
}

waxwing_error_t* waxwing_store_new(wasm_engine_t* engine, const waxwing_limits_t* limits,
                                   wasm_store_t** out) {
  if (out) *out = nullptr;
  if (!engine || !out) return new_error(ErrorCode::invalid_argument, "a store needs an engine");
  auto store = waxwing::Store::create(engine->engine, limits ? limits->limits : default_limits());
  if (!store) return new_error(store);
  *out = new_store(*std::move(store));
  return nullptr;
}

void waxwing_store_set_timeout_ns(wasm_store_t* store, uint64_t timeout_ns) {
  if (!store) return;
  auto& timeout = store->state->call_options.timeout;
  timeout.reset();
  if (timeout_ns != 0)
    timeout = std::chrono::nanoseconds(std::min<uint64_t>(timeout_ns, INT64_MAX));
}

waxwing_error_t* waxwing_store_last_error(wasm_store_t* store) {
  if (!store || !store->state->last_error) return nullptr;
  return new_error(*std::exchange(store->state->last_error, std::nullopt));
}

waxwing_limits_t* waxwing_limits_new() {
  return new (std::nothrow) waxwing_limits_t{default_limits()};
}
void waxwing_limits_delete(waxwing_limits_t* limits) { delete limits; }
void waxwing_limits_set_memory_bytes(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.memory_bytes = count;
}
void waxwing_limits_set_table_elements(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.table_elements = count;
}
void waxwing_limits_set_heap_bytes(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.heap_bytes = count;
}
void waxwing_limits_set_instances(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.instances = count;
}
void waxwing_limits_set_stack_bytes(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.stack_bytes = count;
}
void waxwing_limits_set_native_stack_bytes(waxwing_limits_t* limits, uint64_t count) {
  if (limits) limits->limits.native_stack_bytes = count;
}

void waxwing_limits_set_limiter(waxwing_limits_t* limits, waxwing_limiter_t limiter, void* env,
                                void (*finalizer)(void*)) {
  auto owned = std::make_shared<const HostInfo>(env, finalizer);
  if (!limits) return;
  limits->limits.limiter = nullptr;
  if (!limiter) return;
  limits->limits.limiter = [limiter,
                            owned = std::move(owned)](const waxwing::ResourceRequest& request) {
    return limiter(owned->data(), waxwing_resource_t(request.kind), request.used, request.wanted);
  };
}

uint64_t waxwing_store_fuel(const wasm_store_t* store) {
  return store ? store->state->store.fuel() : 0;
}

void waxwing_store_set_fuel(wasm_store_t* store, uint64_t fuel) {
  if (store) store->state->store.set_fuel(fuel);
}

void waxwing_store_set_fuel_source(wasm_store_t* store, waxwing_fuel_source_t source, void* env,
                                   void (*finalizer)(void*)) {
  auto owned = std::make_shared<const HostInfo>(env, finalizer);
  if (!store) return;
  if (!source) return store->state->store.set_fuel_source(nullptr);
  store->state->store.set_fuel_source(
      [source, owned = std::move(owned)] { return source(owned->data()); });
}

waxwing_interrupter_t* waxwing_interrupter_new(const wasm_store_t* store) {
  if (!store) return nullptr;
  return new (std::nothrow) waxwing_interrupter_t{store->state->store.interrupter()};
}
void waxwing_interrupter_delete(waxwing_interrupter_t* interrupter) { delete interrupter; }
void waxwing_interrupter_interrupt(const waxwing_interrupter_t* interrupter) {
  if (interrupter) interrupter->interrupter.interrupt();
}

// -- Errors

void waxwing_error_delete(waxwing_error_t* error) { delete error; }

waxwing_error_code_t waxwing_error_code(const waxwing_error_t* error) {
  return error ? static_cast<waxwing_error_code_t>(error->error.code()) : waxwing_error_code_t{0};
}

const char* waxwing_error_message(const waxwing_error_t* error) {
  return error ? error->error.message().c_str() : "";
}

bool waxwing_error_offset(const waxwing_error_t* error, uint64_t* offset) {
  const auto its_offset = error ? error->error.offset() : std::nullopt;
  if (its_offset && offset) *offset = *its_offset;
  return its_offset.has_value();
}

int32_t waxwing_error_exit_status(const waxwing_error_t* error) {
  return error ? error->error.exit_status() : 0;
}

// -- Caches

waxwing_cache_options_t* waxwing_cache_options_new() {
  return new (std::nothrow) waxwing_cache_options_t;
}
void waxwing_cache_options_delete(waxwing_cache_options_t* options) { delete options; }
void waxwing_cache_options_set_read_only(waxwing_cache_options_t* options, bool is_on) {
  if (options) options->options.read_only = is_on;
}
void waxwing_cache_options_set_require_hit(waxwing_cache_options_t* options, bool is_on) {
  if (options) options->options.require_hit = is_on;
}
void waxwing_cache_options_set_verify_code(waxwing_cache_options_t* options, bool is_on) {
  if (options) options->options.verify_code = is_on;
}
void waxwing_cache_options_set_max_bytes(waxwing_cache_options_t* options, uint64_t count) {
  if (options) options->options.max_bytes = count;
}
void waxwing_cache_options_set_warm_bytes(waxwing_cache_options_t* options, uint64_t count) {
  if (options) options->options.warm_bytes = count;
}
void waxwing_cache_options_set_max_wait_ns(waxwing_cache_options_t* options, uint64_t wait_ns) {
  if (options)
    options->options.max_wait = std::chrono::nanoseconds(std::min<uint64_t>(wait_ns, INT64_MAX));
}
void waxwing_cache_options_set_secret(waxwing_cache_options_t* options, const uint8_t* bytes,
                                      size_t size) {
  if (options && bytes) options->options.secret.assign(bytes, bytes + size);
}
void waxwing_cache_options_set_salt(waxwing_cache_options_t* options, const char* salt) {
  if (options && salt) options->options.salt = salt;
}

waxwing_cache_t* waxwing_cache_new_in_memory(const waxwing_cache_options_t* options) {
  return new (std::nothrow)
      waxwing_cache_t{waxwing::CompilationCache::in_memory(options_of(options))};
}

waxwing_error_t* waxwing_cache_new_directory(const char* path,
                                             const waxwing_cache_options_t* options,
                                             waxwing_cache_t** out) {
  if (out) *out = nullptr;
  if (!path || !out) return new_error(ErrorCode::invalid_argument, "a cache needs a directory");
  auto cache = waxwing::CompilationCache::directory(path, options_of(options));
  if (!cache) return new_error(cache);
  *out = new (std::nothrow) waxwing_cache_t{*std::move(cache)};
  return nullptr;
}

void waxwing_cache_delete(waxwing_cache_t* cache) { delete cache; }

uint64_t waxwing_cache_stat(const waxwing_cache_t* cache, waxwing_cache_stat_t which) {
  if (!cache) return 0;
  const waxwing::CacheStats stats = cache->cache.stats();
  switch (which) {
    case WAXWING_CACHE_MEMORY_HITS: return stats.memory_hits;
    case WAXWING_CACHE_STORE_HITS: return stats.store_hits;
    case WAXWING_CACHE_MISSES: return stats.misses;
    case WAXWING_CACHE_DAMAGED: return stats.damaged;
    case WAXWING_CACHE_STORED: return stats.stored;
    default: return 0;  // a byte of C, not an enum
  }
}
