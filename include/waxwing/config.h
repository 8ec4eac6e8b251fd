// What an engine is told when it is made, and never changes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>

#include "waxwing/cache.h"
#include "waxwing/event.h"
#include "waxwing/export.h"
#include "waxwing/memory_allocator.h"

namespace waxwing {

/// A part of the language that can be switched off.
enum class Feature : uint8_t {
  mvp,
  sign_extension,
  saturating_float,
  multi_value,
  reference_types,
  bulk_memory,
  simd,
  relaxed_simd,
  tail_call,
  extended_const,
  multi_memory,
  memory64,
  function_references,
  gc,
  exceptions,
  legacy_exceptions,
  threads,
  wide_arithmetic,
  custom_page_sizes,
};

/// A set of features; a small value.
class Features {
 public:
  /// WebAssembly 3.0 and threads.
  WAXWING_API static Features defaults();
  WAXWING_API static Features all();
  static constexpr Features of(std::initializer_list<Feature> list) {
    Features set;
    for (const Feature feature : list) set.bits_ |= bit(feature);
    return set;
  }

  constexpr Features with(Feature feature) const { return Features(bits_ | bit(feature)); }
  constexpr Features without(Feature feature) const { return Features(bits_ & ~bit(feature)); }
  constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr bool operator==(const Features&) const = default;

 private:
  constexpr Features() = default;
  constexpr explicit Features(uint32_t bits) : bits_(bits) {}
  static constexpr uint32_t bit(Feature feature) { return uint32_t{1} << uint32_t(feature); }

  uint32_t bits_ = 0;
};

/// What executes code.
enum class Tier : uint8_t {
  automatic,    // machine code where the host allows it, else the interpreter
  interpreter,  // never makes machine code
  baseline,     // machine code, or an error
};

/// How accesses that leave a memory are caught.
enum class Bounds : uint8_t {
  automatic,  // by guard pages where the host has the address space for them, and the engine has
              // no memory allocator
  guard,      // by guard pages and a handler of faults
  explicit_,  // by comparisons: no handler, and no address space beyond what memories may hold
};

/// Who handles the faults that guard pages raise.
enum class FaultHandling : uint8_t {
  install,  // a handler of SIGSEGV and SIGBUS, made when the first machine code is loaded; it
            // hands on whatever is not of this library's code to the handler before it
  host,     // the embedder's own, which calls `waxwing::handle_fault`
};

/// How large a module may be that is compiled: what bounds the memory and the time that a
/// stranger's module takes. What is beyond is refused with `resource_limit`, before there is work
/// to do for it. By default all that Waxwing can do at all.
struct CompileLimits {
  uint64_t module_bytes = uint64_t{1} << 30;  // of the binary
  uint64_t funcs = 1'000'000;                 // imported ones too
  uint64_t func_bytes = uint64_t{128} << 20;  // of one function's body
  uint64_t code_bytes = uint64_t{1} << 30;    // of machine code; the interpreter has none
};

/// By default code runs as fast as it can, nothing is kept on disk, and nothing is counted.
struct Config {
  Tier tier = Tier::automatic;
  Features features = Features::defaults();
  Bounds bounds = Bounds::automatic;
  FaultHandling faults = FaultHandling::install;
  /// Functions are compiled when they are called first.
  bool lazy = false;
  /// Code counts what it uses of its store's fuel (`Store::set_fuel`), and ends without it: as much
  /// in every tier and on every machine. [docs/fuel.md]
  bool fuel = false;
  /// Wasm functions tell the listener of their store (`Store::set_listener`) of their calls. Where
  /// a store has none, that costs a comparison at both ends of a call. Host functions tell without.
  bool listeners = false;
  /// Float arithmetic has one NaN, so that a program computes the same bits on every machine: with
  /// the clocks and random bytes that WASI has by default, each run is the same. Costs up to some
  /// percent of float code. (Relaxed SIMD is the same everywhere without it.)
  bool deterministic = false;
  /// Host functions may take checkpoints of their calls, and return to them (`Caller::checkpoint`).
  /// Calls of host functions cost some nanoseconds more.
  bool checkpoints = false;
  /// Traces have source lines where modules have DWARF (`Frame::source`). Code is the same with and
  /// without it, and nothing is read before somebody asks.
  bool debug_info = true;
  /// Threads that compile a module, the caller's included.
  uint32_t compile_threads = 1;
  /// Of modules that are compiled. What is found in the cache was made before, and counts by its
  /// `module_bytes` alone; artefacts do not count.
  CompileLimits limits = {};
  /// Where compiled modules are kept and found.
  std::optional<CompilationCache> cache = {};
  /// Gives the memories of all stores their bytes; null: they reserve address space. Their accesses
  /// are checked by comparisons: with Bounds::guard, a module that has or imports one cannot be
  /// instantiated.
  std::shared_ptr<MemoryAllocator> memory_allocator = {};
  /// Told of compilations, and of traps and growth in the engine's stores. [event.h]
  EventHook on_event = {};
};

}  // namespace waxwing
