// See compilation_cache.h.
#include "engine/compilation_cache.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "platform/clock.h"
#include "platform/file_mapping.h"
#include "platform/sealed_file.h"

namespace waxwing::engine {
namespace {

using base::ErrorCode;
using cache::Blob;
using cache::Lease;
using Kind = CacheEvent::Kind;

/// Entries that are read to explain a miss.
constexpr size_t max_explained = 1000;

/// Compiling again would come to the same: the host forbids machine code. (That there is no memory
/// may be the fault of what the entry asks for.)
bool is_final(const LoadFault& fault) {
  return fault.reason == MissReason::unusable && fault.error.code == ErrorCode::unsupported;
}

/// The same bytes in a file of memory, from which code and data can be mapped instead of copied,
/// and which nobody can write to; where the host refuses, as they were.
Blob in_memory_file(Blob blob) {
  auto made = platform::make_sealed_file("waxwing-bytes", blob.bytes());
  if (!made) return blob;
  auto file = std::make_shared<const platform::File>(*std::move(made));
  auto mapping = platform::FileMapping::map(*file, blob.size());
  if (!mapping) return blob;
  auto owner = std::make_shared<const platform::FileMapping>(*std::move(mapping));
  const base::ByteSpan bytes = owner->bytes();
  return Blob(bytes, std::move(owner), std::move(file));
}

}  // namespace

CompilationCache::CompilationCache(Store store, CacheOptions options)
    : options_(std::move(options)), store_(std::move(store)), loaded_(options_.warm_bytes) {}

CompilationCache::Store CompilationCache::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

image::OpenOptions CompilationCache::open_options(const ImageKey& key) const {
  return {.verify = options_.verify,
          .secret = options_.secret,
          .module_digest = key.module,
          .compat = key.compat};
}

base::Result<CompilationCache::Module> CompilationCache::find(const ImageKey& key,
                                                              const Announce& announce,
                                                              bool tells_misses) {
  if (!announce) {
    if (Module module = find_in_memory(key)) return module;
  }
  const Store store = this->store();
  if (!store || options_.refreshes) return nullptr;
  return find_in_store(store, key, announce, tells_misses);
}

base::Result<CompilationCache::Module> CompilationCache::load(const ImageKey& key, const Make& make,
                                                              const Announce& announce,
                                                              const base::StopFlag* stop) {
  if (announce) return load_once(key, make, announce, stop);
  if (Module module = find_in_memory(key)) return module;
  const uint64_t start = platform::monotonic_ns();
  auto outcome =
      flights_.run(key.digest, [&] { return load_once(key, make, announce, stop); }, stop);
  if (outcome.waited) {
    tell({.kind = Kind::waited,
          .module = key.module,
          .key = key.digest,
          .ns = platform::monotonic_ns() - start});
  }
  return std::move(outcome.result);
}

CompilationCache::Module CompilationCache::find_in_memory(const ImageKey& key) {
  LoadedModules::Found found = loaded_.find(key.digest, platform::monotonic_ns());
  if (!found.module) return nullptr;
  tell({.kind = Kind::memory_hit, .module = key.module, .key = key.digest});
  if (const Store store = found.is_touch_due && !options_.is_read_only ? this->store() : nullptr)
    (void)store->touch(key.digest);  // else it would look unused
  return std::move(found.module);
}

base::Result<CompilationCache::Module> CompilationCache::find_in_store(const Store& store,
                                                                       const ImageKey& key,
                                                                       const Announce& announce,
                                                                       bool tells_misses) {
  const uint64_t start = platform::monotonic_ns();
  Module module;
  base::ByteSpan loaded_bytes;
  std::optional<LoadFault> fault;
  const auto load_from = [&](const Blob& blob) {
    auto loaded = load_image(blob, open_options(key), announce);
    if (!loaded) {
      fault = std::move(loaded).error();
      return is_final(*fault);  // no other bytes would do better
    }
    module = *std::move(loaded);
    loaded_bytes = blob.bytes();
    return true;
  };
  const auto found = store->get_accepted(key.digest, load_from);
  if (!module) {
    if (fault && is_final(*fault)) return std::unexpected(std::move(fault->error));
    if (tells_misses) miss_in_store(key, found, fault);
    return nullptr;
  }
  // What one of several stores had may be in a file of another by now, which processes share.
  if (found && *found && found->bytes().data() != loaded_bytes.data()) load_from(*found);
  const uint64_t size = loaded_bytes.size();
  tell({.kind = Kind::store_hit,
        .module = key.module,
        .key = key.digest,
        .bytes = size,
        .ns = platform::monotonic_ns() - start});
  remember(key, module, size, announce);
  return module;
}

void CompilationCache::miss_in_store(const ImageKey& key,
                                     const cache::StoreResult<cache::Blob>& found,
                                     const std::optional<LoadFault>& fault) {
  if (fault) {
    miss(key, fault->reason, fault->error.message());
  } else if (found) {
    miss(key, MissReason::absent, {});
  } else {
    const bool is_damaged = found.error().fault == cache::StoreFault::damaged;
    miss(key, is_damaged ? MissReason::damaged : MissReason::unreadable, found.error().message());
  }
}

void CompilationCache::remember(const ImageKey& key, const Module& module, uint64_t size_bytes,
                                const Announce& announce) {
  if (!announce && !is_closed_.load(std::memory_order_relaxed))
    loaded_.add(key.digest, module, size_bytes, platform::monotonic_ns());
}

base::Result<CompilationCache::Module> CompilationCache::load_once(const ImageKey& key,
                                                                   const Make& make,
                                                                   const Announce& announce,
                                                                   const base::StopFlag* stop) {
  TRY(base::go_on(stop));
  if (!announce) {  // whoever made it before us may just have ended
    if (Module module = loaded_.find(key.digest, platform::monotonic_ns()).module) return module;
  }
  const Store store = this->store();
  if (!store) {
    miss(key, is_closed_ ? MissReason::closed : MissReason::absent, {});
  } else if (options_.refreshes) {
    miss(key, MissReason::refreshed, {});
  } else {
    if (Module module = TRY(find_in_store(store, key, announce, true))) return module;
  }
  if (options_.requires_hit) {
    return base::fail(ErrorCode::not_cached,
                      explain(key) + "; nothing may be compiled here: warm the cache, or allow it");
  }
  const Lease lease = wait_for_lease(store, key, stop);
  TRY(base::go_on(stop));
  if (lease.state() != Lease::State::unavailable && !options_.refreshes) {
    if (Module module = TRY(find_in_store(store, key, announce, false))) return module;
  }
  return make_module(store, key, make, announce);
}

Lease CompilationCache::wait_for_lease(const Store& store, const ImageKey& key,
                                       const base::StopFlag* stop) {
  if (!store || options_.is_read_only) return Lease(Lease::State::unavailable);
  const uint64_t start = platform::monotonic_ns();
  Lease lease = store->lease(key.digest, options_.max_wait_ns, stop);
  if (lease.has_waited()) {
    tell({.kind = Kind::waited,
          .module = key.module,
          .key = key.digest,
          .detail = lease.state() == Lease::State::timed_out
                        ? "another process has not made it in time"
                        : "for another process",
          .ns = platform::monotonic_ns() - start});
  }
  return lease;
}

base::Result<CompilationCache::Module> CompilationCache::make_module(const Store& store,
                                                                     const ImageKey& key,
                                                                     const Make& make,
                                                                     const Announce& announce) {
  const uint64_t start = platform::monotonic_ns();
  Blob made = Blob::own(TRY(make()));
  tell({.kind = Kind::compiled,
        .module = key.module,
        .key = key.digest,
        .bytes = made.size(),
        .ns = platform::monotonic_ns() - start});
  const uint64_t size = made.size();
  // What the store has is shared with other processes, and these bytes then need no memory.
  if (store && put(store, key, made)) {
    if (const auto kept = store->get(key.digest); kept && *kept) {
      if (auto loaded = load_image(*kept, open_options(key), announce)) {
        remember(key, *loaded, size, announce);
        return *std::move(loaded);
      }
    }
  }
  made = in_memory_file(std::move(made));
  auto loaded = load_image(made, open_options(key), announce);
  if (!loaded) return std::unexpected(std::move(loaded).error().error);
  remember(key, *loaded, size, announce);
  return *std::move(loaded);
}

bool CompilationCache::put(const Store& store, const ImageKey& key, const Blob& blob) {
  if (options_.is_read_only) return false;
  const uint64_t start = platform::monotonic_ns();
  const auto stored = store->put(key.digest, blob);
  tell({.kind = stored ? Kind::stored : Kind::not_stored,
        .module = key.module,
        .key = key.digest,
        .detail = stored ? std::string() : stored.error().message(),
        .bytes = blob.size(),
        .ns = platform::monotonic_ns() - start});
  return stored.has_value();
}

void CompilationCache::miss(const ImageKey& key, MissReason reason, std::string detail) {
  if (options_.explains_misses && reason == MissReason::absent) detail = explain(key);
  tell({.kind = Kind::miss,
        .reason = reason,
        .module = key.module,
        .key = key.digest,
        .detail = std::move(detail)});
}

void CompilationCache::tell(const CacheEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    switch (event.kind) {
      case Kind::memory_hit: ++stats_.memory_hits; break;
      case Kind::store_hit:
        ++stats_.store_hits;
        stats_.bytes_loaded += event.bytes;
        stats_.load_ns += event.ns;
        break;
      case Kind::miss:
        ++stats_.misses;
        ++stats_.misses_by_reason[static_cast<size_t>(event.reason)];
        break;
      case Kind::compiled:
        ++stats_.compiled;
        stats_.bytes_compiled += event.bytes;
        stats_.compile_ns += event.ns;
        break;
      case Kind::stored:
        ++stats_.stored;
        stats_.bytes_stored += event.bytes;
        break;
      case Kind::not_stored: ++stats_.not_stored; break;
      case Kind::waited:
        ++stats_.waits;
        stats_.wait_ns += event.ns;
        break;
    }
  }
  if (options_.on_event) options_.on_event(event);
}

