// An interpreter of a small stack machine: one big switch in a loop.
#include "kernel.h"

enum Op {
  op_push,
  op_load,
  op_store,
  op_add,
  op_sub,
  op_mul,
  op_and,
  op_less,
  op_jump,
  op_jump_if_not,
  op_halt
};

// total = 0; for (i = 0; i < n; i++) total = total * 3 + (i & 7) - 1; the result is total.
// clang-format off
static const int32_t program[] = {
    op_push, 0, op_store, 1, op_push, 0, op_store, 2,
    op_load, 2, op_load, 0, op_less, op_jump_if_not, 40,           // 8
    op_load, 1, op_push, 3, op_mul,                                // 15
    op_load, 2, op_push, 7, op_and, op_add, op_push, 1, op_sub, op_store, 1,
    op_load, 2, op_push, 1, op_add, op_store, 2, op_jump, 8,       // 31
    op_halt,                                                       // 40
};
// clang-format on

static int32_t run(const int32_t* code, int32_t n) {
  int32_t stack[32], locals[4] = {n}, *sp = stack;
  const int32_t* pc = code;
  for (;;) {
    switch ((enum Op) * pc++) {
      case op_push: *sp++ = *pc++; break;
      case op_load: *sp++ = locals[*pc++ & 3]; break;
      case op_store: locals[*pc++ & 3] = *--sp; break;
      case op_add:
        sp--;
        sp[-1] = (int32_t)((uint32_t)sp[-1] + (uint32_t)sp[0]);
        break;
      case op_sub:
        sp--;
        sp[-1] = (int32_t)((uint32_t)sp[-1] - (uint32_t)sp[0]);
        break;
      case op_mul:
        sp--;
        sp[-1] = (int32_t)((uint32_t)sp[-1] * (uint32_t)sp[0]);
        break;
      case op_and:
        sp--;
        sp[-1] &= sp[0];
        break;
      case op_less:
        sp--;
        sp[-1] = sp[-1] < sp[0];
        break;
      case op_jump: pc = code + *pc; break;
      case op_jump_if_not: pc = *--sp ? pc + 1 : code + *pc; break;
      case op_halt: return locals[1];
    }
  }
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++)
    hash = mix(hash, (uint32_t)run(program, 1000 + (int32_t)(hash & 15)));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 3500); }
