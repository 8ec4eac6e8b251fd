// Who is on the stack of machine code: a walk along frame pointers. See abi/frame.h.
#pragma once

#include <cstdint>

#include "abi/vm_context.h"
#include "runtime/native_code.h"
#include "runtime/store.h"

namespace waxwing::runtime {

/// A function's frame, stopped within a call.
struct NativeFrame {
  Instance* instance = nullptr;
  const NativeCode* code = nullptr;  // the instance's
  FuncCode func;
  uint32_t offset = 0;  // in the code's text: of the call's last byte
  uint8_t* frame_pointer = nullptr;

  syntax::FuncIdx func_index() const;
  /// Of the call, in the module's bytes.
  uint64_t module_offset() const;
};

/// The functions of the innermost activation, innermost first, from where it left Wasm code.
class NativeFrames {
 public:
  explicit NativeFrames(const abi::ExecutionState& state) : NativeFrames(state.exit_sp) {}
  /// The rest of an activation, from the function on that a frame record leads to.
  explicit NativeFrames(const uint8_t* record) : record_(record) {}

  /// The next frame; false where the activation began.
  bool next(NativeFrame& frame);

 private:
  const uint8_t* record_;  // {caller's frame pointer, return address}
};

/// Tells the store, which has a trap, about the frames of the innermost activation, but the first
/// `skip`.
void add_frames(Store& store, uint32_t skip = 0);

/// Finds the innermost handler of `exception` in the innermost activation: Status::resume, or
/// Status::leave where there is none or the guest is to stop.
abi::Status unwind(Store& store, Exception* exception);

}  // namespace waxwing::runtime
