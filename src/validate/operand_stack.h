// The operand stack of the validation algorithm: the types of a function's operands. [spec A.4]
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include "syntax/types.h"

namespace waxwing::validate {

/// What a plain instruction does to the stack: pops up to two operands of exact types, pushes up to
/// one; none of them is a vector.
struct Exchange {
  uint32_t top = 0;  // bits of the topmost operand's type
  uint32_t top_mask = 0;
  uint32_t next = 0;  // of the one under it
  uint32_t next_mask = 0;
  uint32_t result = 0;
  uint8_t pops = 0;
  uint8_t pushes = 0;
};

/// A flat stack of types that grows as needed. Operands under the floor belong to enclosing blocks
/// and are out of reach. Measures the frame that the values would need. Reused across functions.
class OperandStack {
 public:
  OperandStack() : storage_(256) { clear(); }
  OperandStack(const OperandStack&) = delete;
  OperandStack& operator=(const OperandStack&) = delete;

  /// Forgets all operands and measures.
  void clear() {
    bottom_ = top_ = floor_ = high_water_ = storage_.data() + guard;
    limit_ = storage_.data() + storage_.size();
    vectors_ = max_vectors_ = 0;
  }

  uint32_t height() const { return uint32_t(top_ - bottom_); }
  /// Operands above the floor.
  size_t available() const { return size_t(top_ - floor_); }
  /// Puts the floor under all but the first `height` operands. REQUIRES: height <= height()
  void set_floor(uint32_t height) { floor_ = bottom_ + height; }

  /// The operand `depth` below the top. REQUIRES: depth < available()
  syntax::ValType peek(size_t depth = 0) const { return top_[-1 - ptrdiff_t(depth)]; }
  /// Whether there is an operand, of exactly this type.
  bool top_is(syntax::ValType type) const { return top_ > floor_ && top_[-1] == type; }
  /// The `count` topmost operands, the top last. REQUIRES: count <= available()
  std::span<const syntax::ValType> top(size_t count) const { return {top_ - count, count}; }

  /// Those under the floor too.
  std::span<const syntax::ValType> all() const { return {bottom_, top_}; }

  void push(syntax::ValType type) {
    if (type.is_vec()) [[unlikely]]
      max_vectors_ = std::max(max_vectors_, ++vectors_);
    push_scalar(type);
  }
  /// `push` of what is not a vector.
  void push_scalar(syntax::ValType type) {
    *top_++ = type;
    if (top_ > high_water_) [[unlikely]]
      raise_high_water();
  }
  /// Does what `exchange` says if `allowed`, the operands are there and their types are exactly
  /// these; else nothing, and returns false. One branch for all of it.
  bool exchange(const Exchange& exchange, bool allowed) {
    const uint32_t differences = ((top_[-1].bits() ^ exchange.top) & exchange.top_mask) |
                                 ((top_[-2].bits() ^ exchange.next) & exchange.next_mask);
    syntax::ValType* const under = top_ - exchange.pops;
    if (((differences != 0) | (under < floor_) | !allowed) != 0) [[unlikely]]
      return false;
    *under = std::bit_cast<syntax::ValType>(exchange.result);
    top_ = under + exchange.pushes;
    if (top_ > high_water_) [[unlikely]]
      raise_high_water();
    return true;
  }

  /// Drops operands none of which is a vector. REQUIRES: count <= available()
  void drop_scalars(size_t count) { top_ -= count; }
  /// REQUIRES: count <= available()
  void drop(size_t count) {
    if (vectors_ != 0) [[unlikely]]
      forget_vectors(count);
    top_ -= count;
  }

  /// An upper bound for the slots of 8 bytes that all operands took at any time, a vector two;
  /// exact where there were no vectors.
  uint32_t max_slots() const { return uint32_t(high_water_ - bottom_) + max_vectors_; }

 private:
  static constexpr size_t guard = 2;  // readable types under the bottom

  void raise_high_water() {
    high_water_ = top_;
    if (top_ == limit_) grow();
  }
  void grow() {
    const ptrdiff_t top = top_ - bottom_;
    const ptrdiff_t floor = floor_ - bottom_;
    storage_.resize(storage_.size() * 2);
    bottom_ = storage_.data() + guard;
    top_ = high_water_ = bottom_ + top;
    floor_ = bottom_ + floor;
    limit_ = storage_.data() + storage_.size();
  }
  void forget_vectors(size_t count) {
    for (syntax::ValType type : top(count)) vectors_ -= type.is_vec() ? 1 : 0;
  }

  std::vector<syntax::ValType> storage_;
  syntax::ValType* bottom_;
  syntax::ValType* top_;
  syntax::ValType* floor_;
  syntax::ValType* high_water_;  // the highest top so far
  syntax::ValType* limit_;       // the end of the storage; the top is always below it
  uint32_t vectors_;             // on the stack now
  uint32_t max_vectors_;
};

}  // namespace waxwing::validate
