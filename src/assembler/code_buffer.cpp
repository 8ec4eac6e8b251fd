#include "assembler/code_buffer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace waxwing::assembler {

CodeBuffer::CodeBuffer(std::span<uint8_t> memory) : fixed_(true) {
  memory_ = memory.data();
  capacity_bytes_ = std::min(memory.size(), max_size_bytes);
  clear();
}

CodeBuffer::~CodeBuffer() {
  if (!fixed_) std::free(memory_);
}

void CodeBuffer::make_room(size_t size_bytes) {
  const size_t used = failed_ ? 0 : position();
  if (!failed_ && !fixed_ && size_bytes <= max_size_bytes - used) {
    constexpr size_t first_size_bytes = 4096;
    const size_t wanted = std::clamp(std::max(used + size_bytes, 2 * capacity_bytes_),
                                     first_size_bytes, max_size_bytes);
    if (void* moved = std::realloc(memory_, wanted)) {
      memory_ = static_cast<uint8_t*>(moved);
      capacity_bytes_ = wanted;
      begin_ = memory_;
      cursor_ = begin_ + used;
      end_ = begin_ + capacity_bytes_;
      return;
    }
  }
  failed_ = true;
  begin_ = cursor_ = scratch_;
  end_ = scratch_ + sizeof scratch_;
}

void CodeBuffer::clear() {
  failed_ = false;
  const bool has_memory = memory_ != nullptr;
  begin_ = cursor_ = has_memory ? memory_ : scratch_;
  end_ = begin_ + (has_memory ? capacity_bytes_ : 0);
  fixups_.clear();
  free_fixups_ = Fixup::none;
  waiting_ = 0;
}

void CodeBuffer::put_bytes(base::ByteSpan bytes) {
  if (static_cast<size_t>(end_ - cursor_) < bytes.size()) make_room(bytes.size());
  if (failed_ || bytes.empty()) return;
  std::memcpy(cursor_, bytes.data(), bytes.size());
  cursor_ += bytes.size();
}

void CodeBuffer::overwrite(uint32_t position, uint32_t value) {
  if (failed_) return;
  const uint32_t end = this->position();
  CHECK(end >= sizeof value && position <= end - sizeof value);
  base::store_le(begin_ + position, value);
}

void CodeBuffer::align(uint32_t alignment, uint8_t fill) {
  CHECK(std::has_single_bit(alignment));
  while (!failed_ && (position() & (alignment - 1)) != 0) {
    uint8_t* p = reserve();
    *p = fill;
    commit(p + 1);
  }
}

void CodeBuffer::patch(FixupKind kind, uint32_t position, int64_t distance) {
  switch (kind) {
    case FixupKind::rel8:
      CHECK(distance == static_cast<int8_t>(distance));
      base::store_le(begin_ + position, static_cast<int8_t>(distance));
      return;
    case FixupKind::rel32:
      base::store_le(begin_ + position, static_cast<int32_t>(distance));
      return;
  }
}

void CodeBuffer::bind(Label& label) {
  CHECK(!label.bound_);
  uint32_t first = label.value_;
  label.bound_ = true;
  label.value_ = position();
  if (failed_) return;
  while (first != Fixup::none) {
    Fixup& fixup = fixups_[first];
    patch(fixup.kind, fixup.position, int64_t{label.value_} + fixup.addend - fixup.position);
    const uint32_t next = fixup.next;
    fixup.next = free_fixups_;
    free_fixups_ = first;
    first = next;
    --waiting_;
  }
}

void CodeBuffer::refer(Label& label, FixupKind kind, uint32_t position, int32_t addend) {
  if (failed_) return;
  if (label.bound_) {
    patch(kind, position, int64_t{label.value_} + addend - position);
    return;
  }
  const Fixup fixup = {.position = position, .next = label.value_, .addend = addend, .kind = kind};
  uint32_t index = free_fixups_;
  if (index != Fixup::none) {
    free_fixups_ = fixups_[index].next;
    fixups_[index] = fixup;
  } else {
    index = static_cast<uint32_t>(fixups_.size());
    if (!fixups_.push_back(fixup)) {
      failed_ = true;  // an instruction is being written: its memory stays
      return;
    }
  }
  label.value_ = index;
  ++waiting_;
}

base::Result<base::ByteSpan> CodeBuffer::finish() const {
  if (failed_) {
    return base::fail(base::ErrorCode::out_of_memory,
                      "machine code; compile less at once, or allow more memory");
  }
  CHECK(waiting_ == 0);
  return base::ByteSpan(begin_, position());
}

}  // namespace waxwing::assembler
