// The collector's phases and how allocation pays for them.
#include "runtime/gc_heap.h"

#include <algorithm>

#include "platform/clock.h"

namespace waxwing::runtime {
namespace {

/// So many bytes allocated make a step worth its while.
constexpr uint64_t step_bytes = 64u << 10;
/// Bytes looked at for each one allocated: a collection ends before the heap has grown by a quarter
/// of what was live.
constexpr uint64_t mark_ratio = 4;
constexpr size_t root_piece = 1024;
constexpr uint32_t sweep_piece_blocks = 64;
constexpr uint32_t reap_piece = 1024;

}  // namespace

GcHeap::GcHeap(const TypeRegistry& types, GcRootSource& roots, bool& is_marking,
               const GcOptions& options)
    : options_(options),
      source_(roots),
      is_marking_(is_marking),
      space_(options.max_bytes),
      marker_(space_, types) {
  space_.set_max_run_cells(options.is_stress ? 1 : options.max_run_cells);
}

GcHeap::~GcHeap() {
  run_finalizers();
  dead_hosts_ = hosts_;
  run_finalizers();
}

// Allocation.

Object* GcHeap::allocate_slow(uint32_t header, uint32_t length, uint64_t size_bytes) {
  auto* object = reinterpret_cast<Object*>(take(size_bytes));
  if (!object) return nullptr;
  object->header = header;
  object->length = length;
  return object;
}

/// Null where the space has no room as it is.
uint8_t* GcHeap::try_take(uint64_t size_bytes) {
  if (size_bytes > gc_max_small_bytes) {
    uint8_t* taken = space_.take_large(size_bytes);
    while (!taken && phase_ == Phase::sweeping) {
      sweep_some(sweep_piece_blocks);
      taken = space_.take_large(size_bytes);
    }
    if (taken) debt_bytes_ += size_bytes;
    return taken;
  }
  if (!space_.refill(size_bytes, debt_bytes_)) return nullptr;
  return space_.pop(size_bytes);
}

uint8_t* GcHeap::take(uint64_t size_bytes) {
  if (options_.is_stress)
    collect();
  else
    pay();
  if (size_bytes > space_.max_bytes()) return nullptr;
  uint8_t* taken = try_take(size_bytes);
  if (!taken) {
    collect();
    // A heap that is all but full would be collected again and again.
    const bool is_full = space_.live_bytes() > space_.max_bytes() - space_.max_bytes() / 64;
    if (!is_full) taken = try_take(size_bytes);
  }
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, space_.used_bytes());
  return taken;
}

Ref GcHeap::new_host_object(void* data, void (*finalize)(void* data)) {
  auto* host = static_cast<HostObject*>(allocate(host_header, 0, object_size(sizeof(HostObject))));
  if (!host) return {};
  host->data = data;
  host->finalize = finalize;
  if (finalize) {
    host->next = hosts_;
    hosts_ = host;
  }
  const Ref ref = Ref::from_bits(reinterpret_cast<uint64_t>(host));
  if (phase_ == Phase::reaping) space_.mark(ref.bits());
  return ref;
}

// Collection.

void GcHeap::pay() {
  if (debt_bytes_ < step_bytes && debt_bytes_ < options_.min_cycle_bytes) return;
  allocated_bytes_ += debt_bytes_;
  const uint64_t start = platform::thread_cpu_ns();
  if (phase_ != Phase::idle) {
    step(platform::monotonic_ns() + options_.max_step_ns);
  } else {
    debt_bytes_ = 0;
    if (allocated_bytes_ < std::max(options_.min_cycle_bytes, space_.live_bytes())) return;
    begin_marking();
  }
  statistics_.max_step_ns = std::max(statistics_.max_step_ns, platform::thread_cpu_ns() - start);
  run_finalizers();
}

