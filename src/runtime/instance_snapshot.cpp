// See instance_snapshot.h.
#include "runtime/instance_snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "syntax/data_extents.h"

namespace waxwing::runtime {
namespace {

using syntax::DataSegment;
using syntax::Module;
using syntax::SegmentMode;

/// Up to this, copying all is quicker than asking which pages were written.
constexpr uint64_t max_copied_bytes = 128u << 10;
/// Up to this, asking is quicker than faults at the next use.
constexpr uint64_t max_remembered_bytes = 4u << 20;
constexpr size_t pages_at_once = 1024;

bool is_lasting(const syntax::Import& import) {
  switch (import.kind()) {
    case syntax::ExternKind::func:
    case syntax::ExternKind::tag: return true;
    case syntax::ExternKind::global: return !std::get<syntax::GlobalType>(import.type).is_mutable;
    case syntax::ExternKind::table:
    case syntax::ExternKind::memory: return false;
  }
  return false;
}

/// Whether instances of the module begin alike, and nobody else has what they own.
bool can_reset(const Module& module) {
  const auto is_shared = [](const syntax::MemoryType& type) { return type.is_shared; };
  const auto has_place = [&](const DataSegment& segment) {
    return segment.mode != SegmentMode::active || syntax::known_place(module, segment).has_value();
  };
  return !module.start && std::ranges::all_of(module.imports, is_lasting) &&
         std::ranges::none_of(module.memories, is_shared) &&
         std::ranges::all_of(module.datas, has_place);
}

/// Calls `visit(place, bytes)` for the active segments of a memory, in order.
template <typename Visit>
void for_each_segment(const Module& module, syntax::MemIdx memory, Visit visit) {
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active || segment.memory != memory || segment.bytes.empty())
      continue;
    visit(*syntax::known_place(module, segment), segment.bytes);
  }
}

}  // namespace

std::unique_ptr<const ResetPlan> ResetPlan::make(std::shared_ptr<const CompiledModule> compiled) {
  if (!can_reset(compiled->module)) return nullptr;
  // The first instance has them too, then: there will be more.
  (void)compiled->loaded->data_images.find(compiled->module);
  std::unique_ptr<ResetPlan> plan(new ResetPlan(std::move(compiled)));
  if (!plan->remember()) return nullptr;
  return plan;
}

bool ResetPlan::remember() {
  const Module& module = compiled_->module;
  bool needs_page_map = false;
  beginnings_.resize(module.memories.size());
  for (uint32_t i = 0; i < module.memories.size(); ++i) {
    const syntax::MemIdx index(i);
    const syntax::MemoryType& type = module.memories[index];
    Beginning& beginning = beginnings_[i];
    if (type.limits_pages.min > UINT64_MAX >> type.page_size_log2) return false;
    beginning.size_bytes = type.limits_pages.min << type.page_size_log2;
    if (beginning.size_bytes > max_remembered_bytes) continue;
    uint64_t end = 0;
    beginning.begin = UINT64_MAX;
    for_each_segment(module, index, [&](uint64_t to, base::ByteSpan bytes) {
      beginning.begin = std::min(beginning.begin, to);
      end = std::max(end, to + bytes.size());
    });
    beginning.begin = std::min(beginning.begin, end);
    auto bytes = platform::Buffer::allocate(end - beginning.begin);
    if (!bytes) return false;
    beginning.bytes = *std::move(bytes);
    for_each_segment(module, index, [&](uint64_t to, base::ByteSpan from) {
      std::ranges::copy(from, beginning.bytes.data() + (to - beginning.begin));
    });
    beginning.is_remembered = true;
    needs_page_map |= beginning.size_bytes > max_copied_bytes;
    resident_bytes_ += platform::round_up_to_page(beginning.size_bytes);
  }
  if (needs_page_map) page_map_.open();
  return true;
}

namespace {

/// Writes the bytes [from, to) of a memory as it began: `bytes` at `begin`, zeros around.
void write_beginning(uint8_t* memory, uint64_t from, uint64_t to, uint64_t begin,
                     base::ByteSpan bytes) {
  const uint64_t first = std::clamp(begin, from, to);
  const uint64_t last = std::clamp(begin + bytes.size(), first, to);
  std::memset(memory + from, 0, first - from);
  if (last > first) std::memcpy(memory + first, bytes.data() + (first - begin), last - first);
  std::memset(memory + last, 0, to - last);
}

}  // namespace

bool ResetPlan::copy_all(Memory& memory, const Beginning& beginning) const {
  write_beginning(memory.base(), 0, platform::round_up_to_page(beginning.size_bytes),
                  beginning.begin, beginning.bytes.bytes());
  return true;
}

