// See bulk.h.
#include "runtime/bulk.h"

#include <cstring>

namespace waxwing::runtime {

using syntax::TrapCode;

namespace {

constexpr uint64_t piece_elements = bulk_piece_bytes / sizeof(Ref);

/// Whether [from, from + length) lies within a segment of `size`.
bool segment_contains(uint64_t size, uint64_t from, uint64_t length) {
  return length <= size && from <= size - length;
}

TrapCode move_elements(Ref* to, const Ref* from, uint64_t length, StopWord stop) {
  return move_bytes(reinterpret_cast<uint8_t*>(to), reinterpret_cast<const uint8_t*>(from),
                    length * sizeof(Ref), stop);
}

TrapCode fill_elements(Ref* to, Ref value, uint64_t length, StopWord stop) {
  return in_pieces(length, piece_elements, stop,
                   [&](uint64_t done, uint64_t count) { std::fill_n(to + done, count, value); });
}

}  // namespace

TrapCode move_bytes(uint8_t* to, const uint8_t* from, uint64_t size_bytes, StopWord stop) {
  // What is written must not be read later: overlapping bytes go from the end that is read first.
  const uint64_t distance = reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from);
  const bool is_backward = distance < size_bytes;
  return in_pieces(size_bytes, bulk_piece_bytes, stop, [&](uint64_t done, uint64_t count) {
    const uint64_t at = is_backward ? size_bytes - done - count : done;
    std::memmove(to + at, from + at, count);
  });
}

TrapCode memory_init(Memory& memory, base::ByteSpan segment, const BulkMove& move, StopWord stop) {
  if (!segment_contains(segment.size(), move.from, move.length) ||
      !memory.contains(move.to, move.length)) {
    return TrapCode::out_of_bounds_memory;
  }
  return move_bytes(memory.base() + move.to, segment.data() + move.from, move.length, stop);
}

TrapCode memory_copy(Memory& to_memory, Memory& from_memory, const BulkMove& move, StopWord stop) {
  if (!to_memory.contains(move.to, move.length) || !from_memory.contains(move.from, move.length)) {
    return TrapCode::out_of_bounds_memory;
  }
  return move_bytes(to_memory.base() + move.to, from_memory.base() + move.from, move.length, stop);
}

TrapCode memory_fill(Memory& memory, uint64_t to, uint8_t value, uint64_t length, StopWord stop) {
  if (!memory.contains(to, length)) return TrapCode::out_of_bounds_memory;
  uint8_t* const begin = memory.base() + to;
  return in_pieces(length, bulk_piece_bytes, stop,
                   [&](uint64_t done, uint64_t count) { std::memset(begin + done, value, count); });
}

TrapCode table_init(Table& table, std::span<const Ref> segment, const BulkMove& move,
                    StopWord stop) {
  if (!segment_contains(segment.size(), move.from, move.length) ||
      !table.contains(move.to, move.length)) {
    return TrapCode::out_of_bounds_table;
  }
  return move_elements(table.data() + move.to, segment.data() + move.from, move.length, stop);
}

TrapCode table_copy(Table& to_table, Table& from_table, const BulkMove& move, StopWord stop) {
  if (!to_table.contains(move.to, move.length) || !from_table.contains(move.from, move.length)) {
    return TrapCode::out_of_bounds_table;
  }
  return move_elements(to_table.data() + move.to, from_table.data() + move.from, move.length, stop);
}

TrapCode table_fill(Table& table, uint64_t to, Ref value, uint64_t length, StopWord stop) {
  if (!table.contains(to, length)) return TrapCode::out_of_bounds_table;
  return fill_elements(table.data() + to, value, length, stop);
}

}  // namespace waxwing::runtime
