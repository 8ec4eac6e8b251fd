// Constants that code reads from memory: each once, aligned at its size, placed behind the code.
#pragma once

#include <array>
#include <cstdint>

#include "assembler/code_buffer.h"
#include "assembler/growable.h"
#include "assembler/label.h"
#include "base/bytes.h"

namespace waxwing::assembler {

/// One pool serves one CodeBuffer. Where memory is refused it fails for good, and fails the buffer
/// at `place`. Not thread-safe.
class ConstantPool {
 public:
  static constexpr size_t max_constant_bytes = 32;

  ConstantPool() = default;

  /// The label of a constant of 4, 8, 16 or 32 bytes (CHECKed): the one of before where an equal
  /// one was added. Constant time: constants chosen so that their hashes collide are not shared.
  /// The reference holds until the next `add`.
  Label& add(base::ByteSpan bytes);

  /// Appends all constants to `buffer`, the largest first, and binds their labels. Done once,
  /// behind the last instruction that reads one.
  void place(CodeBuffer& buffer);

  size_t size() const { return entries_.size(); }
  /// The bytes that `place` appends, alignment at its start aside.
  size_t size_bytes() const { return size_bytes_; }
  /// Forgets all constants and a failure; keeps the memory.
  void clear();

 private:
  struct Entry {
    Label label;
    uint32_t size_bytes = 0;
    std::array<uint8_t, max_constant_bytes> bytes{};
  };

  bool make_slots();

  Growable<Entry> entries_;
  Growable<uint32_t> slots_;  // an open hash table of 1 + index, 0 where empty; a power of two
  size_t size_bytes_ = 0;
  Label lost_;  // what `add` returns after a failure
  bool failed_ = false;
};

}  // namespace waxwing::assembler
