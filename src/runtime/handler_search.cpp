// See handler_search.h.
#include "runtime/handler_search.h"

namespace waxwing::runtime {

bool take_fuel(Store& store, uint64_t cost) {
  uint64_t& fuel = store.execution_state().fuel;
  const bool is_enough = fuel >= cost;
  fuel -= cost;
  return is_enough || store.refuel();
}

bool HandlerSearch::enter(size_t entries, uint64_t cost) {
  constexpr uint64_t steps_between_looks = 4096;
  steps_ += 1 + entries;
  if (steps_ >= steps_between_looks) {
    steps_ = 0;
    if (store_.check_interrupt()) return false;
  }
  return take_fuel(store_, cost);
}

}  // namespace waxwing::runtime
