// Listeners of the API as the runtime calls them.
#include "waxwing/listener.h"

#include <algorithm>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/listener.h"

namespace waxwing {

using detail::StoreCore;

namespace detail {

/// What stands behind a ListenedCall.
struct CallView {
  StoreCore& core;
  const runtime::ListenedCall& call;
  const runtime::Slot* slots;  // of `types`; null where there are no values
  std::span<const syntax::ValType> types = {};
  bool is_tail_call = false;
  bool has_values = false;
  std::vector<Value> values = {};

  /// Calls `told` with the view as a ListenedCall.
  template <typename Told>
  auto tell(Told told) {
    const ListenedCall seen(*this);
    return told(seen);
  }
};

}  // namespace detail

namespace {

using detail::CallView;
using detail::Silence;

StackFrame frame_of(const runtime::ListenedCall& call) {
  StackFrame frame{.is_host = call.host != nullptr};
  if (call.host) {
    const runtime::ListenedImport found = runtime::import_of(call);
    if (!found.import) return frame;
    frame.module = found.import->module;
    frame.name = found.import->name;
    frame.func_index = found.func.value;
    return frame;
  }
  const syntax::Module& module = call.instance->module();
  const std::string_view name = call.instance->name();
  frame.module = name.empty() ? module.names.module : name;
  frame.name = module.func_name(call.func);
  frame.func_index = call.func.value;
  frame.offset = runtime::ListenedCalls::offset_of(call);
  return frame;
}

class Adapter final : public runtime::FuncListener {
 public:
  Adapter(StoreCore& core, std::shared_ptr<waxwing::FuncListener> listener)
      : core_(core), listener_(std::move(listener)) {}

  bool before(const runtime::ListenedCall& call, const runtime::Slot* args) noexcept override {
    const Silence silence(core_);
    CallView view{.core = core_, .call = call, .slots = args};
    view.types = call.type(core_.store->types()).params;
    return view.tell([this](const ListenedCall& seen) { return listener_->before(seen); });
  }
  void after(const runtime::ListenedCall& call, const runtime::Slot* results) noexcept override {
    const Silence silence(core_);
    CallView view{.core = core_, .call = call, .slots = results, .is_tail_call = !results};
    view.types = call.type(core_.store->types()).results;
    view.tell([this](const ListenedCall& seen) { listener_->after(seen); });
  }
  void abort(const runtime::ListenedCall& call, const runtime::Trap* trap) noexcept override {
    const Silence silence(core_);
    CallView view{.core = core_, .call = call, .slots = nullptr};
    std::optional<TrapCode> code;
    if (trap) code = api::to_public(trap->code);
    view.tell([&](const ListenedCall& seen) { listener_->abort(seen, code); });
  }

 private:
  StoreCore& core_;
  std::shared_ptr<waxwing::FuncListener> listener_;
};

}  // namespace

StackFrame ListenedCall::frame() const { return frame_of(view_.call); }

FuncType ListenedCall::type() const {
  return api::to_public(view_.call.type(view_.core.store->types()));
}

std::span<const Value> ListenedCall::values() const {
  if (view_.has_values || !view_.slots) return view_.values;
  view_.has_values = true;
  const runtime::Slot* slots = view_.slots;
  for (const syntax::ValType type : view_.types) {
    runtime::Value value{.type = type};
    std::copy_n(slots, type.slot_count(), value.slots);
    slots += type.slot_count();
    view_.values.push_back(detail::to_public(view_.core, value));
  }
  return view_.values;
}

bool ListenedCall::is_tail_call() const noexcept { return view_.is_tail_call; }

size_t ListenedCall::depth() const noexcept { return view_.core.store->listened()->calls().size(); }

std::vector<StackFrame> ListenedCall::stack(size_t max) const {
  const std::span<const runtime::ListenedCall> calls = view_.core.store->listened()->calls();
  std::vector<StackFrame> frames;
  for (size_t i = calls.size(); i-- > 0 && frames.size() < max;)
    frames.push_back(frame_of(calls[i]));
  return frames;
}

Result<> Store::set_listener(std::shared_ptr<FuncListener> listener) {
  const auto store = core_->open();
  if (!store) return std::unexpected(store.error());
  if (core_->is_telling)
    return api::fail(ErrorCode::invalid_argument,
                     "a listener, stream or clock cannot set a listener");
  if (listener && (*store)->limits().has_checkpoints) {
    return api::fail(ErrorCode::unsupported,
                     "calls that can return to a checkpoint cannot be listened to: an engine has "
                     "Config::checkpoints, or its stores have listeners");
  }
  if (listener)
    (*store)->set_func_listener(std::make_shared<Adapter>(*core_, std::move(listener)));
  else
    (*store)->set_func_listener(nullptr);
  return {};
}

}  // namespace waxwing
