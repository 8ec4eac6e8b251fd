// See macro_assembler.h.
#include "codegen/x64/macro_assembler.h"

#include <array>

#include "base/fallible.h"

namespace waxwing::codegen::x64 {

using base::V128;
using syntax::TrapCode;

namespace {

template <typename T>
base::ByteSpan bytes_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

}  // namespace

Mem MacroAssembler::constant(uint32_t value) { return Mem::at(pool_.add(bytes_of(value))); }
Mem MacroAssembler::constant(uint64_t value) { return Mem::at(pool_.add(bytes_of(value))); }
Mem MacroAssembler::constant(const V128& value) { return Mem::at(pool_.add(bytes_of(value))); }

void MacroAssembler::trap_if(Condition condition, TrapCode code) {
  ColdTrap& cold = cold_traps_.emplace_back(Label(), body_offset_, code);
  jcc(condition, cold.label);
}

void MacroAssembler::trap(TrapCode code) { call({TargetKind::trap, static_cast<uint32_t>(code)}); }

void MacroAssembler::call(Target target) {
  add_reference({.position = call_rel32(), .target = target});
  note_call();
}

void MacroAssembler::jmp(Target target) {
  add_reference({.position = jmp_rel32(), .target = target});
}

void MacroAssembler::load(Xmm dst, const Mem& src, uint32_t size_bytes) {
  const bool avx = has_avx();
  if (size_bytes == 4) {
    avx ? vmovss(dst, src) : movss(dst, src);
  } else if (size_bytes == 8) {
    avx ? vmovsd(dst, src) : movsd(dst, src);
  } else {
    avx ? vmovups(dst, src) : movups(dst, src);
  }
}

void MacroAssembler::store(const Mem& dst, Xmm src, uint32_t size_bytes) {
  const bool avx = has_avx();
  if (size_bytes == 4) {
    avx ? vmovss(dst, src) : movss(dst, src);
  } else if (size_bytes == 8) {
    avx ? vmovsd(dst, src) : movsd(dst, src);
  } else {
    avx ? vmovups(dst, src) : movups(dst, src);
  }
}

void MacroAssembler::set(Gpr dst, uint64_t value) {
  if (value == 0) {
    xor_(Width::w32, dst, dst);
  } else {
    mov_imm(dst, value);
  }
}

void MacroAssembler::set(Xmm dst, const V128& value) {
  if (value == V128{}) {
    has_avx() ? vxorps(dst, dst, dst) : xorps(dst, dst);
  } else if (value.lanes<uint64_t>() == std::array{UINT64_MAX, UINT64_MAX}) {
    has_avx() ? vpcmpeqd(dst, dst, dst) : pcmpeqd(dst, dst);
  } else {
    const Mem memory = constant(value);
    has_avx() ? vmovaps(dst, memory) : movaps(dst, memory);
  }
}

base::Result<> MacroAssembler::finish(CodeObject& object) {
  for (ColdTrap& cold : cold_traps_) {
    bind(cold.label);
    body_offset_ = cold.body_offset;
    trap(cold.code);
  }
  cold_traps_.clear();
  pool_.place(buffer_);
  const auto text = buffer_.finish();
  const bool has_room = text && base::try_reserve(object.text, text->size()) &&
                        base::try_reserve(object.references, references_.size()) &&
                        base::try_reserve(object.sites, sites_.size());
  if (has_room) {  // copied, so that nothing is larger than it need be and ours keeps its memory
    object.text.assign(text->begin(), text->end());
    object.references.assign(references_.begin(), references_.end());
    object.sites.assign(sites_.begin(), sites_.end());
    object.handlers = handlers_;
    object.frame_bytes = 0;
  }
  references_.clear();
  sites_.clear();
  handlers_.clear();
  body_offset_ = 0;
  pool_.clear();
  buffer_.clear();
  if (!text) return std::unexpected(text.error());
  if (!has_room) return base::fail(base::ErrorCode::out_of_memory, "a copy of a function's code");
  return {};
}

}  // namespace waxwing::codegen::x64
