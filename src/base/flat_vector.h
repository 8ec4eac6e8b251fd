// A vector of plain values that may lie in bytes which somebody else keeps, such as a mapped file.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace waxwing::base {

/// A vector that owns its items and grows, or a view of items that somebody else keeps, which takes
/// no memory and no time. Items do not change once they are in it.
template <typename T>
  requires std::is_trivially_copyable_v<T>
class FlatVector {
 public:
  FlatVector() = default;
  FlatVector(std::vector<T> items) : owned_(std::move(items)) { see_owned(); }
  /// `items` must live, unchanged, as long as the vector and its copies.
  static FlatVector view(std::span<const T> items) {
    FlatVector vector;
    vector.items_ = items;
    return vector;
  }
  FlatVector(const FlatVector& other) : items_(other.items_), owned_(other.owned_) {
    if (!owned_.empty()) see_owned();
  }
  FlatVector(FlatVector&& other) noexcept
      : items_(std::exchange(other.items_, {})), owned_(std::exchange(other.owned_, {})) {}
  FlatVector& operator=(const FlatVector& other) { return *this = FlatVector(other); }
  FlatVector& operator=(FlatVector&& other) noexcept {
    items_ = std::exchange(other.items_, {});
    owned_ = std::exchange(other.owned_, {});
    return *this;
  }
  ~FlatVector() = default;

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const T* data() const { return items_.data(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  /// REQUIRES: index < size()
  const T& operator[](size_t index) const { return items_[index]; }
  /// REQUIRES: !empty()
  const T& back() const { return items_.back(); }

  // What changes the vector. REQUIRES: it is no view.
  void reserve(size_t count) {
    owned_.reserve(count);
    see_owned();
  }
  /// Items that are added are `T()`.
  void resize(size_t count) {
    owned_.resize(count);
    see_owned();
  }
  void push_back(const T& item) {
    owned_.push_back(item);
    see_owned();
  }
  void append(std::span<const T> items) {
    owned_.insert(owned_.end(), items.begin(), items.end());
    see_owned();
  }
  /// The last `size() - count` items go.
  void truncate(size_t count) {
    owned_.erase(owned_.begin() + static_cast<std::ptrdiff_t>(count), owned_.end());
    see_owned();
  }

 private:
  void see_owned() { items_ = owned_; }

  std::span<const T> items_;  // of owned_, or a view
  std::vector<T> owned_;
};

}  // namespace waxwing::base