CacheStats CompilationCache::stats() const {
  const LoadedModules::Usage warm = loaded_.warm();
  const std::lock_guard lock(mutex_);
  CacheStats stats = stats_;
  stats.warm_modules = warm.modules;
  stats.warm_bytes = warm.bytes;
  return stats;
}

void CompilationCache::close() {
  is_closed_ = true;
  Store store;
  {
    const std::lock_guard lock(mutex_);
    store.swap(store_);
  }
  loaded_.clear();
  loaded_.set_warm_budget(0);
}

std::string CompilationCache::explain(const ImageKey& key) const {
  const Store store = this->store();
  if (!store) return "the cache is in this process's memory alone";
  const auto entries = store->entries();
  if (!entries) return entries.error().message();
  size_t looked_at = 0;
  for (const cache::EntryInfo& entry : *entries) {
    if (++looked_at > max_explained) break;
    if (entry.key == key.digest)
      return "its entry cannot be used: 'waxwing cache verify' tells whether it is damaged";
    const auto blob = store->peek(entry.key);
    if (!blob || !*blob) continue;
    const auto summary = image::Summary::read(blob->bytes());
    if (!summary || summary->module_digest != key.module) continue;
    return "the module was compiled for something else: " +
           image::compat_difference(summary->compat, key.compat);
  }
  if (entries->empty()) return "the cache is empty";
  return "the module was not compiled by this build before, or its entry was removed";
}

}  // namespace waxwing::engine
