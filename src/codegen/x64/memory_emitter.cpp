// See memory_emitter.h.
#include "codegen/x64/memory_emitter.h"

#include <cassert>

namespace waxwing::codegen::x64 {

using syntax::Op;

void MemoryEmitter::i32_load(Gpr d, const Mem& src) {
  note_fault();
  m_.mov(Width::w32, d, src);
}
void MemoryEmitter::i64_load(Gpr d, const Mem& src) {
  note_fault();
  m_.mov(Width::w64, d, src);
}
void MemoryEmitter::f32_load(Xmm d, const Mem& src) {
  note_fault();
  m_.load(d, src, 4);
}
void MemoryEmitter::f64_load(Xmm d, const Mem& src) {
  note_fault();
  m_.load(d, src, 8);
}
void MemoryEmitter::i32_load8_s(Gpr d, const Mem& src) {
  note_fault();
  m_.movsx8(Width::w32, d, src);
}
void MemoryEmitter::i32_load8_u(Gpr d, const Mem& src) {
  note_fault();
  m_.movzx8(Width::w32, d, src);
}
void MemoryEmitter::i32_load16_s(Gpr d, const Mem& src) {
  note_fault();
  m_.movsx16(Width::w32, d, src);
}
void MemoryEmitter::i32_load16_u(Gpr d, const Mem& src) {
  note_fault();
  m_.movzx16(Width::w32, d, src);
}
void MemoryEmitter::i64_load8_s(Gpr d, const Mem& src) {
  note_fault();
  m_.movsx8(Width::w64, d, src);
}
void MemoryEmitter::i64_load8_u(Gpr d, const Mem& src) {
  note_fault();
  m_.movzx8(Width::w32, d, src);
}
void MemoryEmitter::i64_load16_s(Gpr d, const Mem& src) {
  note_fault();
  m_.movsx16(Width::w64, d, src);
}
void MemoryEmitter::i64_load16_u(Gpr d, const Mem& src) {
  note_fault();
  m_.movzx16(Width::w32, d, src);
}
void MemoryEmitter::i64_load32_s(Gpr d, const Mem& src) {
  note_fault();
  m_.movsx32(Width::w64, d, src);
}
void MemoryEmitter::i64_load32_u(Gpr d, const Mem& src) {
  note_fault();
  m_.mov(Width::w32, d, src);
}
void MemoryEmitter::v128_load(Xmm d, const Mem& src) {
  note_fault();
  m_.load(d, src, 16);
}
void MemoryEmitter::v128_load8x8_s(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovsxbw(d, src) : m_.pmovsxbw(d, src);
}
void MemoryEmitter::v128_load8x8_u(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovzxbw(d, src) : m_.pmovzxbw(d, src);
}
void MemoryEmitter::v128_load16x4_s(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovsxwd(d, src) : m_.pmovsxwd(d, src);
}
void MemoryEmitter::v128_load16x4_u(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovzxwd(d, src) : m_.pmovzxwd(d, src);
}
void MemoryEmitter::v128_load32x2_s(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovsxdq(d, src) : m_.pmovsxdq(d, src);
}
void MemoryEmitter::v128_load32x2_u(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vpmovzxdq(d, src) : m_.pmovzxdq(d, src);
}
void MemoryEmitter::v128_load8_splat(Xmm d, const Mem& src) {
  note_fault();
  if (m_.has(Feature::avx2)) return m_.vpbroadcastb(d, src);
  m_.movzx8(Width::w32, scratch, src);
  if (m_.has_avx()) {
    m_.vmovd(d, scratch);
    m_.vpxor(scratch_xmm, scratch_xmm, scratch_xmm);
    m_.vpshufb(d, d, scratch_xmm);
  } else {
    m_.movd(d, scratch);
    m_.pxor(scratch_xmm, scratch_xmm);
    m_.pshufb(d, scratch_xmm);
  }
}
void MemoryEmitter::v128_load16_splat(Xmm d, const Mem& src) {
  note_fault();
  if (m_.has(Feature::avx2)) return m_.vpbroadcastw(d, src);
  m_.movzx16(Width::w32, scratch, src);
  if (m_.has_avx()) {
    m_.vmovd(d, scratch);
    m_.vpshuflw(d, d, 0);
    m_.vpshufd(d, d, 0);
  } else {
    m_.movd(d, scratch);
    m_.pshuflw(d, d, 0);
    m_.pshufd(d, d, 0);
  }
}
void MemoryEmitter::v128_load32_splat(Xmm d, const Mem& src) {
  note_fault();
  if (m_.has_avx()) return m_.vbroadcastss(d, src);  // from memory AVX has it
  m_.movss(d, src);
  m_.shufps(d, d, 0);
}
void MemoryEmitter::v128_load64_splat(Xmm d, const Mem& src) {
  note_fault();
  m_.has_avx() ? m_.vmovddup(d, src) : m_.movddup(d, src);
}
void MemoryEmitter::v128_load32_zero(Xmm d, const Mem& src) {
  note_fault();
  m_.load(d, src, 4);
}
void MemoryEmitter::v128_load64_zero(Xmm d, const Mem& src) {
  note_fault();
  m_.load(d, src, 8);
}
void MemoryEmitter::v128_load8_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane) {
  if (!m_.has_avx()) m_.move(d, vector);
  note_fault();
  m_.has_avx() ? m_.vpinsrb(d, vector, src, lane) : m_.pinsrb(d, src, lane);
}
void MemoryEmitter::v128_load16_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane) {
  if (!m_.has_avx()) m_.move(d, vector);
  note_fault();
  m_.has_avx() ? m_.vpinsrw(d, vector, src, lane) : m_.pinsrw(d, src, lane);
}
void MemoryEmitter::v128_load32_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane) {
  if (!m_.has_avx()) m_.move(d, vector);
  note_fault();
  m_.has_avx() ? m_.vpinsrd(d, vector, src, lane) : m_.pinsrd(d, src, lane);
}
void MemoryEmitter::v128_load64_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane) {
  if (!m_.has_avx()) m_.move(d, vector);
  note_fault();
  m_.has_avx() ? m_.vpinsrq(d, vector, src, lane) : m_.pinsrq(d, src, lane);
}
void MemoryEmitter::i32_store(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w32, dst, value);
}
void MemoryEmitter::i64_store(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w64, dst, value);
}
void MemoryEmitter::f32_store(const Mem& dst, Xmm value) {
  note_fault();
  m_.store(dst, value, 4);
}
void MemoryEmitter::f64_store(const Mem& dst, Xmm value) {
  note_fault();
  m_.store(dst, value, 8);
}
void MemoryEmitter::i32_store8(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w8, dst, value);
}
void MemoryEmitter::i32_store16(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w16, dst, value);
}
void MemoryEmitter::i64_store8(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w8, dst, value);
}
void MemoryEmitter::i64_store16(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w16, dst, value);
}
void MemoryEmitter::i64_store32(const Mem& dst, Gpr value) {
  note_fault();
  m_.mov(Width::w32, dst, value);
}
void MemoryEmitter::v128_store(const Mem& dst, Xmm value) {
  note_fault();
  m_.store(dst, value, 16);
}
void MemoryEmitter::v128_store8_lane(const Mem& dst, Xmm value, uint8_t lane) {
  note_fault();
  m_.has_avx() ? m_.vpextrb(dst, value, lane) : m_.pextrb(dst, value, lane);
}
void MemoryEmitter::v128_store16_lane(const Mem& dst, Xmm value, uint8_t lane) {
  note_fault();
  m_.has_avx() ? m_.vpextrw(dst, value, lane) : m_.pextrw(dst, value, lane);
}
void MemoryEmitter::v128_store32_lane(const Mem& dst, Xmm value, uint8_t lane) {
  note_fault();
  if (lane == 0) return m_.store(dst, value, 4);
  m_.has_avx() ? m_.vpextrd(dst, value, lane) : m_.pextrd(dst, value, lane);
}
void MemoryEmitter::v128_store64_lane(const Mem& dst, Xmm value, uint8_t lane) {
  note_fault();
  if (lane == 0) return m_.store(dst, value, 8);
  m_.has_avx() ? m_.vmovhps(dst, value) : m_.movhps(dst, value);
}

