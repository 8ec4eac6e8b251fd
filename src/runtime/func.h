// Functions of a store: Wasm code of an instance, or a host's.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

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
/// as its store. One of Wasm code lies in its instance, which may have many, so it is small.
struct Func : abi::FuncRecord {
  Func(TypeId type_id, syntax::FuncIdx func, abi::VmContext& its_context) {
    type = type_id.value;
    index = func.value;
    context = &its_context;
  }

  bool is_host() const { return context == nullptr; }
  TypeId type_id() const { return TypeId(type); }
  /// REQUIRES of these: !is_host()
  syntax::FuncIdx func_index() const { return syntax::FuncIdx(index); }
  Instance& instance() const { return *static_cast<Instance*>(context->instance); }
  /// REQUIRES: is_host()
  HostCode host() const;

 protected:
  explicit Func(TypeId type_id) { type = type_id.value; }
};
static_assert(std::is_trivially_destructible_v<Func>);

/// One of the host's.
struct HostFuncObject : Func {
  HostFuncObject(TypeId type_id, HostCode code_of_host, void* data,
                 std::shared_ptr<void> owner_of_data)
      : Func(type_id), host_code(code_of_host), owner(std::move(owner_of_data)) {
    host_data = data;
  }

  HostCode host_code;
  std::shared_ptr<void> owner;  // keeps `host_data` alive
  /// What it was before calls of it were listened to. [listener.h]
  struct Wrapped {
    HostCode code = nullptr;
    void* data = nullptr;
    const void* thunk = nullptr;
  };
  Wrapped wrapped;
};

inline HostCode Func::host() const { return static_cast<const HostFuncObject*>(this)->host_code; }

}  // namespace waxwing::runtime
