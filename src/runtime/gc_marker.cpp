// Depth first. What finds no room on the stack is found again by looking through its block.
#include "runtime/gc_marker.h"

#include <algorithm>

namespace waxwing::runtime {

bool GcMarker::reserve() {
  if (is_reserved_) return entries_ != nullptr;
  is_reserved_ = true;
  auto memory = platform::Reservation::reserve(max_entries * sizeof(Entry));
  if (!memory || !memory->commit(0, memory->size())) return false;
  memory_ = *std::move(memory);
  entries_ = reinterpret_cast<Entry*>(memory_.data());
  return true;
}

void GcMarker::push_entry(Entry entry) {
  if (count_ == max_entries || !reserve())
    return space_.flag_for_rescan(reinterpret_cast<uint64_t>(entry.object));
  entries_[count_++] = entry;
}

void GcMarker::push(Object* object) {
  // Hosts' objects and those without references are done.
  if (object->has_type() && types_.info(object->type()).has_refs) push_entry({object, 0});
}

/// Returns about how many bytes it looked at.
uint64_t GcMarker::scan_entry(Entry entry) {
  const Object& object = *entry.object;
  if (!object.has_type()) return 0;
  const TypeInfo& info = types_.info(object.type());
  if (!info.has_refs) return 0;
  const bool is_array = info.kind == TypeInfo::Kind::array;
  const auto count = is_array ? object.length : static_cast<uint32_t>(info.ref_offsets.size());
  const bool in_slices = count - entry.next > slice_refs && reserve();
  const uint32_t end = in_slices ? entry.next + slice_refs : count;
  if (end < count) push_entry({entry.object, end});
  for (uint32_t i = entry.next; i < end; ++i) {
    const uint64_t offset = is_array ? object_payload + uint64_t{i} * 8 : info.ref_offsets[i];
    mark_ref(load_field<uint64_t>(object.at(offset)));
  }
  return 16 + uint64_t{end - entry.next} * 8;
}

bool GcMarker::scan(uint64_t bytes) {
  uint64_t done = 0;
  while (done < bytes) {
    if (count_ > 0) {
      done += scan_entry(entries_[--count_]);
      continue;
    }
    // A block's objects are looked into at once, in whole: at most 64 KiB, or one large object,
    // whose rest goes to the empty stack.
    const bool found =
        space_.rescan_one([this, &done](Object& object) { done += scan_entry({&object, 0}); });
    if (!found) return false;
  }
  return true;
}

}  // namespace waxwing::runtime