/// Works off the debt, or what is left of it at the deadline stays.
void GcHeap::step(uint64_t deadline_ns) {
  uint64_t owed = debt_bytes_ * mark_ratio;
  while (owed > 0 && phase_ != Phase::idle) {
    switch (phase_) {
      case Phase::idle: break;
      case Phase::marking:
        if (!mark_some(options_.piece_bytes)) end_marking();
        break;
      case Phase::reaping:
        if (!reap_some(reap_piece)) begin_sweeping();
        break;
      case Phase::sweeping: sweep_some(sweep_piece_blocks); break;
    }
    owed -= std::min(owed, options_.piece_bytes);
    if (platform::monotonic_ns() >= deadline_ns) break;
  }
  debt_bytes_ = phase_ == Phase::idle ? 0 : owed / mark_ratio;
}

void GcHeap::begin_marking() {
  space_.retire_runs();
  space_.set_black(true);
  is_marking_ = true;
  phase_ = Phase::marking;
  cursor_ = {};
  has_more_roots_ = true;
  source_.visit_roots(marker_);
  for (const Roots* roots = explicit_roots_; roots; roots = roots->next_)
    marker_.mark_words(roots->slots);
}

bool GcHeap::mark_some(uint64_t bytes) {
  if (marker_.scan(bytes)) return true;
  if (!has_more_roots_) return false;
  const std::span<const Ref> roots = source_.next_roots(cursor_, root_piece);
  for (const Ref root : roots) marker_.mark_ref(root.bits());
  has_more_roots_ = !roots.empty();
  return true;
}

void GcHeap::end_marking() {
  is_marking_ = false;
  phase_ = Phase::reaping;
  reaping_ = &hosts_;
}

/// Takes dead hosts' objects off the list. They keep their cells until the next collection.
bool GcHeap::reap_some(uint32_t count) {
  for (; count > 0 && *reaping_; --count) {
    HostObject* const host = *reaping_;
    const uint64_t ref = reinterpret_cast<uint64_t>(host);
    if (space_.is_marked(ref)) {
      reaping_ = &host->next;
      continue;
    }
    space_.mark(ref);
    *reaping_ = host->next;
    host->next = dead_hosts_;
    dead_hosts_ = host;
  }
  return *reaping_ != nullptr;
}

void GcHeap::begin_sweeping() {
  space_.retire_runs();
  space_.set_black(false);
  space_.begin_sweep();
  phase_ = Phase::sweeping;
}

void GcHeap::sweep_some(uint32_t blocks) {
  if (!space_.sweep(blocks)) return;
  phase_ = Phase::idle;
  allocated_bytes_ = 0;
  ++statistics_.collections;
  statistics_.live_bytes = space_.live_bytes();
}

void GcHeap::finish() {
  while (phase_ == Phase::marking) {
    if (!mark_some(UINT64_MAX)) end_marking();
  }
  while (phase_ == Phase::reaping) {
    if (!reap_some(UINT32_MAX)) begin_sweeping();
  }
  while (phase_ == Phase::sweeping) sweep_some(UINT16_MAX);
}

void GcHeap::collect() {
  const uint64_t start = platform::thread_cpu_ns();
  finish();
  begin_marking();
  finish();
  debt_bytes_ = 0;
  statistics_.max_step_ns = std::max(statistics_.max_step_ns, platform::thread_cpu_ns() - start);
  run_finalizers();
}

void GcHeap::run_finalizers() {
  while (HostObject* host = dead_hosts_) {
    dead_hosts_ = host->next;
    void (*const finalize)(void*) = host->finalize;
    host->finalize = nullptr;
    finalize(host->data);
  }
}

GcStatistics GcHeap::statistics() const {
  GcStatistics statistics = statistics_;
  statistics.used_bytes = space_.used_bytes();
  return statistics;
}

// Roots.

Roots::Roots(GcHeap& heap) : heap_(heap), next_(heap.explicit_roots_) {
  if (next_) next_->previous_ = this;
  heap.explicit_roots_ = this;
}

Roots::~Roots() {
  (previous_ ? previous_->next_ : heap_.explicit_roots_) = next_;
  if (next_) next_->previous_ = previous_;
}

}  // namespace waxwing::runtime
