// Functions of a store: Wasm code of an instance, or a host's.
#pragma once

#include <functional>
#include <memory>

#include "abi/vm_context.h"
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

/// The same by the registers of both conventions, as abi::DirectThunk: from machine code nothing is
/// moved. Host functions that have one have a HostCode too, for all other callers.
/// runtime/host_func.h makes both.
using HostThunk = void (*)();

/// A host function before it is a store's.
struct HostFunc {
  syntax::FuncType type;  // engine-wide; numbers, v128 and abstract references
  HostCode code = nullptr;
  void* data = nullptr;
  std::shared_ptr<void> owner;  // keeps `data` alive
  HostThunk thunk = nullptr;    // does what `code` does; null: there is only that
};

/// A function object. Its address, which is that of its record, is its identity; it lives as long
/// as its store. One of Wasm code lies in its instance.
struct Func : abi::FuncRecord {
  Func(TypeId type_id, HostCode code_of_host, void* data, std::shared_ptr<void> owner_of_data)
      : host(code_of_host), owner(std::move(owner_of_data)) {
    type = type_id.value;
    host_data = data;
  }
  Func(TypeId type_id, syntax::FuncIdx func, Instance& its_instance) : instance(&its_instance) {
    type = type_id.value;
    index = func.value;
  }

  Instance* instance = nullptr;  // null for a host function
  HostCode host = nullptr;       // null for a Wasm function
  std::shared_ptr<void> owner;   // keeps `host_data` alive

  bool is_host() const { return host != nullptr; }
  TypeId type_id() const { return TypeId(type); }
  /// REQUIRES: !is_host()
  syntax::FuncIdx func_index() const { return syntax::FuncIdx(index); }
};

}  // namespace waxwing::runtime
