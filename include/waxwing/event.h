// What an engine, a cache or a store has to tell on the way: for logs and metrics. Nothing depends
// on it, and without somebody who listens nothing is made for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "waxwing/detail/function.h"
#include "waxwing/error.h"

namespace waxwing {

/// Something that happened.
struct Event {
  enum class Kind : uint8_t {
    // Of an engine: `Config::on_event`.
    compile_begun,     // `Engine::compile` was called; `size` is that of the module
    compile_progress,  // `done` of `total` functions are compiled; the last one has all of them
    compile_ended,     // after `ns`; `detail` is the error, or empty
    // Of the stores of an engine: as well.
    trap,          // a call failed with `trap`; `detail` is the message
    memory_grown,  // by `size` bytes, from `done` bytes, where `granted`; else it was refused
    // Of a cache: `CacheOptions::on_event`.
    cache_memory_hit,  // this process has the module
    cache_hit,         // the directory or store had it: `size` bytes, loaded in `ns`
    cache_miss,        // `detail` says why: absent, or refused since it is damaged, stale, unsigned
    cache_compiled,    // after a miss, in `ns`; `size` is that of the entry
    cache_stored,      // `size` bytes are kept
    cache_not_stored,  // `detail` says why; the module runs
    cache_waited,      // for another thread or process that compiles the same, for `ns`
  };

  Kind kind;
  uint64_t size = 0;
  uint64_t done = 0;
  uint64_t total = 0;
  uint64_t ns = 0;
  bool granted = false;
  std::optional<TrapCode> trap = {};
  std::string_view detail = {};  // good until the function returns
};

/// Called by whichever thread it happens in, by several at once where several threads work. Must
/// not throw, nor use what it is told of.
using EventHook = std::function<void(const Event&)>;

}  // namespace waxwing
