// Two ways from one instruction to the next. Where the compiler guarantees tail calls, every handler jumps to the next one and
// the registers stay in registers; elsewhere a loop calls one handler after another. docs/decisions.md has the measurements.
#include "interp/dispatch.h"

#include "interp/handler_table.h"

namespace waxwing::interp {
namespace {

#if defined(__clang__) && __has_cpp_attribute(clang::musttail) && __has_cpp_attribute(clang::preserve_none)

// A typedef, since the attribute has no place in an alias declaration.
typedef void (*TailHandler)(const Cell* pc, Slot* fp, Activation* act, uint8_t* mem, Slot acc, uint64_t mem_size,
                            runtime::ExecutionStack* stack, const void* table, Vec vec) __attribute__((preserve_none));

struct TailDispatch {
  using Handler = TailHandler;

  template <bool (*exec)(Regs&)>
  __attribute__((preserve_none)) static void handler(const Cell* pc, Slot* fp, Activation* act, uint8_t* mem, Slot acc,
                                                     uint64_t mem_size, runtime::ExecutionStack* stack,
                                                     const void* table, Vec vec) {
    Regs r{pc, fp, act, mem, acc, mem_size, stack, vec};
    if (!exec(r)) [[unlikely]] return;
    [[clang::musttail]] return static_cast<const Handler*>(table)[*r.pc](r.pc, r.fp, r.act, r.mem, r.acc, r.mem_size,
                                                                         r.stack, table, r.vec);
  }
};

constexpr HandlerTable<TailDispatch> table;

#else

struct LoopDispatch {
  using Handler = bool (*)(Regs&);

  template <bool (*exec)(Regs&)>
  static bool handler(Regs& r) {
    return exec(r);
  }
};

constexpr HandlerTable<LoopDispatch> table;

#endif

}  // namespace

void run(const Regs& start) {
#if defined(__clang__) && __has_cpp_attribute(clang::musttail) && __has_cpp_attribute(clang::preserve_none)
  table.handlers[*start.pc](start.pc, start.fp, start.act, start.mem, start.acc, start.mem_size, start.stack,
                            table.handlers.data(), start.vec);
#else
  Regs r = start;
  while (table.handlers[*r.pc](r)) {
  }
#endif
}

}  // namespace waxwing::interp
