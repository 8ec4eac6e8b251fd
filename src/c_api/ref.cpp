#include "c_api/ref.h"

#include <algorithm>
#include <utility>

#include "c_api/types.h"

namespace waxwing::c_api {
namespace {

template <typename T>
constexpr bool is_shared = false;
template <typename T>
constexpr bool is_shared<std::shared_ptr<T>> = true;

const void* identity(const FuncHandle& handle) { return handle.func.id(); }
const void* identity(const detail::Handle& handle) { return handle.id(); }
template <typename T>
const void* identity(const std::shared_ptr<T>& object) {
  return object.get();
}

/// Where information about the object is kept; null where there is none yet and `is_made` is false.
HostInfo* find_info(const wasm_ref_t& ref, bool is_made) {
  return std::visit(
      [&](const auto& object) -> HostInfo* {
        if constexpr (is_shared<std::remove_cvref_t<decltype(object)>>) {
          return &object->info;
        } else {
          auto& infos = ref.store->infos;
          if (is_made) return &infos[identity(object)];
          const auto found = infos.find(identity(object));
          return found == infos.end() ? nullptr : &found->second;
        }
      },
      ref.object);
}

void release(const wasm_ref_t* ref) {
  if (ref && ref->users != 0)
    ref->is_deleted = true;
  else
    delete ref;
}

wasm_ref_t* copy(const wasm_ref_t* ref) {
  return ref ? new_handle<wasm_ref_t>(ref->store, ref->object) : nullptr;
}

bool is_same(const wasm_ref_t* a, const wasm_ref_t* b) {
  if (!a || !b) return a == b;
  if (const auto* value = find<std::shared_ptr<ValueObject>>(a)) {
    const auto* other = find<std::shared_ptr<ValueObject>>(b);
    return other && (*value)->ref == (*other)->ref;
  }
  return a->object == b->object;
}

void* get_host_info(const wasm_ref_t* ref) {
  const HostInfo* const info = ref ? find_info(*ref, false) : nullptr;
  return info ? info->data() : nullptr;
}

void set_host_info(wasm_ref_t* ref, void* data, HostInfo::Finalizer finalizer) {
  HostInfo info(data, finalizer);
  const bool is_alive = ref && (!ref->store || !ref->store->has_ended);
  if (is_alive) *find_info(*ref, true) = std::move(info);
}

/// The handle under another of its names, where it is of that kind.
template <typename... T>
bool holds(const wasm_ref_t* ref) {
  return ref && (std::holds_alternative<T>(ref->object) || ...);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_trap_t> /*name*/) {
  return holds<std::shared_ptr<TrapObject>>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_foreign_t> /*name*/) {
  return holds<std::shared_ptr<ForeignObject>>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_module_t> /*name*/) {
  return holds<std::shared_ptr<ModuleObject>>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_func_t> /*name*/) {
  return holds<FuncHandle>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_global_t> /*name*/) {
  return holds<Global>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_table_t> /*name*/) {
  return holds<Table>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_memory_t> /*name*/) {
  return holds<Memory>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_extern_t> /*name*/) {
  return holds<FuncHandle, Global, Table, Memory, Tag>(ref);
}
bool is(const wasm_ref_t* ref, std::type_identity<wasm_instance_t> /*name*/) {
  return holds<Instance>(ref);
}

template <typename Name>
Name* cast(wasm_ref_t* ref) {
  return is(ref, std::type_identity<Name>{}) ? reinterpret_cast<Name*>(ref) : nullptr;
}
template <typename Name>
const Name* cast(const wasm_ref_t* ref) {
  return is(ref, std::type_identity<Name>{}) ? reinterpret_cast<const Name*>(ref) : nullptr;
}

}  // namespace

std::shared_ptr<const Signature> make_signature(FuncType type) {
  Signature signature;
  const auto count = [&](const std::vector<ValType>& types, std::vector<wasm_valkind_t>& kinds) {
    size_t slots = 0;
    for (const ValType value : types) {
      kinds.push_back(kind_of(value));
      slots += value.kind() == ValKind::v128 ? 2 : 1;
      signature.has_vectors |= value.kind() == ValKind::v128;
      signature.has_refs |= value.is_ref();
    }
    return slots;
  };
  const size_t params = count(type.params, signature.params);
  size_t slot = 0;
  for (const ValType param : type.params) {
    if (param == ValKind::i32 || param == ValKind::f32) signature.narrow_params.push_back(slot);
    slot += param == ValKind::v128 ? 2 : 1;
  }
  const size_t results = count(type.results, signature.results);
  signature.slots = std::max({params, results, size_t{1}});
  signature.type = std::move(type);
  return std::make_shared<const Signature>(std::move(signature));
}

wasm_instance_t* new_instance(const StorePtr& store, Instance instance) {
  return new_handle<wasm_instance_t>(store, std::move(instance));
}

wasm_extern_t* new_extern(const StorePtr& store, const Extern& object) {
  return std::visit(
      [&](const auto& alternative) {
        using T = std::remove_cvref_t<decltype(alternative)>;
        if constexpr (std::same_as<T, Func>)
          return new_handle<wasm_extern_t>(store, FuncHandle{alternative});
        else
          return new_handle<wasm_extern_t>(store, alternative);
      },
      object);
}

std::optional<Extern> extern_of(const wasm_extern_t* handle) {
  if (!handle) return std::nullopt;
  return std::visit(
      [](const auto& object) -> std::optional<Extern> {
        using T = std::remove_cvref_t<decltype(object)>;
        if constexpr (std::same_as<T, FuncHandle>)
          return object.func;
        else if constexpr (is_shared<T> || std::same_as<T, Instance>)
          return std::nullopt;
        else
          return object;
      },
      to_ref(handle)->object);
}

}  // namespace waxwing::c_api

