// See ref_table.h.
#include "api/ref_table.h"

namespace waxwing::api {

size_t RefTable::add(runtime::Slot bits) {
  std::vector<runtime::Slot>& slots = roots_->slots;
  if (free_.empty()) {
    slots.push_back(bits);
    return slots.size() - 1;
  }
  const size_t root = free_.back();
  free_.pop_back();
  slots[root] = bits;
  return root;
}

void RefTable::remove(size_t root) {
  if (!roots_) return;
  roots_->slots[root] = 0;
  free_.push_back(root);
}

}  // namespace waxwing::api
