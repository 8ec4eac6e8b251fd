// Where machine code is written: bytes that grow, and the labels' fixups. Knows no ISA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "assembler/growable.h"
#include "assembler/label.h"
#include "base/bytes.h"
#include "base/result.h"

namespace waxwing::assembler {

/// Encoders ask once an instruction whether there is room, and then write unchecked. Where memory
/// is refused the buffer fails for good: what follows is written to a scratch area and lost,
/// positions mean nothing, and `finish` returns the error, so that nobody else need check. Not
/// thread-safe.
class CodeBuffer {
 public:
  /// What `reserve` promises. No instruction is longer than 15 bytes, and an encoder may write up
  /// to 8 bytes beyond the end of its own.
  static constexpr size_t room_bytes = 32;
  /// Half of what 32-bit distances reach, so that no distance need be checked.
  static constexpr size_t max_size_bytes = size_t{1} << 30;

  /// Owns its memory and grows; reused by `clear`, it allocates no more.
  CodeBuffer() = default;
  /// Writes to `memory`, which outlives it, and never grows: the last room_bytes stay unused.
  explicit CodeBuffer(std::span<uint8_t> memory);
  CodeBuffer(const CodeBuffer&) = delete;
  CodeBuffer& operator=(const CodeBuffer&) = delete;
  ~CodeBuffer();

  /// A cursor with `room_bytes` writable behind it. Every `reserve` is followed by one `commit`.
  uint8_t* reserve() {
    if (static_cast<size_t>(end_ - cursor_) < room_bytes) [[unlikely]]
      make_room(room_bytes);
    return cursor_;
  }
  /// Takes what was written from the cursor to `end`.
  void commit(uint8_t* end) { cursor_ = end; }

  /// The next byte's position, in bytes from the start.
  uint32_t position() const { return position_of(cursor_); }
  /// That of a byte at or behind the cursor that `reserve` returned.
  uint32_t position_of(const uint8_t* byte) const { return static_cast<uint32_t>(byte - begin_); }

  /// Appends `bytes`.
  void put_bytes(base::ByteSpan bytes);
  /// Replaces four bytes that were written. CHECKs that they were; does nothing after a failure.
  void overwrite(uint32_t position, uint32_t value);
  /// Appends copies of `fill` until the position is a multiple of `alignment`, a power of two.
  void align(uint32_t alignment, uint8_t fill);

  /// Says that `label` is here: writes the fields that wait for it. CHECKs that it was not bound
  /// before, and that each short field reaches it. Linear in the number of waiting fields.
  void bind(Label& label);
  /// Fills the field at `position`, which is already written over, once `label` is known: now or at
  /// `bind`. Constant time, amortized.
  void refer(Label& label, FixupKind kind, uint32_t position, int32_t addend);
  /// How many fields wait for labels; 0 in finished code.
  size_t waiting_fixups() const { return waiting_; }

  bool has_failed() const { return failed_; }
  /// Marks the buffer failed, as if memory had been refused.
  void fail() { failed_ = true; }

  /// All that was written, or `out_of_memory`. Valid until the buffer is written to again. CHECKs
  /// that no field waits.
  base::Result<base::ByteSpan> finish() const;
  /// Empties the buffer and ends a failure; keeps its memory. Labels of before are void.
  void clear();

 private:
  void make_room(size_t size_bytes);
  void patch(FixupKind kind, uint32_t position, int64_t distance);

  uint8_t* cursor_ = scratch_;
  uint8_t* end_ = scratch_;
  uint8_t* begin_ = scratch_;
  uint8_t* memory_ = nullptr;  // owned unless `fixed_`
  size_t capacity_bytes_ = 0;
  Growable<Fixup> fixups_;
  uint32_t free_fixups_ = Fixup::none;  // chained by `next`
  size_t waiting_ = 0;
  bool fixed_ = false;
  bool failed_ = false;
  uint8_t scratch_[room_bytes] = {};
};

}  // namespace waxwing::assembler