namespace {

// One small function a row.
using EmitLoad = void (*)(MacroAssembler&, const LoadInstr&);
using EmitStore = void (*)(MacroAssembler&, const StoreInstr&);

template <Op op, typename Method>
void emit_load_row(MacroAssembler& m, const LoadInstr& instr) {
  MemoryEmitter emitter(m);
  const auto result = reg_of<accessed_class(op)>(instr.result);
  if constexpr (accesses_lane(op)) {
    Method{}(emitter, result, instr.src, instr.vector.xmm(), instr.lane);
  } else {
    Method{}(emitter, result, instr.src);
  }
}

template <Op op, typename Method>
void emit_store_row(MacroAssembler& m, const StoreInstr& instr) {
  MemoryEmitter emitter(m);
  const auto value = reg_of<accessed_class(op)>(instr.value);
  if constexpr (accesses_lane(op)) {
    Method{}(emitter, instr.dst, value, instr.lane);
  } else {
    Method{}(emitter, instr.dst, value);
  }
}

template <Op op, typename Method>
consteval EmitLoad load_row(Method) {
  return emit_load_row<op, Method>;
}

template <Op op, typename Method>
consteval EmitStore store_row(Method) {
  return emit_store_row<op, Method>;
}

constexpr EmitLoad load_rows[] = {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) nullptr,
#define LOAD(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  load_row<Op::ID>([](auto& emitter, const auto&... operands) { emitter.ID(operands...); }),
#include "syntax/opcodes.def"
};

constexpr EmitStore store_rows[] = {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) nullptr,
#define STORE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  store_row<Op::ID>([](auto& emitter, const auto&... operands) { emitter.ID(operands...); }),
#include "syntax/opcodes.def"
};

}  // namespace

void emit_load(MacroAssembler& m, const LoadInstr& instr) {
  assert(load_rows[size_t(instr.op)] != nullptr);
  load_rows[size_t(instr.op)](m, instr);
}

void emit_store(MacroAssembler& m, const StoreInstr& instr) {
  assert(store_rows[size_t(instr.op)] != nullptr);
  store_rows[size_t(instr.op)](m, instr);
}

}  // namespace waxwing::codegen::x64
