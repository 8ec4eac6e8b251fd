// What finding the handler of an exception takes from whoever throws, the same in every tier.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/store.h"

namespace waxwing::runtime {

/// Takes fuel as code does. False: there is not enough, and the call ends with the store's trap.
bool take_fuel(Store& store, uint64_t cost);

/// The search for one exception, from where it is thrown outwards. A function may have millions of
/// clauses and be on the stack many times: whoever looks at them is interrupted like a loop.
class HandlerSearch {
 public:
  explicit HandlerSearch(Store& store) : store_(store) {}

  /// So many entries of a function are about to be looked at, for so much fuel. False: the call
  /// ends with the store's trap.
  bool enter(size_t entries, uint64_t cost);

 private:
  Store& store_;
  uint64_t steps_ = 0;  // since it was looked whether somebody interrupts
};

}  // namespace waxwing::runtime