using namespace waxwing::c_api;

void wasm_ref_delete(wasm_ref_t* ref) { release(ref); }
wasm_ref_t* wasm_ref_copy(const wasm_ref_t* ref) { return copy(ref); }
bool wasm_ref_same(const wasm_ref_t* a, const wasm_ref_t* b) { return is_same(a, b); }
void* wasm_ref_get_host_info(const wasm_ref_t* ref) { return get_host_info(ref); }
void wasm_ref_set_host_info(wasm_ref_t* ref, void* info) { set_host_info(ref, info, nullptr); }
void wasm_ref_set_host_info_with_finalizer(wasm_ref_t* ref, void* info, void (*finalizer)(void*)) {
  set_host_info(ref, info, finalizer);
}

#define REF(name)                                                                             \
  void wasm_##name##_delete(wasm_##name##_t* handle) { release(to_ref(handle)); }             \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* handle) {                        \
    return reinterpret_cast<wasm_##name##_t*>(copy(to_ref(handle)));                          \
  }                                                                                           \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) {               \
    return is_same(to_ref(a), to_ref(b));                                                     \
  }                                                                                           \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* handle) {                          \
    return get_host_info(to_ref(handle));                                                     \
  }                                                                                           \
  void wasm_##name##_set_host_info(wasm_##name##_t* handle, void* info) {                     \
    set_host_info(to_ref(handle), info, nullptr);                                             \
  }                                                                                           \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* handle, void* info,        \
                                                  void (*finalizer)(void*)) {                 \
    set_host_info(to_ref(handle), info, finalizer);                                           \
  }                                                                                           \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* handle) { return to_ref(handle); }        \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* handle) {               \
    return to_ref(handle);                                                                    \
  }                                                                                           \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) { return cast<wasm_##name##_t>(ref); } \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {                  \
    return cast<wasm_##name##_t>(ref);                                                        \
  }
#include "c_api/names.def"

#define EXTERN(name)                                                                  \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* handle) {                   \
    return reinterpret_cast<wasm_extern_t*>(handle);                                  \
  }                                                                                   \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* handle) { \
    return reinterpret_cast<const wasm_extern_t*>(handle);                            \
  }                                                                                   \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* handle) {                     \
    return cast<wasm_##name##_t>(to_ref(handle));                                     \
  }                                                                                   \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* handle) { \
    return cast<wasm_##name##_t>(to_ref(handle));                                     \
  }
#include "c_api/names.def"

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* handle) {
  const wasm_ref_t* const ref = to_ref(handle);
  if (holds<waxwing::Global>(ref)) return WASM_EXTERN_GLOBAL;
  if (holds<waxwing::Table>(ref)) return WASM_EXTERN_TABLE;
  if (holds<waxwing::Memory>(ref)) return WASM_EXTERN_MEMORY;
  if (holds<waxwing::Tag>(ref)) return WASM_EXTERN_TAG;
  return WASM_EXTERN_FUNC;
}

wasm_externtype_t* wasm_extern_type(const wasm_extern_t* handle) {
  const auto object = extern_of(handle);
  if (!object) return nullptr;
  return std::visit(
      [&](const auto& alternative) -> wasm_externtype_t* {
        const auto type = value_or_note(to_ref(handle)->store, alternative.type());
        return type ? new_externtype(*type) : nullptr;
      },
      *object);
}
