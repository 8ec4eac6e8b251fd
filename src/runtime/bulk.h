// Bulk operations on memories and tables, shared by instantiation and the tiers. Long ones go in
// pieces, between which the call can be stopped. [spec 4.5.2-4.5.3, 4.6.6-4.6.7]
#pragma once

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "runtime/memory.h"
#include "runtime/stop_word.h"
#include "runtime/table.h"
#include "syntax/trap.h"

namespace waxwing::runtime {

/// What is done between two looks at a stop word: less than a millisecond where no page was touched
/// before, on a machine that does nothing else, and enough for the processor to go at full speed.
inline constexpr uint64_t bulk_piece_bytes = uint64_t{1} << 20;

/// Calls work(done, count) for consecutive pieces of `total` units of at most `piece`. Returns
/// `interrupted` where it was stopped between two, or `none`.
template <typename Work>
syntax::TrapCode in_pieces(uint64_t total, uint64_t piece, StopWord stop, const Work& work) {
  for (uint64_t done = 0; done < total;) {
    if (done != 0 && is_stopped(stop)) return syntax::TrapCode::interrupted;
    const uint64_t count = std::min(piece, total - done);
    work(done, count);
    done += count;
  }
  return syntax::TrapCode::none;
}

/// memmove that can be stopped: `interrupted` or `none`. The bytes may overlap.
syntax::TrapCode move_bytes(uint8_t* to, const uint8_t* from, uint64_t size_bytes, StopWord stop);

/// `length` bytes or elements from `from` on go to `to`.
struct BulkMove {
  uint64_t to;
  uint64_t from;
  uint64_t length;
};

/// Each returns the trap, or TrapCode::none; `interrupted` where `stop` said so, for a reason that
/// the store knows, and a part was written. Segments are those of `Instance::data_segment` and
/// `elem`.
syntax::TrapCode memory_init(Memory& memory, base::ByteSpan segment, const BulkMove& move,
                             StopWord stop = nullptr);
syntax::TrapCode memory_copy(Memory& to_memory, Memory& from_memory, const BulkMove& move,
                             StopWord stop = nullptr);
syntax::TrapCode memory_fill(Memory& memory, uint64_t to, uint8_t value, uint64_t length,
                             StopWord stop = nullptr);
syntax::TrapCode table_init(Table& table, std::span<const Ref> segment, const BulkMove& move,
                            StopWord stop = nullptr);
syntax::TrapCode table_copy(Table& to_table, Table& from_table, const BulkMove& move,
                            StopWord stop = nullptr);
syntax::TrapCode table_fill(Table& table, uint64_t to, Ref value, uint64_t length,
                            StopWord stop = nullptr);

}  // namespace waxwing::runtime
