// Every vector row of instructions.def, in every operand shape, against llvm-mc.
#include "x64_oracle.h"

namespace waxwing::assembler::x64 {
namespace {

// clang-format off
#define EMIT(CALL) []([[maybe_unused]] Assembler& a, [[maybe_unused]] const Operands& o) { a.CALL; }
#define SSE_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {x1}", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {#NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))}, \
  AVX_RM(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {x1}", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {#NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))}, \
  AVX_RVM(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.byte))}, \
  {#NAME " {x0}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.mem, o.byte))}, \
  AVX_RMI(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.byte))}, \
  {#NAME " {x0}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.mem, o.byte))}, \
  AVX_RVMI(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_LOAD(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))}, \
  {"v" #NAME " {x0}, {m}", w32, BYTES, EMIT(v##NAME(o.x0, o.mem))},
#define SSE_LOAD_HALF(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))}, \
  {"v" #NAME " {x0}, {x1}, {m}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.mem))},
#define SSE_RVR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {x1}", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {"{V2}v" #NAME " {x0}, {x1}, {x2}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.x2))},
#define SSE_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {m}, {x0}", w32, BYTES, EMIT(NAME(o.mem, o.x0))}, \
  {"v" #NAME " {m}, {x0}", w32, BYTES, EMIT(v##NAME(o.mem, o.x0))},
#define SSE_SHIFT(NAME, FEATURE, OPCODE, DIGIT) \
  {#NAME " {x0}, {i}", w32, 16, EMIT(NAME(o.x0, o.byte))}, \
  {"{V1}v" #NAME " {x0}, {x1}, {i}", w32, 16, EMIT(v##NAME(o.x0, o.x1, o.byte))},
#define SSE_BLEND(NAME, FEATURE, OPCODE, AVX_OPCODE, BYTES) \
  {#NAME " {x0}, {x1}, xmm0", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {#NAME " {x0}, {m}, xmm0", w32, BYTES, EMIT(NAME(o.x0, o.mem))}, \
  {"v" #NAME " {x0}, {x1}, {x2}, {x3}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.x2, o.x3))}, \
  {"v" #NAME " {x0}, {x1}, {m}, {x3}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.mem, o.x3))},
#define SSE_INSERT(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {e1}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.r1, o.byte))}, \
  {#NAME " {x0}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.mem, o.byte))}, \
  {"v" #NAME " {x0}, {x1}, {e2}, {i}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.r2, o.byte))}, \
  {"v" #NAME " {x0}, {x1}, {m}, {i}", w32, BYTES, EMIT(v##NAME(o.x0, o.x1, o.mem, o.byte))},
#define SSE_EXTRACT(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {e0}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.r0, o.x1, o.byte))}, \
  {"v" #NAME " {e0}, {x1}, {i}", w32, BYTES, EMIT(v##NAME(o.r0, o.x1, o.byte))}, \
  SSE_EXTRACT_MEM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_EXTRACT_MEM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {m}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.mem, o.x1, o.byte))}, \
  {"v" #NAME " {m}, {x1}, {i}", w32, BYTES, EMIT(v##NAME(o.mem, o.x1, o.byte))},
#define SSE_EXTRACT_REG(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {d0}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.r0, o.x1, o.byte))}, \
  {"{V1}v" #NAME " {d0}, {x1}, {i}", w32, BYTES, EMIT(v##NAME(o.r0, o.x1, o.byte))},
#define SSE_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {e0}, {x1}", w32, BYTES, EMIT(NAME(o.r0, o.x1))}, \
  {"v" #NAME " {e0}, {x1}", w32, BYTES, EMIT(v##NAME(o.r0, o.x1))},
#define SSE_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {x0}, {e1}", w32, BYTES, EMIT(NAME(o.x0, o.r1))}, \
  {"v" #NAME " {x0}, {e1}", w32, BYTES, EMIT(v##NAME(o.x0, o.r1))},
#define SSE_MASK(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {d0}, {x1}", w32, BYTES, EMIT(NAME(o.r0, o.x1))}, \
  {"{V1}v" #NAME " {d0}, {x1}", w32, BYTES, EMIT(v##NAME(o.r0, o.x1))},
#define SSE_CVT_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {r0}, {x1}", full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.x1))}, \
  {#NAME " {r0}, {m}", full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.mem))}, \
  {"{V1}v" #NAME " {r0}, {x1}", full_widths, BYTES, EMIT(v##NAME(o.width, o.r0, o.x1))}, \
  {"v" #NAME " {r0}, {m}", full_widths, BYTES, EMIT(v##NAME(o.width, o.r0, o.mem))},
#define SSE_CVT_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  {#NAME " {x0}, {r1}", full_widths, width_size, EMIT(NAME(o.width, o.x0, o.r1))}, \
  {#NAME " {x0}, {m}", full_widths, width_size, EMIT(NAME(o.width, o.x0, o.mem))}, \
  {"v" #NAME " {x0}, {x1}, {r2}", full_widths, width_size, EMIT(v##NAME(o.width, o.x0, o.x1, o.r2))}, \
  {"v" #NAME " {x0}, {x1}, {m}", full_widths, width_size, EMIT(v##NAME(o.width, o.x0, o.x1, o.mem))},
#define AVX_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{V1}" #NAME " {x0}, {x1}", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {#NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))},
#define AVX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{V2}" #NAME " {x0}, {x1}, {x2}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.x2))}, \
  {#NAME " {x0}, {x1}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.mem))},
#define AVX_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{V1}" #NAME " {x0}, {x1}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.byte))}, \
  {#NAME " {x0}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.mem, o.byte))},
#define AVX_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{V2}" #NAME " {x0}, {x1}, {x2}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.x2, o.byte))}, \
  {#NAME " {x0}, {x1}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.mem, o.byte))},
#define YMM_LOAD(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {y0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))},
#define YMM_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {#NAME " {m}, {y0}", w32, BYTES, EMIT(NAME(o.mem, o.x0))},
#define EVEX_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {x0}, {x1}", w32, BYTES, EMIT(NAME(o.x0, o.x1))}, \
  {"{evex} " #NAME " {x0}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.mem))},
#define EVEX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {x0}, {x1}, {x2}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.x2))}, \
  {"{evex} " #NAME " {x0}, {x1}, {m}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.mem))},
#define EVEX_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {x0}, {x1}, {x2}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.x2, o.byte))}, \
  {"{evex} " #NAME " {x0}, {x1}, {m}, {i}", w32, BYTES, EMIT(NAME(o.x0, o.x1, o.mem, o.byte))},
#define EVEX_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {m}, {x0}", w32, BYTES, EMIT(NAME(o.mem, o.x0))},
#define EVEX_SHIFT(NAME, FEATURE, OPCODE, W, DIGIT) \
  {"{evex} " #NAME " {x0}, {x1}, {i}", w32, 16, EMIT(NAME(o.x0, o.x1, o.byte))}, \
  {"{evex} " #NAME " {x0}, {m}, {i}", w32, 16, EMIT(NAME(o.x0, o.mem, o.byte))},
#define EVEX_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {x0}, {e1}", w32, BYTES, EMIT(NAME(o.x0, o.r1))},
#define EVEX_CVT_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  {"{evex} " #NAME " {r0}, {x1}", full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.x1))}, \
  {"{evex} " #NAME " {r0}, {m}", full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.mem))},
#define EVEX_CVT_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  {"{evex} " #NAME " {x0}, {x1}, {r2}", full_widths, width_size, EMIT(NAME(o.width, o.x0, o.x1, o.r2))}, \
  {"{evex} " #NAME " {x0}, {x1}, {m}", full_widths, width_size, EMIT(NAME(o.width, o.x0, o.x1, o.mem))},

constexpr Case vector_cases[] = {
#include "assembler/x64/instructions.def"
};
// clang-format on

TEST(x64_vector, encodes_every_shape_as_llvm_mc_does) {
  Oracle oracle;
  oracle.add(vector_cases, 24);
  oracle.compare();
}

}  // namespace
}  // namespace waxwing::assembler::x64
