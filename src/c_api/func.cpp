#include "c_api/func.h"

#include <algorithm>
#include <array>
#include <utility>

#include "c_api/trap.h"
#include "c_api/types.h"
#include "c_api/value.h"
#include "c_api/vec.h"

namespace waxwing::c_api {
namespace {

/// Values of C for one call, most often without an allocation. Deletes what is in them.
class CallValues {
 public:
  explicit CallValues(size_t count) {
    vec_.size = count;
    vec_.data = few_.data();
    if (count > few_.size()) {
      many_.resize(count);
      vec_.data = many_.data();
    }
  }
  CallValues(const CallValues&) = delete;
  CallValues& operator=(const CallValues&) = delete;
  ~CallValues() {
    for (wasm_val_t& value : elements(&vec_)) wasm_val_delete(&value);
  }

  wasm_val_vec_t& vec() { return vec_; }
  wasm_val_t& operator[](size_t i) { return vec_.data[i]; }

 private:
  std::array<wasm_val_t, 8> few_ = {};
  std::vector<wasm_val_t> many_;
  wasm_val_vec_t vec_;
};

/// REQUIRES: the code takes values.
wasm_trap_t* call_code(const HostCode& code, waxwing_caller_t& caller, CallValues& args,
                       CallValues& results) {
  wasm_val_vec_t lent_args = args.vec();
  wasm_val_vec_t lent_results = results.vec();
  void* const env = code.env ? code.env->data() : nullptr;
  if (const auto* const plain = std::get_if<wasm_func_callback_t>(&code.call))
    return (*plain)(&lent_args, &lent_results);
  if (const auto* const with_env = std::get_if<wasm_func_callback_with_env_t>(&code.call))
    return (*with_env)(env, &lent_args, &lent_results);
  return std::get<waxwing_callback_t>(code.call)(env, &caller, &lent_args, &lent_results);
}

Result<> outcome_of(StoreState& store, wasm_trap_t* trap) {
  if (!trap) [[likely]]
    return {};
  return std::unexpected(take_host_trap(store, trap));
}

/// What a host function does. Its store's state lives while it runs: whoever calls into the store
/// holds it. The function itself must not, or neither would end.
struct HostBody {
  StoreState* store;
  std::shared_ptr<const Signature> signature;
  HostCode code;
};

/// One whose type has references.
struct ValuesBody : HostBody {
  Result<> operator()(Caller& caller, std::span<const Value> args, std::span<Value> results) const {
    const StorePtr state = store->shared_from_this();
    CallValues c_args(args.size());
    for (size_t i = 0; i < args.size(); ++i)
      c_args[i] = new_val(state, args[i], signature->type.params[i]);
    CallValues c_results(results.size());
    for (size_t i = 0; i < results.size(); ++i) c_results[i].kind = signature->results[i];
    waxwing_caller_t c_caller{*store, caller};
    if (auto done = outcome_of(*store, call_code(code, c_caller, c_args, c_results)); !done)
      return done;
    for (size_t i = 0; i < results.size(); ++i) {
      auto value = to_cpp(state, c_results[i], signature->type.results[i]);
      if (!value) return std::unexpected(std::move(value).error());
      results[i] = *std::move(value);
    }
    return {};
  }
};

/// One of numbers alone: most often nothing is allocated.
struct NumbersBody : HostBody {
  Result<> operator()(Caller& caller, uint64_t* slots) const {
    const std::vector<wasm_valkind_t>& params = signature->params;
    const std::vector<wasm_valkind_t>& kinds = signature->results;
    CallValues c_args(params.size());
    for (size_t i = 0; i < params.size(); ++i) c_args[i] = from_slot(slots[i], params[i]);
    CallValues c_results(kinds.size());
    for (size_t i = 0; i < kinds.size(); ++i) c_results[i].kind = kinds[i];
    waxwing_caller_t c_caller{*store, caller};
    if (auto done = outcome_of(*store, call_code(code, c_caller, c_args, c_results)); !done)
      return done;
    for (size_t i = 0; i < kinds.size(); ++i) {
      if (c_results[i].kind != kinds[i]) [[unlikely]]
        return std::unexpected(wrong_kind(c_results[i].kind, signature->type.results[i]));
      slots[i] = to_slot(c_results[i]);
    }
    return {};
  }
};

struct SlotsBody : HostBody {
  Result<> operator()(Caller& caller, uint64_t* slots) const {
    waxwing_caller_t c_caller{*store, caller};
    const auto callback = std::get<waxwing_slots_callback_t>(code.call);
    return outcome_of(*store, callback(code.env->data(), &c_caller, slots));
  }
};

Result<> call_by_slots(const wasm_ref_t& ref, const Func& func, uint64_t* slots) {
  const CallOptions& options = ref.store->call_options;
  return options.timeout ? func.call_unchecked(options, slots) : func.call_unchecked(slots);
}

/// A call of numbers alone: most often nothing is allocated.
wasm_trap_t* call_with_slots(const wasm_ref_t& ref, const FuncHandle& handle,
                             std::span<const wasm_val_t> args, std::span<wasm_val_t> results) {
  const Signature& signature = *handle.signature;
  std::array<uint64_t, 16> few;
  std::vector<uint64_t> many;
  uint64_t* slots = few.data();
  if (signature.slots > few.size()) {
    many.resize(signature.slots);
    slots = many.data();
  }
  for (size_t i = 0; i < args.size(); ++i) slots[i] = to_slot(args[i]);
  if (auto outcome = call_by_slots(ref, handle.func, slots); !outcome) [[unlikely]]
    return new_trap(ref.store, std::move(outcome).error());
  for (size_t i = 0; i < signature.results.size(); ++i)
    results[i] = from_slot(slots[i], signature.results[i]);
  return nullptr;
}

wasm_trap_t* call_with_values(const wasm_ref_t& ref, const FuncHandle& handle,
                              std::span<const wasm_val_t> args, std::span<wasm_val_t> results) {
  std::vector<Value> values;
  values.reserve(args.size());
  for (size_t i = 0; i < args.size(); ++i) {
    auto value = to_cpp(ref.store, args[i], handle.signature->type.params[i]);
    if (!value) return new_trap(ref.store, std::move(value).error());
    values.push_back(*std::move(value));
  }
  auto returned = handle.func.try_call(values, ref.store->call_options);
  if (!returned) return new_trap(ref.store, std::move(returned).error());
  for (size_t i = 0; i < returned->size(); ++i)
    results[i] = new_val(ref.store, (*returned)[i], handle.signature->type.results[i]);
  return nullptr;
}

wasm_func_t* new_func(wasm_store_t* store, const wasm_functype_t* type, HostCode code) {
  if (!store) return nullptr;
  const StorePtr& state = store->state;
  if (auto fault = find_fault(type, code)) {
    note_error(state, *std::move(fault));
    return nullptr;
  }
  auto func = value_or_note(state, make_host_func(state, to_cpp(*type), std::move(code)));
  return func ? new_handle<wasm_func_t>(state, FuncHandle{*std::move(func)}) : nullptr;
}

}  // namespace

std::optional<Error> find_fault(const wasm_functype_t* type, const HostCode& code) {
  const bool has_code = std::visit([](auto pointer) { return pointer != nullptr; }, code.call);
  if (!type || !has_code)
    return Error(ErrorCode::invalid_argument, "a host function needs a type and a callback");
  const bool is_by_slots = std::holds_alternative<waxwing_slots_callback_t>(code.call);
  const FuncType its_type = to_cpp(*type);
  const auto is_unfit = [&](ValType value) {
    return is_by_slots ? value.is_ref() : is_concrete(value) || value.kind() == ValKind::v128;
  };
  if (std::ranges::any_of(its_type.params, is_unfit) ||
      std::ranges::any_of(its_type.results, is_unfit)) {
    return Error(ErrorCode::wrong_type,
                 "host functions of C take and return i32, i64, f32, f64 and references of types "
                 "without an index, those by slots numbers and v128: not " +
                     to_string(its_type));
  }
  return std::nullopt;
}

Result<Func> make_host_func(const StorePtr& store, const FuncType& type, HostCode code) {
  const bool is_by_slots = std::holds_alternative<waxwing_slots_callback_t>(code.call);
  HostBody body{store.get(), make_signature(type), std::move(code)};
  if (body.signature->has_refs)
    return make_func(store->store, HostFunc(type, ValuesBody{std::move(body)}));
  auto func = is_by_slots ? HostFunc::by_slots(type, SlotsBody{std::move(body)})
                          : HostFunc::by_slots(type, NumbersBody{std::move(body)});
  if (!func) return std::unexpected(std::move(func).error());
  return make_func(store->store, *func);
}

Result<const Signature*> signature_of(const FuncHandle& handle) {
  if (!handle.signature) {
    auto type = handle.func.type();
    if (!type) return std::unexpected(std::move(type).error());
    handle.signature = make_signature(*std::move(type));
  }
  return handle.signature.get();
}

}  // namespace waxwing::c_api