/// A page that was never written is the image's, or zero: as it began.
bool ResetPlan::copy_changed(Memory& memory, const Beginning& beginning) const {
  std::array<uint64_t, pages_at_once> entries;
  const size_t page = platform::page_size();
  const uint64_t end = platform::round_up_to_page(beginning.size_bytes);
  for (uint64_t at = 0; at < end;) {
    const size_t count = std::min<uint64_t>(entries.size(), (end - at) / page);
    if (!page_map_.read(memory.base() + at, std::span(entries).first(count))) return false;
    for (size_t i = 0; i < count; ++i, at += page) {
      if (platform::PageMap::may_differ(entries[i]))
        write_beginning(memory.base(), at, at + page, beginning.begin, beginning.bytes.bytes());
    }
  }
  return true;
}

bool ResetPlan::discard(Memory& memory, syntax::MemIdx index) const {
  if (!memory.discard()) return false;
  if (memory.has_image()) return true;
  for_each_segment(compiled_->module, index, [&](uint64_t to, base::ByteSpan bytes) {
    std::ranges::copy(bytes, memory.base() + to);
  });
  return true;
}

bool ResetPlan::restore(Memory& memory, syntax::MemIdx index) const {
  const Beginning& beginning = beginnings_[index.value];
  if (memory.size_bytes() > beginning.size_bytes && !memory.shrink(beginning.size_bytes))
    return false;
  if (memory.is_allocated()) return discard(memory, index);
  if (beginning.is_remembered && beginning.size_bytes <= max_copied_bytes)
    return copy_all(memory, beginning);
  if (beginning.is_remembered && copy_changed(memory, beginning)) return true;
  return discard(memory, index);
}

InstanceSnapshot::Counts InstanceSnapshot::count_objects() const {
  const Store& store = instance_->store();
  // Objects of the instance's own globals are made when somebody asks for them.
  size_t own_globals = 0;
  if (!store.globals_.empty()) {
    const auto own = std::span(instance_->globals_).subspan(instance_->module().imported_globals);
    own_globals = own.size() - size_t(std::ranges::count(own, nullptr));
  }
  return {.funcs = store.funcs_.size(),
          .memories = store.memories_.size(),
          .tables = store.tables_.size(),
          .globals = store.globals_.size() - own_globals,
          .tags = store.tags_.size(),
          .instances = store.instances_.size()};
}

bool InstanceSnapshot::is_alone() const {
  const Store& store = instance_->store();
  const auto is_others = [](const Global& global) {
    return global.type.is_mutable && global.cell == &global.own_cell;
  };
  return !store.heap_.is_used() && store.instances_.size() == 1 &&
         store.memories_.size() == instance_->memories_.size() &&
         store.tables_.size() == instance_->tables_.size() &&
         std::ranges::none_of(store.globals_, is_others);
}

std::optional<InstanceSnapshot> InstanceSnapshot::take(Instance& instance, const ResetPlan& plan) {
  InstanceSnapshot snapshot(instance, plan);
  if (!snapshot.is_alone()) return std::nullopt;
  const Module& module = instance.module();
  const size_t globals = module.globals.size() - module.imported_globals;
  snapshot.globals_.assign(instance.data.globals, instance.data.globals + globals);
  for (const Table* table : instance.tables_) {
    const size_t bytes = table->size() * sizeof(Ref);
    auto copy = platform::Buffer::allocate(bytes);
    if (!copy) return std::nullopt;
    if (bytes != 0) std::memcpy(copy->data(), table->data(), bytes);
    snapshot.tables_.push_back(*std::move(copy));
    snapshot.table_bytes_ += 2 * bytes;
  }
  snapshot.elems_ = instance.elems_;
  snapshot.datas_ = instance.datas_;
  snapshot.counts_ = snapshot.count_objects();
  return snapshot;
}

bool InstanceSnapshot::restore() {
  Instance& instance = *instance_;
  instance.store().renew();
  if (count_objects() != counts_) return false;
  for (uint32_t i = 0; i < instance.memories_.size(); ++i) {
    if (!plan_->restore(*instance.memories_[i], syntax::MemIdx(i))) return false;
  }
  std::ranges::copy(globals_, instance.data.globals);
  for (size_t i = 0; i < tables_.size(); ++i) {
    instance.tables_[i]->restore(
        {reinterpret_cast<const Ref*>(tables_[i].data()), tables_[i].size() / sizeof(Ref)});
  }
  for (size_t i = 0; i < elems_.size(); ++i) {
    // Dropped or as they were: nothing else can be done to them.
    if (instance.elems_[i].size() != elems_[i].size()) instance.elems_[i] = elems_[i];
  }
  std::ranges::copy(datas_, instance.datas_.begin());
  return true;
}

}  // namespace waxwing::runtime
