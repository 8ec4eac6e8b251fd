// Moves a call's arguments or results between an array of slots and where the register convention
// has them, whole lists of them: what stubs are made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codegen/call_layout.h"
#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {

/// Where the values of a list are. Both ends of every move are slots or registers by these rules:
/// an i32 is zero-extended wherever it is written, and 32 bits are read of it; of an f32 the upper
/// half of a slot is anything.
class ValueList {
 public:
  static ValueList arguments(std::span<const syntax::ValType> types);
  static ValueList results(std::span<const syntax::ValType> types);

  /// How long the array is.
  uint32_t slot_count() const { return slot_count_; }
  bool has_transfer() const { return !runs_.empty(); }

  /// Loads the registers from the array that begins at `array` + `offset` bytes. `array` is no
  /// register of the list.
  void load_registers(MacroAssembler& masm, Gpr array, int32_t offset) const;
  /// Stores them there. Changes the scratch registers, and with floats `temporary`, which is in
  /// no list or was stored (general registers are stored first).
  void store_registers(MacroAssembler& masm, Gpr array, int32_t offset, Gpr temporary) const;

  struct Copy {
    Gpr array;
    int32_t offset = 0;
    Gpr transfer;  // ExecutionState::transfer
  };
  /// Copies what is beyond the registers from the array to the transfer slots, or back. Changes
  /// rcx, rsi, rdi and the scratch xmm registers; `array` and `transfer` are others.
  void copy_to_transfer(MacroAssembler& masm, const Copy& copy) const {
    copy_runs(masm, copy, true);
  }
  void copy_from_transfer(MacroAssembler& masm, const Copy& copy) const {
    copy_runs(masm, copy, false);
  }

 private:
  struct InRegister {
    syntax::ValKind kind;
    uint32_t slot;   // in the array
    uint32_t index;  // of the register in its class
  };
  /// Transfer slots that follow one another in the array too. There are few: both kinds of
  /// registers are soon used up, and then all the rest is one run.
  struct Run {
    uint32_t slot;
    uint32_t transfer_slot;
    uint32_t count;
  };

  ValueList(std::span<const syntax::ValType> types, CallLayout layout);
  void copy_runs(MacroAssembler& masm, const Copy& copy, bool to_transfer) const;

  std::span<const Gpr> gprs_;
  std::span<const Xmm> xmms_;
  std::vector<InRegister> registers_;
  std::vector<Run> runs_;
  uint32_t slot_count_ = 0;
};

}  // namespace waxwing::codegen::x64