using namespace waxwing::c_api;
using waxwing::ErrorCode;

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type,
                           wasm_func_callback_t callback) {
  return new_func(store, type, {.call = callback});
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env,
                                    void (*finalizer)(void*)) {
  return new_func(store, type,
                  {.call = callback, .env = std::make_shared<const HostInfo>(env, finalizer)});
}

wasm_func_t* waxwing_func_new(wasm_store_t* store, const wasm_functype_t* type,
                              waxwing_callback_t callback, void* env, void (*finalizer)(void*)) {
  return new_func(store, type,
                  {.call = callback, .env = std::make_shared<const HostInfo>(env, finalizer)});
}

wasm_func_t* waxwing_func_new_unchecked(wasm_store_t* store, const wasm_functype_t* type,
                                        waxwing_slots_callback_t callback, void* env,
                                        void (*finalizer)(void*)) {
  return new_func(store, type,
                  {.call = callback, .env = std::make_shared<const HostInfo>(env, finalizer)});
}

wasm_functype_t* wasm_func_type(const wasm_func_t* func) {
  const auto* const handle = find<FuncHandle>(func);
  if (!handle) return nullptr;
  const auto signature = value_or_note(to_ref(func)->store, signature_of(*handle));
  return signature ? new_functype((*signature)->type) : nullptr;
}

