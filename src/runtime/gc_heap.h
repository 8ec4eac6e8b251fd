// The heap of a store: structures, arrays and hosts' objects, collected by incremental mark and
// sweep. Work is paid for at allocation, in steps of about a millisecond. docs/decisions.md has the
// reasons. One thread uses a heap at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/gc_marker.h"
#include "runtime/gc_space.h"

namespace waxwing::runtime {

struct GcOptions {
  uint64_t max_bytes = uint64_t{4} << 30;
  uint64_t min_cycle_bytes = uint64_t{4} << 20;  // allocated before a collection begins, at least
  uint64_t max_step_ns = 1'000'000;              // that one allocation spends on collecting
  uint64_t piece_bytes = 16u << 10;              // looked at between two looks at the clock
  uint32_t max_run_cells = UINT32_MAX;           // objects made between two chances to collect
  bool is_stress = false;                        // a whole collection before every allocation
};

struct GcStatistics {
  uint64_t collections = 0;  // complete ones
  uint64_t max_step_ns = 0;  // of processor time: the most that one allocation spent on collecting
  uint64_t live_bytes = 0;   // after the last collection
  uint64_t used_bytes = 0;   // in blocks
  uint64_t peak_bytes = 0;
};

/// How far the roots that are looked at in pieces have been.
struct GcRootCursor {
  size_t list = 0;
  size_t owner = 0;
  size_t part = 0;
  uint64_t item = 0;
};

/// Whoever knows where references are outside of the heap.
class GcRootSource {
 public:
  /// Marks what is looked at when a collection begins.
  virtual void visit_roots(GcMarker& marker) = 0;
  /// The next piece of what is looked at little by little (and whose changes are shaded): at most
  /// `max` references, none at the end.
  virtual std::span<const Ref> next_roots(GcRootCursor& cursor, size_t max) = 0;

 protected:
  ~GcRootSource() = default;
};

class Roots;

class GcHeap {
 public:
  /// `is_marking` is true while references that are overwritten must be shaded.
  GcHeap(const TypeRegistry& types, GcRootSource& roots, bool& is_marking,
         const GcOptions& options);
  ~GcHeap();
  GcHeap(const GcHeap&) = delete;
  GcHeap& operator=(const GcHeap&) = delete;

  /// A new object, zeroed but for its header; null where the heap is full. `size_bytes` is an
  /// object_size. May collect: whatever is not a root or reachable from one is gone.
  [[gnu::always_inline]] Object* allocate(uint32_t header, uint32_t length, uint64_t size_bytes) {
    Object* object = allocate_quick(header, length, size_bytes);
    return object ? object : allocate_slow(header, length, size_bytes);
  }
  /// The same, but null where it takes more than a few instructions.
  [[gnu::always_inline]] Object* allocate_quick(uint32_t header, uint32_t length,
                                                uint64_t size_bytes) {
    if (size_bytes > gc_max_small_bytes) [[unlikely]]
      return nullptr;
    auto* object = reinterpret_cast<Object*>(space_.pop(size_bytes));
    if (!object) [[unlikely]]
      return nullptr;
    object->header = header;
    object->length = length;
    return object;
  }
  Object* allocate_slow(uint32_t header, uint32_t length, uint64_t size_bytes);

  /// An externref to `data`; null where the heap is full. `finalize` (or null) is called once, when
  /// nothing refers to the object any more or the heap ends; it must not call the store.
  Ref new_host_object(void* data, void (*finalize)(void* data));

  /// To be called with a reference that is about to be overwritten or dropped, outside of stacks,
  /// while is_marking. (A snapshot-at-the-beginning barrier.)
  void shade(Ref ref) { marker_.mark_ref(ref.bits()); }
  void shade(std::span<const Ref> refs) {
    for (const Ref ref : refs) shade(ref);
  }

  /// Whether the bits of a reference are the address of an object.
  bool is_object(Ref ref) const { return space_.is_inside(ref.bits()); }

  /// Whether an object was ever made.
  bool is_used() const { return space_.is_reserved(); }
  /// Whether the host has `Roots`.
  bool has_roots() const { return explicit_roots_ != nullptr; }

  /// Ends the running collection, then does a whole one.
  void collect();
  GcStatistics statistics() const;

 private:
  friend class Roots;
  enum class Phase : uint8_t { idle, marking, reaping, sweeping };

  uint8_t* take(uint64_t size_bytes);
  uint8_t* try_take(uint64_t size_bytes);
  void pay();
  void begin_marking();
  void step(uint64_t deadline_ns);
  bool mark_some(uint64_t bytes);
  void end_marking();
  bool reap_some(uint32_t count);
  void begin_sweeping();
  void sweep_some(uint32_t blocks);
  void finish();
  void run_finalizers();

  const GcOptions options_;
  GcRootSource& source_;
  bool& is_marking_;
  GcSpace space_;
  GcMarker marker_;
  Phase phase_ = Phase::idle;
  GcRootCursor cursor_;
  bool has_more_roots_ = false;
  uint64_t allocated_bytes_ = 0;  // since the last collection
  uint64_t debt_bytes_ = 0;       // allocated, and not paid for
  HostObject* hosts_ = nullptr;   // those with a finalizer
  HostObject** reaping_ = nullptr;
  HostObject* dead_hosts_ = nullptr;
  Roots* explicit_roots_ = nullptr;
  GcStatistics statistics_;
};

/// Values that a host keeps: while this lives, so does all that its slots refer to. Slots may hold
/// anything.
class Roots {
 public:
  explicit Roots(GcHeap& heap);
  ~Roots();
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;

  std::vector<Slot> slots;

 private:
  friend class GcHeap;
  GcHeap& heap_;
  Roots* previous_ = nullptr;
  Roots* next_ = nullptr;
};

}  // namespace waxwing::runtime
