// An array that grows, and says so when it cannot: no exception, no abort.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace waxwing::assembler {

/// A vector of what memcpy may move, whose growth can be refused.
template <typename T>
  requires std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>
class Growable {
 public:
  Growable() = default;
  Growable(const Growable&) = delete;
  Growable& operator=(const Growable&) = delete;
  ~Growable() { std::free(items_); }

  /// Makes room for `count` items in all. False where memory is refused; nothing is changed then.
  [[nodiscard]] bool reserve(size_t count) { return count <= capacity_ || grow(count); }

  /// Appends `item`, or returns false where memory is refused. Amortized constant time; moves the
  /// others.
  [[nodiscard]] bool push_back(T item) {
    if (!reserve(size_ + 1)) return false;
    items_[size_++] = item;
    return true;
  }

  /// Appends a fresh item in place, as push_back does.
  [[nodiscard]] bool push_back_new() {
    if (!reserve(size_ + 1)) return false;
    std::construct_at(items_ + size_++);
    return true;
  }

  /// REQUIRES: index < size().
  T& operator[](size_t index) { return items_[index]; }
  const T& operator[](size_t index) const { return items_[index]; }

  size_t size() const { return size_; }
  void clear() { size_ = 0; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  // Apart, so that callers need not save registers for what happens rarely.
  [[gnu::noinline, gnu::cold]] bool grow(size_t count) {
    const size_t wanted = count < 16 ? 16 : count + count / 2;
    if (wanted > SIZE_MAX / sizeof(T)) return false;
    void* moved = std::realloc(items_, wanted * sizeof(T));
    if (moved == nullptr) return false;
    items_ = static_cast<T*>(moved);
    capacity_ = wanted;
    return true;
  }

  T* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace waxwing::assembler
