// What a compilation cache did, for statistics and for whoever wants to know why.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/digest.h"

namespace waxwing::engine {

/// Why an image was not taken from a cache.
enum class MissReason : uint8_t {
#define MISS_REASON(ID, TEXT) ID,
#include "engine/miss_reasons.def"
};

inline constexpr size_t miss_reason_count = 0
#define MISS_REASON(ID, TEXT) +1
#include "engine/miss_reasons.def"
    ;

/// "absent", "damaged": the id as it is written in C++.
std::string_view miss_reason_name(MissReason reason);
/// "there is no such entry": what the reason says of an entry.
std::string_view miss_reason_text(MissReason reason);

/// One thing that happened in a cache.
struct CacheEvent {
  enum class Kind : uint8_t {
    memory_hit,  // another engine or an earlier call of this process has the module
    store_hit,
    miss,        // `reason` and `detail` say why
    compiled,    // after a miss; `ns` is how long it took, `bytes` the size of the image
    stored,      // `bytes` were put
    not_stored,  // `detail` says why; the module runs
    waited,      // for another thread or process that compiles the same, for `ns`
  };

  Kind kind;
  MissReason reason{};
  cache::Digest module;     // SHA-256 of the module's bytes
  cache::Digest key;        // of the entry
  std::string detail = {};  // one line for people; may be empty
  uint64_t bytes = 0;       // of the image, where there is one
  uint64_t ns = 0;          // how long it took
};

/// What a cache did since it was made.
struct CacheStats {
  uint64_t memory_hits = 0;
  uint64_t store_hits = 0;
  uint64_t misses = 0;
  std::array<uint64_t, miss_reason_count> misses_by_reason = {};
  uint64_t compiled = 0;  // modules that were compiled after a miss
  uint64_t stored = 0;
  uint64_t not_stored = 0;
  uint64_t waits = 0;
  uint64_t bytes_loaded = 0;    // images that stores had
  uint64_t bytes_compiled = 0;  // images that were made
  uint64_t bytes_stored = 0;
  uint64_t load_ns = 0;  // of store hits
  uint64_t compile_ns = 0;
  uint64_t wait_ns = 0;
  // Now.
  uint64_t warm_modules = 0;  // kept for later, whoever uses them
  uint64_t warm_bytes = 0;

  /// What compiling would have taken where there was a hit in a store, were it as fast for each
  /// byte as what this cache saw compiled; 0 where it saw nothing.
  uint64_t saved_ns() const;
};

}  // namespace waxwing::engine
