// Tags and the exceptions thrown with them. [spec 4.2.10, 4.2.14]
#pragma once

#include <span>

#include "runtime/heap_object.h"

namespace waxwing::runtime {

/// A tag; its address is its identity.
struct Tag {
  TypeId type;
};

/// A thrown exception, what an exnref points to: an object of the heap, whose header names the
/// tag's type and whose length is the number of slots behind it.
struct Exception : Object {
  Tag* tag;

  /// By the array ABI.
  std::span<Slot> payload() {
    return {reinterpret_cast<Slot*>(at(exception_payload)), size_t{length}};
  }
};
static_assert(sizeof(Exception) == exception_payload);

}  // namespace waxwing::runtime
