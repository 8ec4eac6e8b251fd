// The assembler with what all code of Waxwing needs besides instructions: the processor's features,
// constants, traps out of line, references to other functions and stubs, and the sites that the
// runtime looks up.
#pragma once

#include <vector>

#include "abi/builtins.h"
#include "assembler/constant_pool.h"
#include "assembler/growable.h"
#include "assembler/x64/assembler.h"
#include "base/v128.h"
#include "codegen/code_object.h"
#include "codegen/x64/cpu_features.h"
#include "codegen/x64/registers.h"

namespace waxwing::codegen::x64 {

using assembler::Label;
using assembler::x64::Condition;
using assembler::x64::Feature;
using assembler::x64::Mem;
using assembler::x64::Scale;
using assembler::x64::Width;

/// Writes one function. Reused for the next one after `finish`. Not thread-safe.
class MacroAssembler : public assembler::x64::Assembler {
 public:
  explicit MacroAssembler(const CpuFeatures& features) : Assembler(buffer_), features_(features) {}

  bool has(Feature feature) const { return features_.has(feature); }
  bool has_avx() const { return features_.has(Feature::avx); }

  /// The constant, for the next instruction that reads memory; 16-byte ones are aligned.
  Mem constant(uint32_t value);
  Mem constant(uint64_t value);
  Mem constant(const base::V128& value);

  /// Bytes so far.
  uint32_t position() const { return buffer_.position(); }

  /// What follows belongs to the instruction at that offset in the function's body.
  void set_body_offset(uint32_t offset) { body_offset_ = offset; }
  uint32_t body_offset() const { return body_offset_; }
  /// Traps where the condition holds; the code for that is out of line. Keeps all registers.
  void trap_if(Condition condition, syntax::TrapCode code);
  void trap(syntax::TrapCode code);
  /// The next instruction may fault, which then is that trap.
  void note_fault(syntax::TrapCode code);

  /// Calls and jumps that the linker resolves. A call is a site.
  void call(Target target);
  void jmp(Target target);
  void call_builtin(abi::BuiltinId id) { call({TargetKind::builtin, static_cast<uint32_t>(id)}); }
  using Assembler::call;
  using Assembler::jmp;
  /// After any other call instruction: its return address is a site.
  void note_call();

  /// Moves a value between registers, or a register and memory, of any type of its class: 32, 64 or
  /// 128 bits.
  void move(Gpr dst, Gpr src);                               // all 64 bits
  void move(Xmm dst, Xmm src);                               // all 128 bits
  void load(Xmm dst, const Mem& src, uint32_t size_bytes);   // 4 and 8 clear what is above
  void store(const Mem& dst, Xmm src, uint32_t size_bytes);  // no alignment needed
  /// The shortest code that sets all 64 bits. May change flags.
  void set(Gpr dst, uint64_t value);
  void set(Xmm dst, const base::V128& value);

  abi::CodeHandler& add_handler() { return handlers_.emplace_back(); }

  /// Emits what is out of line and the constants; then `object` is complete, whatever it was
  /// before. Errors: `out_of_memory`, also where the code is larger than distances reach.
  base::Result<> finish(CodeObject& object);

 private:
  struct ColdTrap {
    Label label;
    uint32_t body_offset;
    syntax::TrapCode code;
  };

  void add_site(const abi::CodeSite& site) {
    if (!sites_.push_back(site)) [[unlikely]]
      buffer_.fail();
  }
  void add_reference(const Reference& reference) {
    if (!references_.push_back(reference)) [[unlikely]]
      buffer_.fail();
  }

  assembler::CodeBuffer buffer_;
  assembler::ConstantPool pool_;
  CpuFeatures features_;
  assembler::Growable<abi::CodeSite> sites_;
  assembler::Growable<Reference> references_;
  std::vector<abi::CodeHandler> handlers_;
  std::vector<ColdTrap> cold_traps_;
  uint32_t body_offset_ = 0;
};

inline void MacroAssembler::note_fault(syntax::TrapCode code) {
  add_site({buffer_.position(), body_offset_, code});
}

inline void MacroAssembler::note_call() {
  add_site({buffer_.position() - 1, body_offset_, syntax::TrapCode::none});
}

inline void MacroAssembler::move(Gpr dst, Gpr src) {
  if (dst != src) mov(Width::w64, dst, src);
}

inline void MacroAssembler::move(Xmm dst, Xmm src) {
  if (dst == src) return;
  if (has_avx()) {
    vmovaps(dst, src);
  } else {
    movaps(dst, src);
  }
}

}  // namespace waxwing::codegen::x64
