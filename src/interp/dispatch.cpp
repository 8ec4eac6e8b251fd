// Two ways from one instruction to the next, through the address that each instruction begins with.
// Where the compiler guarantees tail calls, every handler jumps to the next one and the registers
// stay in registers; elsewhere a loop calls one handler after another. docs/decisions.md has the
// measurements.
#include "interp/dispatch.h"

#include "interp/handler_table.h"

namespace waxwing::interp {
namespace {

#if defined(__clang__) && __has_cpp_attribute(clang::musttail) && \
    __has_cpp_attribute(clang::preserve_none)

// A typedef, since the attribute has no place in an alias declaration.
// NOLINTNEXTLINE(modernize-use-using)
typedef void (*TailHandler)(const Cell* pc, Slot* fp, Activation* act, uint8_t* mem, Slot acc,
                            uint64_t mem_size, runtime::ExecutionStack* stack, const void* handlers,
                            Vec vec) __attribute__((preserve_none));

struct Dispatch {
  using Handler = TailHandler;

  // Every parameter is a machine register.
  template <bool (*exec)(Regs&)>
  // NOLINTNEXTLINE(readability-function-size)
  __attribute__((preserve_none)) static void step(const Cell* pc, Slot* fp, Activation* act,
                                                  uint8_t* mem, Slot acc, uint64_t mem_size,
                                                  runtime::ExecutionStack* stack,
                                                  const void* handlers, Vec vec) {
    Regs r{pc, fp, act, mem, acc, mem_size, stack, handlers, vec};
    if (!exec(r)) [[unlikely]]
      return;
    const Handler next = read_cells<Handler>(r.pc);
    [[clang::musttail]] return next(r.pc + (opcode_cells - 1), r.fp, r.act, r.mem, r.acc,
                                    r.mem_size, r.stack, r.handlers, r.vec);
  }

  template <bool (*exec)(Regs&)>
  static constexpr Handler handler() {
    return &step<exec>;
  }

  static void run(const Regs& start) {
    const Handler first = read_cells<Handler>(start.pc);
    first(start.pc + (opcode_cells - 1), start.fp, start.act, start.mem, start.acc, start.mem_size,
          start.stack, start.handlers, start.vec);
  }
};

#else

struct Dispatch {
  using Handler = bool (*)(Regs&);

  template <bool (*exec)(Regs&)>
  static bool step(Regs& r) {
    return exec(r);
  }

  template <bool (*exec)(Regs&)>
  static constexpr Handler handler() {
    return &step<exec>;
  }

  static void run(const Regs& start) {
    Regs r = start;
    Handler next = nullptr;
    do {
      next = read_cells<Handler>(r.pc);
      r.pc += opcode_cells - 1;
    } while (next(r));
  }
};

#endif

static_assert(sizeof(Dispatch::Handler) == opcode_cells * sizeof(Cell));

constexpr auto handlers = make_handlers<Dispatch>();

}  // namespace

uint64_t handler_address(Cell opcode) { return std::bit_cast<uint64_t>(handlers[opcode]); }

const void* handler_addresses() { return static_cast<const void*>(handlers.data()); }

void run(const Regs& start) { Dispatch::run(start); }

}  // namespace waxwing::interp
