// The state of running register code: what handlers keep in machine registers, and what they reach
// through one pointer.
#pragma once

#include <atomic>
#include <bit>
#include <cstring>

#include "base/v128.h"
#include "interp/code.h"
#include "runtime/instance.h"

namespace waxwing::interp {

using runtime::Slot;

/// The accumulator of floats and vectors. A float lies in lane 0; lanes above hold anything.
using Vec [[gnu::vector_size(16)]] = float;
using VecF64 [[gnu::vector_size(16)]] = double;

class Code;

/// One entry from the host into the code of one instance.
struct Activation {
  runtime::Instance* instance = nullptr;
  runtime::InstanceData* data = nullptr;
  const std::atomic<const Cell*>* entries = nullptr;  // by defined function; null until translated
  const Code* code = nullptr;
  uint32_t imported_funcs = 0;

  // For the slow handlers.
  uint32_t callee = 0;            // a defined function
  runtime::Func* func = nullptr;  // a foreign function
  uint32_t span = 0;              // slots that its arguments and results take

  // Why and where the handlers stopped.
  enum class Stop : uint8_t { finished, trapped, threw };
  Stop stop = Stop::finished;
  syntax::TrapCode trap = syntax::TrapCode::none;  // none: the store already has the trap
  const Cell* pc = nullptr;
  Slot* fp = nullptr;
};

/// What handlers keep in registers. `acc` and `vec` hold the results of earlier instructions,
/// integers and references in one, floats and vectors in the other; every result is also in its
/// slot.
struct Regs {
  const Cell* pc;
  Slot* fp;
  Activation* act;
  uint8_t* mem;  // of memory 0; never moves
  Slot acc;
  uint64_t mem_size;  // of memory 0; may be stale, but then too small
  runtime::ExecutionStack* stack;
  const void* handlers;  // the address of every opcode's handler
  Vec vec;
};

/// The width of an integer operand in cells follows its type.
template <typename T>
[[gnu::always_inline]] inline T read_cells(const Cell* cells) {
  T value;
  std::memcpy(static_cast<void*>(&value), cells, sizeof value);
  return value;
}

[[gnu::always_inline]] inline bool stop_with(Regs& r, Activation::Stop stop,
                                             syntax::TrapCode trap) {
  r.act->stop = stop;
  r.act->trap = trap;
  r.act->pc = r.pc;
  r.act->fp = r.fp;
  return false;
}

/// Goes on with the slow handler `op`.
[[gnu::always_inline]] inline bool go_slow(Regs& r, IOp op) {
  // The table of addresses is code of one instruction each.
  r.pc = static_cast<const Cell*>(r.handlers) + size_t{opcode(op)} * opcode_cells;
  return true;
}

/// Ends the activation with a trap at the current instruction.
[[gnu::always_inline]] inline bool trap(Regs& r, syntax::TrapCode code) {
  return stop_with(r, Activation::Stop::trapped, code);
}

template <typename T>
inline constexpr bool in_vec =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, base::V128>;

/// A slot's value in the form that its register has: Slot for integers, Vec for the others.
template <typename T>
[[gnu::always_inline]] inline T load_slot(const Slot* slot) {
  T value;
  std::memcpy(&value, slot, sizeof value);
  return value;
}

template <typename T>
[[gnu::always_inline]] inline T acc_value(const Regs& r) {
  if constexpr (std::is_same_v<T, float>) {
    return r.vec[0];
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<VecF64>(r.vec)[0];
  } else if constexpr (std::is_same_v<T, base::V128>) {
    return std::bit_cast<base::V128>(r.vec);
  } else {
    return static_cast<T>(r.acc);
  }
}

/// Writes a result to the accumulator of its type alone.
template <typename T>
[[gnu::always_inline]] inline void set_accumulator(Regs& r, T value) {
  if constexpr (std::is_same_v<T, float>) {
    Vec vec;  // the lanes above hold anything
    vec[0] = value;
    r.vec = vec;
  } else if constexpr (std::is_same_v<T, double>) {
    VecF64 vec;
    vec[0] = value;
    r.vec = std::bit_cast<Vec>(vec);
  } else if constexpr (std::is_same_v<T, base::V128>) {
    r.vec = std::bit_cast<Vec>(value);
  } else {
    r.acc = value;
  }
}

/// Writes a result to its slot and to the accumulator of its type.
template <typename T>
[[gnu::always_inline]] inline void set_result(Regs& r, Cell slot, T value) {
  set_accumulator(r, value);
  if constexpr (std::is_same_v<T, float>) {
    // All 8 bytes, so that a later 8-byte read is forwarded from this store.
    const double low = std::bit_cast<VecF64>(r.vec)[0];
    std::memcpy(&r.fp[slot], &low, sizeof low);
  } else if constexpr (in_vec<T>) {
    std::memcpy(&r.fp[slot], &value, sizeof value);
  } else {
    r.fp[slot] = value;
  }
}

/// While it lives, the collector sees the running frame up to `top`.
class StackInUse {
 public:
  StackInUse(const Regs& r, uint32_t top) : stack_(*r.stack), saved_(r.stack->top) {
    stack_.top = std::min(r.fp + top, stack_.end);
  }
  ~StackInUse() { stack_.top = saved_; }
  StackInUse(const StackInUse&) = delete;
  StackInUse& operator=(const StackInUse&) = delete;

 private:
  runtime::ExecutionStack& stack_;
  Slot* saved_;
};

/// Whether the running call was asked to stop. One load; called where branches are taken.
[[gnu::always_inline]] inline bool interrupt_requested(const Regs& r) {
  return r.stack->limit.load(std::memory_order_relaxed) == nullptr;
}

}  // namespace waxwing::interp
