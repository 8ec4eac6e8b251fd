// Listeners that C has set.
#include "waxwing/listener.h"

#include <algorithm>
#include <utility>

#include "c_api/store.h"
#include "c_api/value.h"
#include "c_api/vec.h"
#include "waxwing/c.h"

using namespace waxwing::c_api;
using waxwing::ErrorCode;
using waxwing::FuncListener;
using waxwing::ListenedCall;
using waxwing::TrapCode;

struct waxwing_listened_call_t {
  StoreState& store;
  const ListenedCall& call;
  bool has_ended = true;
};

namespace {

class Listener final : public FuncListener {
 public:
  Listener(StoreState& store, const waxwing_listener_t& listener)
      : store_(store), listener_(listener), env_(listener.env, listener.finalizer) {}

  bool before(const ListenedCall& call) override {
    const waxwing_listened_call_t seen{store_, call, false};
    return listener_.before && listener_.before(env_.data(), &seen);
  }
  void after(const ListenedCall& call) override {
    const waxwing_listened_call_t seen{store_, call};
    if (listener_.after) listener_.after(env_.data(), &seen);
  }
  void abort(const ListenedCall& call, std::optional<TrapCode> trap) override {
    const waxwing_listened_call_t seen{store_, call};
    const auto code = trap ? static_cast<waxwing_trap_code_t>(*trap) : waxwing_trap_code_t{0};
    if (listener_.abort) listener_.abort(env_.data(), &seen, code);
  }

 private:
  StoreState& store_;  // it owns the store that has this
  const waxwing_listener_t listener_;
  const HostInfo env_;
};

const char* text(std::string_view view, size_t* size) {
  if (size) *size = view.size();
  return view.empty() ? "" : view.data();
}

}  // namespace

waxwing_error_t* waxwing_store_set_listener(wasm_store_t* store,
                                            const waxwing_listener_t* listener) {
  if (!store) {
    if (listener) const HostInfo unused(listener->env, listener->finalizer);
    return new_error(ErrorCode::invalid_argument, "the store is null");
  }
  StoreState& state = *store->state;
  if (!listener) return new_error(state.store.set_listener(nullptr));
  return new_error(state.store.set_listener(std::make_shared<Listener>(state, *listener)));
}

const char* waxwing_listened_call_name(const waxwing_listened_call_t* call, size_t* size) {
  return text(call ? call->call.frame().name : std::string_view(), size);
}

const char* waxwing_listened_call_module(const waxwing_listened_call_t* call, size_t* size) {
  return text(call ? call->call.frame().module : std::string_view(), size);
}

uint32_t waxwing_listened_call_func_index(const waxwing_listened_call_t* call) {
  return call ? call->call.frame().func_index : 0;
}

bool waxwing_listened_call_is_host(const waxwing_listened_call_t* call) {
  return call && call->call.frame().is_host;
}

bool waxwing_listened_call_is_tail_call(const waxwing_listened_call_t* call) {
  return call && call->call.is_tail_call();
}

size_t waxwing_listened_call_depth(const waxwing_listened_call_t* call) {
  return call ? call->call.depth() : 0;
}

void waxwing_listened_call_values(const waxwing_listened_call_t* call, wasm_val_vec_t* out) {
  if (!out) return;
  const auto values = call ? call->call.values() : std::span<const waxwing::Value>();
  vec_allocate(out, values.size());
  if (out->size == 0) return;
  const StorePtr store = call->store.shared_from_this();
  // A null does not say which type it is of.
  const waxwing::FuncType type = call->call.type();
  std::ranges::transform(values, call->has_ended ? type.results : type.params, out->data,
                         [&](const waxwing::Value& value, waxwing::ValType declared) {
                           return new_val(store, value, declared);
                         });
}
