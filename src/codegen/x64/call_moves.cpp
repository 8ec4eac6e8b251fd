// See call_moves.h.
#include "codegen/x64/call_moves.h"

#include "codegen/x64/registers.h"

namespace waxwing::codegen::x64 {

using syntax::ValKind;

namespace {

constexpr int32_t slot_bytes = 8;
constexpr uint32_t max_unrolled_slots = 12;  // beyond it `rep movs` is faster, and always shorter

constexpr int32_t slots_bytes(uint32_t slots) { return static_cast<int32_t>(slots) * slot_bytes; }

constexpr uint32_t size_bytes_of(ValKind kind) {
  if (kind == ValKind::v128) return 16;
  return kind == ValKind::f32 || kind == ValKind::i32 ? 4 : 8;
}

}  // namespace

ValueList::ValueList(std::span<const syntax::ValType> types, CallLayout layout) {
  for (const syntax::ValType type : types) {
    const ValuePlace place = layout.next(type.kind());
    const uint32_t count = type.slot_count();
    if (place.in_register) {
      registers_.push_back({type.kind(), slot_count_, place.index});
    } else if (!runs_.empty() && runs_.back().slot + runs_.back().count == slot_count_) {
      runs_.back().count += count;
    } else {
      runs_.push_back({slot_count_, place.index, count});
    }
    slot_count_ += count;
  }
}

ValueList ValueList::arguments(std::span<const syntax::ValType> types) {
  ValueList list(types, CallLayout(argument_gprs.size(), argument_xmms.size()));
  list.gprs_ = argument_gprs;
  list.xmms_ = argument_xmms;
  return list;
}

ValueList ValueList::results(std::span<const syntax::ValType> types) {
  ValueList list(types, CallLayout(result_gprs.size(), result_xmms.size()));
  list.gprs_ = result_gprs;
  list.xmms_ = result_xmms;
  return list;
}

void ValueList::load_registers(MacroAssembler& masm, Gpr array, int32_t offset) const {
  for (const InRegister& value : registers_) {
    const Mem slot(array, offset + slots_bytes(value.slot));
    if (class_of(value.kind) == RegClass::vector) {
      masm.load(xmms_[value.index], slot, size_bytes_of(value.kind));
    } else {
      const Width width = value.kind == ValKind::i32 ? Width::w32 : Width::w64;
      masm.mov(width, gprs_[value.index], slot);
    }
  }
}

void ValueList::store_registers(MacroAssembler& masm, Gpr array, int32_t offset,
                                Gpr temporary) const {
  for (const InRegister& value : registers_) {
    if (class_of(value.kind) == RegClass::vector) continue;
    masm.mov(Width::w64, Mem(array, offset + slots_bytes(value.slot)), gprs_[value.index]);
  }
  for (const InRegister& value : registers_) {
    if (class_of(value.kind) == RegClass::general) continue;
    const Mem slot(array, offset + slots_bytes(value.slot));
    const Xmm source = xmms_[value.index];
    if (value.kind == ValKind::f32) {  // through a register, which clears the upper half
      masm.has_avx() ? masm.vmovd(temporary, source) : masm.movd(temporary, source);
      masm.mov(Width::w64, slot, temporary);
    } else {
      masm.store(slot, source, size_bytes_of(value.kind));
    }
  }
}

void ValueList::copy_runs(MacroAssembler& masm, const Copy& copy, bool to_transfer) const {
  for (const Run& run : runs_) {
    const Gpr from = to_transfer ? copy.array : copy.transfer;
    const Gpr to = to_transfer ? copy.transfer : copy.array;
    const int32_t array_offset = copy.offset + slots_bytes(run.slot);
    const int32_t transfer_offset = slots_bytes(run.transfer_slot);
    const int32_t from_offset = to_transfer ? array_offset : transfer_offset;
    const int32_t to_offset = to_transfer ? transfer_offset : array_offset;
    if (run.count > max_unrolled_slots) {
      masm.lea(Width::w64, Gpr::rsi, Mem(from, from_offset));
      masm.lea(Width::w64, Gpr::rdi, Mem(to, to_offset));
      masm.set(Gpr::rcx, run.count);
      masm.rep_movsq();
      continue;
    }
    for (uint32_t i = 0; i < run.count;) {
      const uint32_t step = run.count - i >= 2 ? 2 : 1;
      masm.load(scratch_xmm, Mem(from, from_offset + slots_bytes(i)), step * slot_bytes);
      masm.store(Mem(to, to_offset + slots_bytes(i)), scratch_xmm, step * slot_bytes);
      i += step;
    }
  }
}

}  // namespace waxwing::codegen::x64
