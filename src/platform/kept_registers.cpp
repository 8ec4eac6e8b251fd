// See kept_registers.h. [System V ABI 3.2]
#include "platform/kept_registers.h"

#if defined(__x86_64__)

static_assert(waxwing::platform::kept_words == 7);

// The stack pointer is 8 short of a multiple of 16 where a function begins, and with six registers
// again.
asm(R"(
  .text
  .globl waxwing_call_keeping
  .hidden waxwing_call_keeping
  .hidden waxwing_called_keeping
  .type waxwing_call_keeping, @function
  .p2align 4
waxwing_call_keeping:
  .cfi_startproc
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  pushq %r15
  .cfi_adjust_cfa_offset 8
  pushq %r14
  .cfi_adjust_cfa_offset 8
  pushq %r13
  .cfi_adjust_cfa_offset 8
  pushq %r12
  .cfi_adjust_cfa_offset 8
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  movq %rsp, %rcx
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call waxwing_called_keeping
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rbx
  .cfi_adjust_cfa_offset -8
  popq %r12
  .cfi_adjust_cfa_offset -8
  popq %r13
  .cfi_adjust_cfa_offset -8
  popq %r14
  .cfi_adjust_cfa_offset -8
  popq %r15
  .cfi_adjust_cfa_offset -8
  popq %rbp
  .cfi_adjust_cfa_offset -8
  ret
  .cfi_endproc
  .size waxwing_call_keeping, . - waxwing_call_keeping
)");

#else

// There is no machine code on other processors yet, which alone calls it.
uint32_t waxwing_call_keeping(void* context, uint64_t argument, void* slots) {
  uint64_t none[waxwing::platform::kept_words] = {};
  return waxwing_called_keeping(context, argument, slots, none);
}

#endif
