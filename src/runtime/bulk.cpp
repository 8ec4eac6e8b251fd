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

TrapCode memory_init(Memory& memory, base::ByteSpan segment, uint64_t to, uint64_t from,
                     uint64_t length) {
  if (!segment_contains(segment.size(), from, length) || !memory.contains(to, length)) {
    return TrapCode::out_of_bounds_memory;
  }
  if (length > 0) std::memcpy(memory.base() + to, segment.data() + from, length);
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

TrapCode table_init(Table& table, std::span<const Ref> segment, uint64_t to, uint64_t from,
                    uint64_t length) {
  if (!segment_contains(segment.size(), from, length) || !table.contains(to, length)) {
    return TrapCode::out_of_bounds_table;
  }
  if (length > 0) std::memcpy(table.data() + to, segment.data() + from, length * sizeof(Ref));
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
