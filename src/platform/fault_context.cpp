// One section for each ISA, with the same functions in the same order.
#include "platform/fault_context.h"

#include <algorithm>
#include <iterator>
#include <ucontext.h>

#include "base/check.h"

namespace waxwing::platform {

#if defined(__x86_64__)

namespace {
constexpr int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                         REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
}  // namespace

bool fault_context_known() { return true; }

FaultRegisters read_registers(const void* context) {
  const auto& saved = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  FaultRegisters registers;
  registers.pc = static_cast<uintptr_t>(saved[REG_RIP]);
  for (size_t i = 0; i < std::size(order); ++i) {
    registers.general[i] = static_cast<uintptr_t>(saved[order[i]]);
  }
  return registers;
}

void write_registers(const FaultRegisters& registers, void* context) {
  auto& saved = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  saved[REG_RIP] = static_cast<greg_t>(registers.pc);
  for (size_t i = 0; i < std::size(order); ++i) {
    saved[order[i]] = static_cast<greg_t>(registers.general[i]);
  }
}

#elif defined(__aarch64__)

bool fault_context_known() { return true; }

FaultRegisters read_registers(const void* context) {
  const auto& saved = static_cast<const ucontext_t*>(context)->uc_mcontext;
  FaultRegisters registers;
  registers.pc = saved.pc;
  std::copy(std::begin(saved.regs), std::end(saved.regs), registers.general.begin());
  registers.sp() = saved.sp;
  return registers;
}

void write_registers(const FaultRegisters& registers, void* context) {
  auto& saved = static_cast<ucontext_t*>(context)->uc_mcontext;
  saved.pc = registers.pc;
  std::copy_n(registers.general.begin(), std::size(saved.regs), std::begin(saved.regs));
  saved.sp = registers.general[FaultRegisters::sp_number];
}

#else

bool fault_context_known() { return false; }
FaultRegisters read_registers(const void*) { UNREACHABLE(); }
void write_registers(const FaultRegisters&, void*) { UNREACHABLE(); }

#endif

}  // namespace waxwing::platform
