// Engines that share caches, a module that uses most of what an image holds, and what became of it.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directories.h"
#include "engine/compilation_cache.h"
#include "engine/engine.h"
#include "runtime/linker.h"
#include "runtime/value.h"
#include "text/assembler.h"

namespace waxwing::engine {

using Bytes = std::shared_ptr<const std::vector<uint8_t>>;
using Compiled = std::shared_ptr<const runtime::CompiledModule>;

inline Bytes assembled(std::string_view text) {
  auto bytes = text::assemble(text);
  EXPECT_TRUE(bytes) << bytes.error().message();
  return std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
}

/// `run` comes to 1,119 by way of tables, memories, globals, passive data and an exception; `fault`
/// traps. Modules of different numbers differ in one byte.
inline Bytes sample(uint32_t number = 7) {
  return assembled(R"((module $sample
    (type $binary (func (param i32 i32) (result i32)))
    (memory (export "memory") 2)
    (table $table 4 funcref)
    (tag $oops (param i32))
    (global $count (mut i32) (i32.const 5))
    (global (export "number") i32 (i32.const )" +
                   std::to_string(number) + R"())
    (elem (table $table) (i32.const 1) func $add $sub)
    (data (i32.const 16) "\64\00\00\00")
    (data $later "\e8\03\00\00")
    (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
    (func $fail (param i32) (throw $oops (local.get 0)))
    (func $caught (result i32)
      (block $handler (result i32)
        (try_table (catch $oops $handler) (call $fail (i32.const 9)))
        (i32.const 0)))
    (func (export "run") (result i32)
      (memory.init $later (i32.const 32) (i32.const 0) (i32.const 4))
      (global.set $count (i32.add (global.get $count) (i32.const 5)))
      (call_indirect $table (type $binary)
        (call_indirect $table (type $binary)
          (i32.add (i32.load (i32.const 16)) (i32.load (i32.const 32)))
          (i32.add (global.get $count) (call $caught))
          (i32.const 1))
        (i32.const 0)
        (i32.const 2)))
    (func $deep (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "fault") (result i32) (call $deep (i32.const -4)))))");
}
inline constexpr std::string_view sample_result = "1119";

/// What an export without parameters says: its result, or why it trapped.
inline std::string call(const Engine& engine, const Compiled& compiled, std::string_view name) {
  auto store = engine.new_store();
  if (!store) return store.error().message();
  auto instance = runtime::instantiate(**store, compiled, {}, "sample");
  if (!instance) return "not instantiated";
  const auto found = (*instance)->find_export(name);
  if (!found) return "no such export";
  if (runtime::Global* const* global = std::get_if<runtime::Global*>(&*found))
    return std::to_string(static_cast<int32_t>((*global)->cell->slots[0]));
  const auto results = runtime::call(**store, *std::get<runtime::Func*>(*found), {});
  if (!results) {
    const runtime::Trap* const trap = std::get_if<runtime::Trap>(&results.error());
    return trap ? std::string(syntax::trap_text(trap->code)) : "no trap";
  }
  return runtime::to_string(results->at(0));
}

/// The same of a module that is compiled first.
inline std::string run(const Engine& engine, const Bytes& bytes, std::string_view name = "run") {
  const auto compiled = engine.compile(bytes);
  return compiled ? call(engine, *compiled, name) : compiled.error().message();
}

/// Counts what happens in a cache; thread-safe.
class EventLog {
 public:
  std::function<void(const CacheEvent&)> listener() {
    return [this](const CacheEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
  }
  size_t count(CacheEvent::Kind kind) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::ranges::count(events_, kind, &CacheEvent::kind));
  }
  /// "absent", "damaged": why there were misses, in their order, with spaces between.
  std::string misses() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const CacheEvent& event : events_) {
      if (event.kind != CacheEvent::Kind::miss) continue;
      if (!text.empty()) text += ' ';
      text += miss_reason_name(event.reason);
    }
    return text;
  }
  std::string last_detail() const {
    const std::lock_guard lock(mutex_);
    return events_.empty() ? "" : events_.back().detail;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    events_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<CacheEvent> events_;
};

using Kind = CacheEvent::Kind;

inline Engine engine_with(std::shared_ptr<CompilationCache> cache, Tier tier = Tier::automatic) {
  Config config;
  config.cache = std::move(cache);
  config.tier = tier;
  return Engine(config);
}

inline std::shared_ptr<CompilationCache> cache_over(std::shared_ptr<cache::CacheStore> store,
                                                    CacheOptions options = {}) {
  return std::make_shared<CompilationCache>(std::move(store), std::move(options));
}

/// A directory with a cache over it, of a test's own.
struct DirectoryCache {
  cache::CacheHome home;
  EventLog log;

  std::shared_ptr<CompilationCache> open(CacheOptions options = {}) {
    options.on_event = log.listener();
    return cache_over(home.open(), std::move(options));
  }
};

}  // namespace waxwing::engine
