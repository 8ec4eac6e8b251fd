// Bulk operations on memories and tables, and the segments of an instance. [spec 4.6.6-4.6.7]
#include <algorithm>
#include <cstring>

#include "runtime/instance.h"

namespace waxwing::runtime {

using syntax::TrapCode;

namespace {

/// Whether [from, from + length) lies within a segment of `size`.
bool segment_contains(uint64_t size, uint64_t from, uint64_t length) {
  return length <= size && from <= size - length;
}

}  // namespace

TrapCode memory_init(Instance& instance, syntax::MemIdx memory, syntax::DataIdx data, uint64_t to,
                     uint64_t from, uint64_t length) {
  const Memory& target = *instance.data.memories[memory.value];
  const base::ByteSpan bytes = instance.data_segment(data);
  if (!segment_contains(bytes.size(), from, length) || !target.contains(to, length)) {
    return TrapCode::out_of_bounds_memory;
  }
  if (length > 0) std::memcpy(target.base() + to, bytes.data() + from, length);
  return TrapCode::none;
}

TrapCode memory_copy(Memory& to_memory, Memory& from_memory, uint64_t to, uint64_t from,
                     uint64_t length) {
  if (!to_memory.contains(to, length) || !from_memory.contains(from, length)) {
    return TrapCode::out_of_bounds_memory;
  }
  std::memmove(to_memory.base() + to, from_memory.base() + from, length);
  return TrapCode::none;
}

TrapCode memory_fill(Memory& memory, uint64_t to, uint8_t value, uint64_t length) {
  if (!memory.contains(to, length)) return TrapCode::out_of_bounds_memory;
  std::memset(memory.base() + to, value, length);
  return TrapCode::none;
}

TrapCode table_init(Instance& instance, syntax::TableIdx table, syntax::ElemIdx elem, uint64_t to,
                    uint64_t from, uint64_t length) {
  const Table& target = *instance.data.tables[table.value];
  const std::span<const Ref> items = instance.elem(elem);
  if (!segment_contains(items.size(), from, length) || !target.contains(to, length)) {
    return TrapCode::out_of_bounds_table;
  }
  if (length > 0) std::memcpy(target.data() + to, items.data() + from, length * sizeof(Ref));
  return TrapCode::none;
}

TrapCode table_copy(Table& to_table, Table& from_table, uint64_t to, uint64_t from,
                    uint64_t length) {
  if (!to_table.contains(to, length) || !from_table.contains(from, length)) {
    return TrapCode::out_of_bounds_table;
  }
  if (length > 0)
    std::memmove(to_table.data() + to, from_table.data() + from, length * sizeof(Ref));
  return TrapCode::none;
}

TrapCode table_fill(Table& table, uint64_t to, Ref value, uint64_t length) {
  if (!table.contains(to, length)) return TrapCode::out_of_bounds_table;
  std::fill_n(table.data() + to, length, value);
  return TrapCode::none;
}

}  // namespace waxwing::runtime
