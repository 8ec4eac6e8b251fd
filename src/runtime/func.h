// Functions of a store: Wasm code of an instance, or a host's.
#pragma once

#include <functional>
#include <memory>

#include "runtime/slot.h"
#include "runtime/trap.h"
#include "runtime/type_registry.h"

namespace waxwing::runtime {

class Instance;
class Store;

/// Who calls a host function.
struct Caller {
  Store& store;
  Instance* instance;  // null where the host calls it directly
};

/// A host function by the array ABI. To fail it calls `Store::set_trap` and returns `trapped`. It
/// must not throw.
using HostCode = Outcome (*)(void* data, Caller& caller, Slot* args_and_results);

/// A function object. Its address is its identity; it lives as long as its store.
struct Func {
  TypeId type;
  syntax::FuncIdx index;         // in `instance`'s module; meaningless for a host function
  Instance* instance = nullptr;  // null for a host function
  HostCode host = nullptr;       // null for a Wasm function
  void* host_data = nullptr;
  std::shared_ptr<void> owner;  // keeps `host_data` alive

  bool is_host() const { return host != nullptr; }
};

}  // namespace waxwing::runtime
