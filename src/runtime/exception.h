// Tags and the exceptions thrown with them. [spec 4.2.10, 4.2.14]
#pragma once

#include <vector>

#include "runtime/slot.h"
#include "runtime/type_registry.h"

namespace waxwing::runtime {

/// A tag; its address is its identity.
struct Tag {
  TypeId type;
};

/// A thrown exception: what an exnref points to. It lives as long as its store.
struct Exception {
  Tag* tag;
  std::vector<Slot> payload;   // by the array ABI
  bool is_referenced = false;  // an exnref to it may be anywhere
};

}  // namespace waxwing::runtime
