// Strong indices: a table index is not a function index, and neither is a number.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace waxwing::base {

/// An index into one index space, told from all others by `Tag`. `value` is the number that the
/// binary format holds.
template <typename Tag>
struct Index {
  uint32_t value = 0;

  constexpr Index() = default;
  constexpr explicit Index(uint32_t number) : value(number) {}
  constexpr explicit Index(size_t number) : value(static_cast<uint32_t>(number)) {}

  constexpr auto operator<=>(const Index&) const = default;
};

/// A vector keyed by `Id`, an `Index`. Access is unchecked: whoever holds an id has checked it
/// (REQUIRES: contains(id)). `Items` is what holds the items: a vector of `T`.
template <typename Id, typename T, typename Items = std::vector<T>>
class IndexVector {
 public:
  IndexVector() = default;
  explicit IndexVector(size_t count) : items_(count) {}
  explicit IndexVector(Items items) : items_(std::move(items)) {}
  IndexVector(size_t count, const T& item) : items_(count, item) {}

  decltype(auto) operator[](Id id) { return items_[id.value]; }
  const T& operator[](Id id) const { return items_[id.value]; }

  bool contains(Id id) const { return id.value < items_.size(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  void reserve(size_t count) { items_.reserve(count); }
  void resize(size_t count) { items_.resize(count); }

  /// Appends `item` and returns its id.
  Id push_back(T item) {
    items_.push_back(std::move(item));
    return Id(items_.size() - 1);
  }

  auto* data() { return items_.data(); }
  const T* data() const { return items_.data(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  const T& back() const { return items_.back(); }

 private:
  Items items_;
};

}  // namespace waxwing::base
