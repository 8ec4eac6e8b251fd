// Host functions for the runtime, and what their bodies ask of the call that they are in.
#include "waxwing/host_func.h"

#include <utility>

#include "api/convert.h"
#include "api/core.h"

namespace waxwing {

using detail::Access;
using detail::StoreCore;

namespace detail {
namespace {

abi::VmContext& context_of(HostContext* context) {
  return *reinterpret_cast<abi::VmContext*>(context);
}
runtime::Store& store_of(HostContext* context) {
  return *static_cast<runtime::Store*>(context_of(context).store);
}
StoreCore& core_of(HostContext* context) { return StoreCore::of(store_of(context)); }

void set_failure(HostContext* context, runtime::Outcome outcome) {
  context_of(context).state->failure = static_cast<uint32_t>(outcome);
}

/// The HostCode of all host functions of the API.
runtime::Outcome call_block(void* data, runtime::Caller& caller, runtime::Slot* slots) {
  abi::VmContext& context =
      caller.instance ? caller.instance->context() : caller.store.host_context();
  auto* const block = static_cast<HostBlock*>(data);
  if (block->call(block, reinterpret_cast<HostContext*>(&context), slots)) [[likely]]
    return runtime::Outcome::returned;
  return caller.store.take_direct_failure();
}

}  // namespace

Result<runtime::Func*> host_func_in(StoreCore& core, const HostFunc& func) {
  const std::shared_ptr<HostBlock>& block = Access::block(func);
  if (const auto found = core.host_funcs.find(block.get()); found != core.host_funcs.end())
    return found->second;
  if (!block)
    return api::fail(ErrorCode::invalid_argument, "a host function is made of nothing to call");
  auto type = to_engine_type(core, func.type());
  if (!type) return std::unexpected(type.error());
  runtime::HostFunc made;
  made.type = *std::move(type);
  made.code = &call_block;
  made.data = block.get();
  made.owner = block;
  made.thunk = Access::thunk(func);
  const auto added = core.store->add_host_func(std::move(made));
  if (!added) return api::fail(added.error());
  core.host_funcs.emplace(block.get(), *added);
  return *added;
}

namespace {

/// Throws it in the Wasm code that calls.
runtime::Outcome throw_in(StoreCore& core, const Exception& exception) {
  const Ref& ref = exception.ref();
  if (Access::cell(ref)->store.get() != &core) {
    return core.store->set_trap(syntax::TrapCode::host_error,
                                "it threw an exception of another store");
  }
  core.store->pending_exception = runtime::Ref::from_bits(Access::bits(ref)).exception();
  return runtime::Outcome::threw;
}

}  // namespace

void fail_call(HostContext* context, const Error& error) noexcept {
  runtime::Store& store = store_of(context);
  runtime::Outcome outcome;
  if (const Exception* const exception = error.wasm_exception()) {
    core_of(context).exception = nullptr;
    outcome = throw_in(core_of(context), *exception);
  } else if (const Restoration* const restoration = Access::restoration(error)) {
    core_of(context).exception = nullptr;
    outcome = restore(core_of(context), *restoration);
  } else if (const Trap* const trap = error.trap()) {
    core_of(context).exception = error.exception();
    outcome = trap->code == TrapCode::exit
                  ? store.set_exit(trap->exit_status)
                  : store.set_trap(api::to_internal(trap->code), trap->detail);
  } else {
    core_of(context).exception = nullptr;
    outcome = store.set_trap(syntax::TrapCode::host_error, error.message());
  }
  set_failure(context, outcome);
}

void fail_call(HostContext* context, std::exception_ptr exception, const char* what) noexcept {
  core_of(context).exception = std::move(exception);
  set_failure(context, store_of(context).set_trap(syntax::TrapCode::host_error,
                                                  std::string("it threw ") + what));
}

void* guest_range(HostContext* context, uint32_t address, uint64_t count,
                  std::pair<size_t, size_t> size_and_alignment) noexcept {
  const auto [size, alignment] = size_and_alignment;
  const auto fail = [&](syntax::TrapCode code, std::string detail) {
    core_of(context).exception = nullptr;
    set_failure(context, store_of(context).set_trap(code, std::move(detail)));
    return nullptr;
  };
  const auto* const instance = static_cast<runtime::Instance*>(context_of(context).instance);
  const runtime::Memory* const memory = instance ? instance->data.memory0 : nullptr;
  if (!memory) {
    return fail(syntax::TrapCode::host_error,
                "it takes addresses, and its caller has no memory to look in");
  }
  const uint64_t has = memory->size_bytes();
  if (address > has || count * size > has - address) {
    return fail(syntax::TrapCode::out_of_bounds_memory,
                "a host function was given " + std::to_string(count * size) + " bytes at " +
                    std::to_string(address) + " of a memory of " + std::to_string(has) + " bytes");
  }
  alignas(std::max_align_t) static uint8_t nothing[1];
  uint8_t* const found = memory->base() ? memory->base() + address : nothing;
  // An embedder's allocator may give a base that is aligned to less than a page.
  if (address % alignment != 0 || reinterpret_cast<uintptr_t>(found) % alignment != 0) {
    return fail(syntax::TrapCode::host_error,
                "it was given the address " + std::to_string(address) +
                    ", which is no multiple of " + std::to_string(alignment));
  }
  return found;
}

Ref ref_from_host_slot(HostContext* context, Slot slot, ValType type) {
  return ref_from_slot(core_of(context).shared_from_this(), slot, type);
}

bool ref_to_host_slot(HostContext* context, const Ref& ref, ValType type, Slot& slot) noexcept {
  const Result<Slot> found = ref_to_slot(core_of(context), ref, type);
  if (!found) {
    fail_call(context, found.error());
    return false;
  }
  slot = *found;
  return true;
}

std::vector<Value> read_values(HostContext* context, std::span<const ValType> types,
                               const Slot* slots) {
  StoreCore& core = core_of(context);
  std::vector<Value> values;
  values.reserve(types.size());
  for (const ValType type : types) {
    runtime::Value value{.type = api::to_internal(type)};
    const uint32_t count = value.type.slot_count();
    std::copy_n(slots, count, value.slots);
    slots += count;
    values.push_back(to_public(core, value));
  }
  return values;
}

bool write_values(HostContext* context, std::span<const ValType> types,
                  std::span<const Value> values, Slot* slots) {
  StoreCore& core = core_of(context);
  for (size_t i = 0; i < types.size(); ++i) {
    const syntax::ValType type = api::to_internal(types[i]);
    const auto value = to_runtime(core, values[i], type);
    if (!value) {
      fail_call(context, Error(value.error().code(), "its result " + std::to_string(i + 1) + ": " +
                                                         value.error().message()));
      return false;
    }
    slots = std::copy_n(value->slots, type.slot_count(), slots);
  }
  return true;
}

}  // namespace detail

Store& Caller::store() {
  if (!store_) store_ = Access::borrowed(detail::core_of(context_).shared_from_this());
  return *store_;
}

std::optional<Instance> Caller::instance() const {
  auto* const instance = static_cast<runtime::Instance*>(detail::context_of(context_).instance);
  if (!instance) return std::nullopt;
  return Access::handle<Instance>(detail::core_of(context_), instance);
}

Result<Memory> Caller::memory() const {
  const auto* const instance =
      static_cast<runtime::Instance*>(detail::context_of(context_).instance);
  runtime::Memory* const memory = instance ? instance->data.memory0 : nullptr;
  if (!memory) return api::fail(ErrorCode::not_found, "the caller has no memory");
  return Access::handle<Memory>(detail::core_of(context_), memory);
}

bool Caller::is_stopped() const noexcept {
  return detail::store_of(context_).stack().limit.load(std::memory_order_relaxed) == nullptr;
}

Result<Func> make_func(Store& store, const HostFunc& func) {
  StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  if (!opened) return std::unexpected(opened.error());
  const auto made = detail::host_func_in(core, func);
  if (!made) return std::unexpected(made.error());
  return Access::handle<Func>(core, *made);
}

}  // namespace waxwing