size_t wasm_func_param_arity(const wasm_func_t* func) {
  const auto* const handle = find<FuncHandle>(func);
  const auto signature = handle ? signature_of(*handle) : nullptr;
  return signature && *signature ? (*signature)->type.params.size() : 0;
}

size_t wasm_func_result_arity(const wasm_func_t* func) {
  const auto* const handle = find<FuncHandle>(func);
  const auto signature = handle ? signature_of(*handle) : nullptr;
  return signature && *signature ? (*signature)->type.results.size() : 0;
}

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  const auto* const handle = find<FuncHandle>(func);
  if (!handle)
    return new_trap(nullptr, ErrorCode::invalid_argument, "there is no function to call");
  const wasm_ref_t& ref = *to_ref(func);
  const auto found = signature_of(*handle);
  if (!found) return new_trap(ref.store, found.error());
  const Signature& signature = **found;
  if (const auto fit = check_args(elements(args), signature); !fit)
    return new_trap(ref.store, fit.error());
  const auto room = elements(results);
  if (room.size() < signature.type.results.size()) {
    return new_trap(ref.store, ErrorCode::invalid_argument,
                    "the function returns " + std::to_string(signature.type.results.size()) +
                        " results, and there is room for " + std::to_string(room.size()));
  }
  if (signature.has_vectors) {
    return new_trap(ref.store, ErrorCode::wrong_type,
                    "a v128 does not fit in a wasm_val_t; call the function by "
                    "waxwing_func_call_unchecked");
  }
  const InUse in_use(ref);
  return signature.has_refs ? call_with_values(ref, *handle, elements(args), room)
                            : call_with_slots(ref, *handle, elements(args), room);
}

size_t waxwing_func_slot_count(const wasm_func_t* func) {
  const auto* const handle = find<FuncHandle>(func);
  const auto signature = handle ? signature_of(*handle) : nullptr;
  return signature && *signature ? (*signature)->slots : 1;
}

wasm_trap_t* waxwing_func_call_unchecked(const wasm_func_t* func, uint64_t* slots) {
  const auto* const handle = find<FuncHandle>(func);
  if (!handle || !slots)
    return new_trap(nullptr, ErrorCode::invalid_argument, "there is no function to call");
  const StorePtr& store = to_ref(func)->store;
  const auto signature = signature_of(*handle);
  if (!signature) return new_trap(store, signature.error());
  if ((*signature)->has_refs) {
    return new_trap(store, ErrorCode::wrong_type,
                    "references cannot be given to a call without checks: use wasm_func_call");
  }
  const InUse in_use(*to_ref(func));
  // Code relies on it, and adds what it takes for an i32 to addresses.
  for (const size_t slot : (*signature)->narrow_params)
    slots[slot] = static_cast<uint32_t>(slots[slot]);
  auto outcome = call_by_slots(*to_ref(func), handle->func, slots);
  return outcome ? nullptr : new_trap(store, std::move(outcome).error());
}

wasm_instance_t* waxwing_caller_instance(const waxwing_caller_t* caller) {
  if (!caller) return nullptr;
  auto instance = caller->caller.instance();
  return instance
             ? new_handle<wasm_instance_t>(caller->store.shared_from_this(), *std::move(instance))
             : nullptr;
}

wasm_extern_t* waxwing_caller_export(const waxwing_caller_t* caller, const char* name) {
  if (!caller || !name) return nullptr;
  const auto instance = caller->caller.instance();
  if (!instance) return nullptr;
  const StorePtr store = caller->store.shared_from_this();
  const auto found = value_or_note(store, instance->get(name));
  return found ? new_extern(store, *found) : nullptr;
}

uint8_t* waxwing_caller_memory(const waxwing_caller_t* caller, uint64_t address, uint64_t size) {
  if (!caller) return nullptr;
  const StorePtr store = caller->store.shared_from_this();
  const auto memory = value_or_note(store, caller->caller.memory());
  const auto bytes = memory ? value_or_note(store, memory->bytes(address, size)) : std::nullopt;
  return bytes ? bytes->data() : nullptr;
}

wasm_trap_t* waxwing_caller_trap(const waxwing_caller_t* caller, const char* message) {
  auto object = std::make_shared<TrapObject>();
  object->is_of_host = true;
  object->message = message ? message : "";
  return new_handle<wasm_trap_t>(caller ? caller->store.shared_from_this() : nullptr,
                                 std::move(object));
}
