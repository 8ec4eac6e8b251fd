// See listener.h.
#include "runtime/listener.h"

#include <utility>

#include "runtime/instance.h"
#include "runtime/native_frames.h"

namespace waxwing::runtime {

const syntax::FuncType& ListenedCall::type(const TypeRegistry& types) const {
  if (host) return types.func_type(host->type_id());
  return types.func_type(instance->compiled().type_ids[instance->module().funcs[func]]);
}

ListenedImport import_of(const ListenedCall& call) {
  if (!call.host || !call.instance) return {};
  syntax::FuncIdx func{0u};
  for (const syntax::Import& import : call.instance->module().imports) {
    if (import.kind() != syntax::ExternKind::func) continue;
    if (&call.instance->func(func) == call.host) return {&import, func};
    func = syntax::FuncIdx(func.value + 1);
  }
  return {};
}

void ListenedCalls::set_listener(std::shared_ptr<FuncListener> listener) {
  for (ListenedCall& call : calls_) call.is_wanted = false;
  listener_ = std::move(listener);
  update_flag();
}

/// Code goes on telling until all of whom it told have ended.
void ListenedCalls::update_flag() {
  store_.execution_state().listening = listener_ != nullptr || !calls_.empty() ? 1 : 0;
}

void ListenedCalls::note_pc(const void* address, const void* pc) {
  if (!calls_.empty() && calls_.back().address == address) calls_.back().pc = pc;
}

uint64_t ListenedCalls::offset_of(const ListenedCall& call) {
  if (call.host) return 0;
  const uint64_t begin = call.instance->module().body(call.func).offset;
  if (call.frame == ListenedCall::Frame::interpreted)
    return call.pc ? call.offset_at(*call.instance, call.pc) : begin;
  if (!call.record) return begin;
  NativeFrames frames(static_cast<const uint8_t*>(call.record));
  for (NativeFrame frame; frames.next(frame);)
    if (frame.frame_pointer == call.address) return frame.module_offset();
  return begin;
}

void ListenedCalls::enter(const ListenedCall& call, const Slot* args) {
  using Kind = ListenedCall::Frame;
  if (!calls_.empty() && calls_.back().frame == Kind::native) {
    // A frame begins with such a record itself.
    if (call.frame == Kind::native) calls_.back().record = call.address;
    if (call.frame == Kind::host) calls_.back().record = store_.execution_state().exit_sp;
  }
  calls_.push_back(call);
  if (const std::shared_ptr<FuncListener> listener = listener_)
    calls_.back().is_wanted = listener->before(calls_.back(), args);
}

void ListenedCalls::exit(ListenedCall::Frame frame, const void* address, const Slot* results) {
  // Whoever goes on has nothing that it called under way, however that went away.
  if (frame != ListenedCall::Frame::host) abort_inner(frame, address);
  if (calls_.empty() || calls_.back().address != address) return;
  if (calls_.back().is_wanted) listener_->after(calls_.back(), results);
  pop();
}

void ListenedCalls::pop() {
  calls_.pop_back();
  if (calls_.empty()) return update_flag();
  // It calls nobody now, and the frame that it called may be overwritten.
  calls_.back().pc = nullptr;
  calls_.back().record = nullptr;
}

void ListenedCalls::abort_innermost() {
  if (calls_.back().is_wanted) listener_->abort(calls_.back(), store_.trap());
  pop();
}

/// Aborts the innermost calls, as long as they are `dead`: nobody walks their frames.
template <typename Dead>
void ListenedCalls::abort_while(Dead dead) {
  size_t live = calls_.size();
  while (live != 0 && dead(calls_[live - 1])) --live;
  if (live == calls_.size()) return;
  for (size_t i = live == 0 ? 0 : live - 1; i < calls_.size(); ++i) calls_[i].record = nullptr;
  while (calls_.size() > live) abort_innermost();
}

void ListenedCalls::abort_dead() {
  using Kind = ListenedCall::Frame;
  const void* const top = store_.stack().top;
  const void* const exit = store_.execution_state().exit_sp;
  abort_while([&](const ListenedCall& call) {
    return call.frame == Kind::interpreted ? call.address >= top
                                           : call.frame == Kind::native && call.address < exit;
  });
}

void ListenedCalls::abort_inner(ListenedCall::Frame frame, const void* address) {
  // One stack grows up, the other down.
  abort_while([&](const ListenedCall& call) {
    if (call.frame != frame) return false;
    return frame == ListenedCall::Frame::interpreted ? call.address > address
                                                     : call.address < address;
  });
}

// Host functions.

void ListenedCalls::wrap(HostFuncObject& func) {
  if (func.host_code == &call_wrapped) return;
  func.wrapped = {.code = func.host_code, .data = func.host_data, .thunk = func.thunk};
  func.host_code = &call_wrapped;
  func.host_data = &func;
  func.thunk = nullptr;
}

void ListenedCalls::unwrap(HostFuncObject& func) {
  if (func.host_code != &call_wrapped) return;
  func.host_code = func.wrapped.code;
  func.host_data = func.wrapped.data;
  func.thunk = func.wrapped.thunk;
}

Outcome ListenedCalls::call_wrapped(void* data, Caller& caller, Slot* slots) {
  const auto& func = *static_cast<HostFuncObject*>(data);
  ListenedCalls& self = *caller.store.listened();
  const size_t outer = self.calls_.size();
  self.enter({.instance = caller.instance,
              .host = &func,
              .frame = ListenedCall::Frame::host,
              .address = &caller},
             slots);
  const Outcome outcome = func.wrapped.code(func.wrapped.data, caller, slots);
  self.abort_while([&](const ListenedCall& call) { return &call > self.calls_.data() + outer; });
  if (self.calls_.size() == outer) return outcome;
  if (outcome == Outcome::returned)
    self.exit(ListenedCall::Frame::host, &caller, slots);
  else
    self.abort_innermost();
  return outcome;
}

}  // namespace waxwing::runtime
