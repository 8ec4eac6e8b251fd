// Compilation caches of the public API: where their entries are, and what they did.
#include "waxwing/cache.h"

#include <algorithm>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "cache/directory_store.h"
#include "engine/compilation_cache.h"
#include "engine/version.h"

namespace waxwing {

using detail::Access;

namespace {

Event::Kind to_public(engine::CacheEvent::Kind kind) {
  using Kind = engine::CacheEvent::Kind;
  switch (kind) {
    case Kind::memory_hit: return Event::Kind::cache_memory_hit;
    case Kind::store_hit: return Event::Kind::cache_hit;
    case Kind::miss: return Event::Kind::cache_miss;
    case Kind::compiled: return Event::Kind::cache_compiled;
    case Kind::stored: return Event::Kind::cache_stored;
    case Kind::not_stored: return Event::Kind::cache_not_stored;
    case Kind::waited: break;
  }
  return Event::Kind::cache_waited;
}

std::string detail_of(const engine::CacheEvent& event) {
  if (event.kind != engine::CacheEvent::Kind::miss) return event.detail;
  std::string text(engine::miss_reason_name(event.reason));
  text.append(": ").append(engine::miss_reason_text(event.reason));
  return event.detail.empty() ? text : text + " (" + event.detail + ")";
}

engine::CacheOptions to_internal(CacheOptions options) {
  engine::CacheOptions inner;
  inner.warm_bytes = options.warm_bytes;
  inner.is_read_only = options.read_only;
  inner.requires_hit = options.require_hit;
  inner.verify = options.verify_code ? image::Verify::everything : image::Verify::metadata;
  inner.secret = std::move(options.secret);
  inner.salt = std::move(options.salt);
  if (options.on_event) {
    inner.on_event = [tell =
                          std::move(options.on_event)](const engine::CacheEvent& event) noexcept {
      const std::string detail = detail_of(event);
      tell({.kind = to_public(event.kind), .size = event.bytes, .ns = event.ns, .detail = detail});
    };
  }
  inner.max_wait_ns = static_cast<uint64_t>(std::max(options.max_wait.count(), int64_t{0}));
  return inner;
}

CompilationCache make_cache(std::shared_ptr<cache::CacheStore> store, CacheOptions options) {
  return Access::cache(std::make_shared<engine::CompilationCache>(std::move(store),
                                                                  to_internal(std::move(options))));
}

/// A store of the embedder's as the engine sees it.
class ForeignStore final : public cache::CacheStore {
 public:
  explicit ForeignStore(std::shared_ptr<waxwing::CacheStore> store) : store_(std::move(store)) {}

  cache::StoreResult<cache::Blob> get(const cache::Digest& key) override {
    auto bytes = store_->get(key.bytes);
    if (!bytes) return cache::Blob();
    return cache::Blob::own(*std::move(bytes));
  }
  cache::StoreResult<> put(const cache::Digest& key, const cache::Blob& blob) override {
    if (store_->put(key.bytes, blob.bytes())) return {};
    return std::unexpected(
        cache::StoreFailure(cache::StoreFault::unavailable, "the embedder's store"));
  }
  cache::StoreResult<> remove(const cache::Digest& key) override {
    store_->remove(key.bytes);
    return {};
  }

 private:
  std::shared_ptr<waxwing::CacheStore> store_;
};

}  // namespace

CompilationCache CompilationCache::in_memory(CacheOptions options) {
  return make_cache(nullptr, std::move(options));
}

Result<CompilationCache> CompilationCache::directory(const std::string& path,
                                                     CacheOptions options) {
  auto store = cache::DirectoryStore::open({.path = path,
                                            .generation = std::string(engine::build_name()),
                                            .budget = {.max_bytes = options.max_bytes},
                                            .read_only = options.read_only});
  if (!store) return api::fail(ErrorCode::io, store.error().message());
  return make_cache(*std::move(store), std::move(options));
}

CompilationCache CompilationCache::over(std::shared_ptr<CacheStore> store, CacheOptions options) {
  return make_cache(std::make_shared<ForeignStore>(std::move(store)), std::move(options));
}

CacheStats CompilationCache::stats() const {
  const engine::CacheStats stats = core_->cache->stats();
  return {.memory_hits = stats.memory_hits,
          .store_hits = stats.store_hits,
          .misses = stats.misses,
          .damaged = stats.misses_by_reason[size_t(engine::MissReason::damaged)],
          .compiled = stats.compiled,
          .stored = stats.stored};
}

void CompilationCache::close() { core_->cache->close(); }

}  // namespace waxwing
