// See native_frames.h. [spec 4.6.11]
#include "runtime/native_frames.h"

#include "abi/frame.h"
#include "abi/handler_cost.h"
#include "runtime/builtins.h"
#include "runtime/handler_search.h"
#include "runtime/listener.h"

namespace waxwing::runtime {
namespace {

using abi::CodeHandler;

template <typename T>
T word_at(const uint8_t* frame, int32_t distance) {
  return *reinterpret_cast<const T*>(frame + distance);
}

/// The innermost handler of the function for what is thrown in that call, or null.
const CodeHandler* find_handler(const NativeFrame& frame, const Tag* tag) {
  const std::span handlers = frame.func.handlers;
  for (size_t i = 0; i < handlers.size(); ++i) {
    const CodeHandler& handler = handlers[i];
    if (frame.offset < handler.begin || frame.offset >= handler.end) continue;
    if (handler.tag == CodeHandler::skips) {
      i += handler.target;
      continue;
    }
    // Nobody has looked at the handlers before.
    if (handler.target >= frame.code->text().size()) continue;
    const bool has_tag = handler.tag < frame.instance->module().tags.size();
    if (handler.tag == CodeHandler::all_tags ||
        (has_tag && frame.instance->data.tags[handler.tag] == tag)) {
      return &handler;
    }
  }
  return nullptr;
}

}  // namespace

syntax::FuncIdx NativeFrame::func_index() const {
  return syntax::FuncIdx(instance->module().imported_funcs + func.index);
}

uint64_t NativeFrame::module_offset() const {
  const abi::CodeSite* site = code->find_site(offset);
  return instance->module().body(func_index()).offset + (site ? site->body_offset : 0);
}

bool NativeFrames::next(NativeFrame& frame) {
  for (;;) {
    auto* const frame_pointer = word_at<uint8_t*>(record_, abi::frame_caller);
    const auto* return_address = word_at<const uint8_t*>(record_, abi::frame_return_address);
    Instance& instance = instance_of(*word_at<abi::VmContext*>(frame_pointer, abi::frame_context));
    const NativeCode& code = *instance.compiled().code->native_entries().code;
    const auto& stubs = code.tables().stubs;
    const auto offset_of = [&](const uint8_t* address) {
      return static_cast<uint32_t>(address - code.text().data() - 1);
    };
    uint32_t offset = offset_of(return_address);
    // A return address is where the restore stub begins: no call is in front of it.
    if (offset + 1 >= stubs.restore && offset + 1 < stubs.restore_end)
      offset = offset_of(word_at<const uint8_t*>(record_, abi::restore_return_address));
    if (offset < stubs.enter_end) return false;
    record_ = frame_pointer;
    FuncCode func;
    if (!code.find_func(offset, func)) continue;  // a stub with a frame of its own
    frame = {.instance = &instance,
             .code = &code,
             .func = func,
             .offset = offset,
             .frame_pointer = frame_pointer};
    return true;
  }
}

void add_frames(Store& store, uint32_t skip) {
  NativeFrames frames(store.execution_state());
  NativeFrame frame;
  for (uint32_t i = 0; i < Trap::max_frames + skip && frames.next(frame); ++i) {
    if (i >= skip) store.add_frame(*frame.instance, frame.func_index(), frame.module_offset());
  }
}

abi::Status unwind(Store& store, Exception* exception) {
  abi::ExecutionState& state = store.execution_state();
  NativeFrames frames(state);
  NativeFrame frame;
  HandlerSearch search(store);
  while (frames.next(frame)) {
    const std::span handlers = frame.func.handlers;
    if (!search.enter(handlers.size(), abi::handler_cost_of(handlers)))
      return trap_pending(frame.instance->context());
    const CodeHandler* handler = find_handler(frame, exception->tag);
    if (!handler) continue;
    // The handler may be a loop's label, and nothing else in the loop a branch.
    if (store.check_interrupt()) return trap_pending(frame.instance->context());
    if (state.listening != 0) {
      store.listened()->abort_inner(ListenedCall::Frame::native, frame.frame_pointer);
    }
    state.result = Ref(exception).bits();
    state.resume_pc = frame.code->text().data() + handler->target;
    state.resume_fp = frame.frame_pointer;
    state.resume_sp = frame.frame_pointer - frame.func.frame_bytes;
    return abi::Status::resume;
  }
  store.pending_exception = exception;
  state.result = static_cast<uint64_t>(abi::EntryOutcome::threw);
  return abi::Status::leave;
}

}  // namespace waxwing::runtime
