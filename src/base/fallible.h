// Vectors of sizes that a guest chooses: room for them may be refused without ending the program.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace waxwing::base {

/// Makes room for `count` items in all, as `reserve`; false where memory is refused, and nothing is
/// changed then. It asks for that much, gives it back, and lets the vector ask again, so it can be
/// wrong where another thread takes the rest in between. Costs two allocations.
template <typename T>
[[nodiscard]] bool try_reserve(std::vector<T>& items, size_t count) {
  if (count <= items.capacity()) return true;
  if (count > items.max_size() / 2) return false;
  // What the heap takes for much memory depends on what it gave back before, by some pages.
  constexpr size_t much = size_t{64} << 10;
  constexpr size_t margin = size_t{256} << 10;
  const size_t bytes = count * sizeof(T);
  void* const room = ::operator new(bytes < much ? bytes : bytes + margin, std::nothrow);
  if (room == nullptr) return false;
  ::operator delete(room);
  items.reserve(count);
  return true;
}

}  // namespace waxwing::base
