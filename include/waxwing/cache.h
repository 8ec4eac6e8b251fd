// The compilation cache: modules that are compiled once, in this process, the next one, or on
// another machine. What is stored, keyed and trusted: docs/cache.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "waxwing/detail/duration.h"
#include "waxwing/detail/function.h"
#include "waxwing/error.h"
#include "waxwing/event.h"
#include "waxwing/export.h"

namespace waxwing {

namespace detail {
struct Access;
struct CacheCore;
}  // namespace detail

/// Where a cache may keep its entries besides: what embedders implement. Any thread may call any
/// function at any time; none throws. A store may forget what it likes and may return anything:
/// what it returns is checked before it is believed.
class WAXWING_API CacheStore {
 public:
  using Key = std::array<uint8_t, 32>;

  CacheStore() = default;
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;
  // All is inline, so that embedders with RTTI have its type.
  virtual ~CacheStore() = default;

  /// The bytes of the entry, or nothing.
  virtual std::optional<std::vector<uint8_t>> get(const Key& key) = 0;
  /// Whether the entry is there now.
  virtual bool put(const Key& key, std::span<const uint8_t> bytes) = 0;
  virtual void remove(const Key& key) = 0;
};

struct CacheOptions {
  /// Modules of so many bytes are kept in memory though nobody uses them any more.
  uint64_t warm_bytes = uint64_t{256} << 20;
  /// Nothing is written, removed or locked.
  bool read_only = false;
  /// No compiler may run: what is not in the cache is an error, `not_cached`.
  bool require_hit = false;
  /// Whether the bytes of machine code are checked before they are run for the first time in this
  /// process, or only what describes them.
  bool verify_code = true;
  /// Where not empty: entries carry an authentication code (HMAC-SHA-256) made with it, and those
  /// that do not are not used.
  std::vector<uint8_t> secret = {};
  /// Entries of those who have the same salt are apart from all others.
  std::string salt = {};
  /// Of a directory: what it may hold, and how long to wait for a process that compiles the same.
  uint64_t max_bytes = uint64_t{2} << 30;
  std::chrono::nanoseconds max_wait = std::chrono::seconds(60);
  /// Told of hits, misses and what is kept. Must not compile: others may wait for this.
  EventHook on_event = {};
};

struct CacheStats {
  uint64_t memory_hits = 0;
  uint64_t store_hits = 0;
  uint64_t misses = 0;
  uint64_t damaged = 0;  // of the misses: the store's entry was no longer what was put there
  uint64_t compiled = 0;
  uint64_t stored = 0;
};

/// A cache, shared by any number of engines on any threads: copies are the same cache. What was
/// loaded from it lives on without it.
class WAXWING_API CompilationCache {
 public:
  /// In this process alone.
  static CompilationCache in_memory(CacheOptions options = {});
  /// In `path`, which is made where it is missing, and which other processes may share. Fails with
  /// `io` or `invalid_argument` where it cannot be made or must not be trusted: it must be writable
  /// by this user alone.
  static Result<CompilationCache> directory(const std::string& path, CacheOptions options = {});
  /// In a store of the embedder's.
  static CompilationCache over(std::shared_ptr<CacheStore> store, CacheOptions options = {});

  CacheStats stats() const;
  /// Lets go of the directory or store, at any time; from now on every look is a miss.
  void close();

  // Copies and nothing else: one that was moved from stays what it was.
  CompilationCache(const CompilationCache&) = default;
  CompilationCache& operator=(const CompilationCache&) = default;
  ~CompilationCache() = default;

 private:
  friend struct detail::Access;
  explicit CompilationCache(std::shared_ptr<detail::CacheCore> core) : core_(std::move(core)) {}
  std::shared_ptr<detail::CacheCore> core_;
};

}  // namespace waxwing
