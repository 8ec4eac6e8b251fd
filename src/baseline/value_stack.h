// The operand stack of Wasm, as the compiler sees it.
#pragma once

#include <cstddef>
#include <vector>

#include "baseline/value.h"

namespace waxwing::baseline {

/// A vector of values whose end is changed at nearly every instruction. Keeps its memory.
class ValueStack {
 public:
  ValueStack() : storage_(256) { clear(); }
  ValueStack(const ValueStack&) = delete;
  ValueStack& operator=(const ValueStack&) = delete;

  void clear() {
    begin_ = top_ = storage_.data();
    end_ = begin_ + storage_.size();
  }

  size_t size() const { return static_cast<size_t>(top_ - begin_); }
  bool empty() const { return top_ == begin_; }
  /// REQUIRES: index < size()
  Value& operator[](size_t index) { return begin_[index]; }
  const Value& operator[](size_t index) const { return begin_[index]; }
  /// REQUIRES: !empty()
  Value& back() { return top_[-1]; }
  const Value& back() const { return top_[-1]; }
  void pop_back() { --top_; }

  // A value is written as whole words: who reads it at once need not wait for small stores.
  [[gnu::always_inline]] void push_back(Value value) {
    if (top_ == end_) [[unlikely]]
      return push_more(value);
    *top_++ = value;
  }

 private:
  [[gnu::noinline, gnu::cold]] void push_more(Value value) {
    const size_t count = size();
    storage_.resize(2 * count);
    clear();
    top_ += count;
    *top_++ = value;
  }

  std::vector<Value> storage_;
  Value* begin_ = nullptr;
  Value* top_ = nullptr;
  Value* end_ = nullptr;
};

}  // namespace waxwing::baseline
