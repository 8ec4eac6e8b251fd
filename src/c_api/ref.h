// Handles. All that wasm.h calls a reference is one type here, wasm_ref_t: wasm_func_t and the
// others are other names for it, so that seeing one as another is free and a wrong one is found
// out.
#pragma once

#include <memory>
#include <type_traits>
#include <variant>

#include "c_api/store.h"
#include "wasm.h"
#include "waxwing/engine.h"
#include "waxwing/store.h"

namespace waxwing::c_api {

/// A function's type, as calls need it.
struct Signature {
  FuncType type;
  std::vector<wasm_valkind_t> params;  // kinds of `type`'s
  std::vector<wasm_valkind_t> results;
  std::vector<size_t> narrow_params;  // slots of params of 32 bits
  size_t slots = 1;                   // as many as arguments need or results, and one at least
  bool has_refs = false;
  bool has_vectors = false;  // v128, which a wasm_val_t cannot hold
};
std::shared_ptr<const Signature> make_signature(FuncType type);

struct FuncHandle {
  Func func;
  mutable std::shared_ptr<const Signature> signature = nullptr;  // once it was asked for

  bool operator==(const FuncHandle& other) const { return func == other.func; }
};

struct ModuleObject : SharedObject {
  explicit ModuleObject(Module its_module) : module(std::move(its_module)) {}
  Module module;
  /// What it was made of, where the module itself does not have it: a binary, or an artefact.
  std::shared_ptr<const std::vector<uint8_t>> bytes = nullptr;
  bool is_artefact = false;
};

/// The host's, which Wasm sees as an externref.
struct ForeignObject : SharedObject {};

/// A reference that wasm.h has no name for: to an object of the heap, or an i31.
struct ValueObject : SharedObject {
  Ref ref;
};

using Object = std::variant<FuncHandle, Global, Table, Memory, Tag, Instance,
                            std::shared_ptr<ModuleObject>, std::shared_ptr<TrapObject>,
                            std::shared_ptr<ForeignObject>, std::shared_ptr<ValueObject>>;

}  // namespace waxwing::c_api

struct wasm_ref_t {
  waxwing::c_api::StorePtr store;  // null of a trap of no store, and of what an externref holds
  waxwing::c_api::Object object;
  mutable uint32_t users = 0;       // calls that run by this handle
  mutable bool is_deleted = false;  // by one of them: the last one frees it
};

namespace waxwing::c_api {

template <typename Handle>
concept HandleName = std::same_as<Handle, wasm_ref_t>
#define REF(name) || std::same_as<Handle, wasm_##name##_t>
#include "c_api/names.def"
    ;

template <HandleName Handle>
wasm_ref_t* to_ref(Handle* handle) {
  return reinterpret_cast<wasm_ref_t*>(handle);
}
template <HandleName Handle>
const wasm_ref_t* to_ref(const Handle* handle) {
  return reinterpret_cast<const wasm_ref_t*>(handle);
}

/// What a handle holds, or null where it is null or of another kind.
template <typename T, HandleName Handle>
const T* find(const Handle* handle) {
  return handle ? std::get_if<T>(&to_ref(handle)->object) : nullptr;
}

/// Keeps a handle while it is called by, whatever the callee does with it.
class InUse {
 public:
  explicit InUse(const wasm_ref_t& ref) : ref_(ref) { ++ref_.users; }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() {
    if (--ref_.users == 0 && ref_.is_deleted) delete &ref_;
  }

 private:
  const wasm_ref_t& ref_;
};

/// A handle that the caller owns; null where there is no memory.
template <HandleName Handle>
Handle* new_handle(StorePtr store, Object object) {
  return reinterpret_cast<Handle*>(new (std::nothrow)
                                       wasm_ref_t{std::move(store), std::move(object)});
}

/// A handle of an instance that was just made.
wasm_instance_t* new_instance(const StorePtr& store, Instance instance);
wasm_extern_t* new_extern(const StorePtr& store, const Extern& object);
/// What can be imported, or nothing.
std::optional<Extern> extern_of(const wasm_extern_t* handle);

}  // namespace waxwing::c_api
