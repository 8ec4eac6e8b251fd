// Runs pieces of code for x86-64 on registers that a test chooses, and says what they left: for
// tests of the emitters. Many pieces are published at once, because publishing is slow.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/v128.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/operand.h"
#include "platform/code_memory.h"
#include "platform/code_ranges.h"
#include "platform/fault_handler.h"
#include "platform/signal_stack.h"

namespace waxwing::codegen::x64 {

/// All that a piece of code starts with and leaves. rsp is not the test's, nor is scratch: it
/// starts with garbage.
struct Registers {
  std::array<uint64_t, 16> gprs{};
  std::array<base::V128, 16> xmms{};
  uint32_t trap = 0;  // a TrapCode: why the code did not come to its end

  uint64_t& gpr(Gpr reg) { return gprs[number(reg)]; }
  base::V128& xmm(Xmm reg) { return xmms[number(reg)]; }
};

/// Features that this processor has, up to a level.
enum class FeatureLevel : uint8_t { sse4, avx, avx2, avx512, full };
inline constexpr FeatureLevel feature_levels[] = {FeatureLevel::sse4, FeatureLevel::avx,
                                                  FeatureLevel::avx2, FeatureLevel::avx512,
                                                  FeatureLevel::full};

inline const char* level_name(FeatureLevel level) {
  constexpr const char* names[] = {"sse4", "avx", "avx2", "avx512", "full"};
  return names[static_cast<size_t>(level)];
}

inline CpuFeatures features_of(FeatureLevel level) {
  static const CpuFeatures host = CpuFeatures::from_host().value_or(CpuFeatures());
  if (level == FeatureLevel::full) return host;
  CpuFeatures features;
  const auto add = [&](FeatureLevel from, auto... some) {
    if (level < from) return;
    for (const Feature feature : {some...}) {
      if (host.has(feature)) features.add(feature);
    }
  };
  add(FeatureLevel::avx, Feature::avx);
  add(FeatureLevel::avx2, Feature::avx2, Feature::fma, Feature::bmi1, Feature::bmi2);
  add(FeatureLevel::avx512, Feature::avx512f, Feature::avx512dq, Feature::avx512bw);
  return features;
}

#if defined(__x86_64__)
inline constexpr bool runs_x64_code = true;
#else
inline constexpr bool runs_x64_code = false;
#endif

/// Pieces of code in one executable image. Pieces are added, then loaded, then run. Traps and noted
/// faults end a piece and are told by Registers::trap.
class X64Machine {
 public:
  X64Machine() = default;
  X64Machine(const X64Machine&) = delete;
  X64Machine& operator=(const X64Machine&) = delete;

  /// Adds the piece that `emit(MacroAssembler&)` emits; returns its number.
  template <typename Emit>
  size_t add(FeatureLevel level, Emit emit) {
    MacroAssembler m(features_of(level));
    enter(m);
    emit(m);
    const uint32_t leave_at = m.buffer().position();
    leave(m);
    CodeObject object;
    EXPECT_TRUE(m.finish(object));
    return append(object, leave_at);
  }

  /// Makes the pieces runnable; false where this host does not run such code.
  bool load() {
    if (!runs_x64_code) return false;
    auto memory = platform::CodeMemory::reserve(bytes_.size());
    if (!memory) return false;
    memory_ = *std::move(memory);
    std::ranges::copy(bytes_, memory_.writable().begin());
    if (!memory_.publish(bytes_.size())) return false;
    memory_.seal();
    auto range = platform::CodeRange::add(memory_.code(), answer, this);
    EXPECT_TRUE(range && platform::install_fault_handler() && platform::ensure_signal_stack());
    range_ = *std::move(range);
    return true;
  }

  void run(size_t piece, Registers& registers) const {
    const uint8_t* code = memory_.code().data() + pieces_[piece].begin;
    registers.trap = 0;
    // reinterpret_cast: it is code.
    reinterpret_cast<void (*)(Registers*)>(reinterpret_cast<uintptr_t>(code))(&registers);
  }

  /// The faults that a piece has noted, with offsets from its start.
  const std::vector<abi::CodeSite>& sites(size_t piece) const { return pieces_[piece].sites; }

 private:
  struct Piece {
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t fault_stub = 0;
    std::vector<abi::CodeSite> sites;
  };

  static constexpr uint32_t alignment = 64;
  static constexpr Gpr kept[] = {Gpr::rbp, Gpr::rbx, Gpr::r12, Gpr::r13, Gpr::r14, Gpr::r15};
  static constexpr uint64_t garbage = 0xdeadbeefcafef00d;

  static bool is_tested(unsigned gpr) { return gpr != number(Gpr::rsp) && gpr != number(scratch); }
  static Mem gpr_in(Gpr base, unsigned gpr) {
    return Mem(base, static_cast<int32_t>(offsetof(Registers, gprs) + 8 * gpr));
  }
  static Mem xmm_in(Gpr base, unsigned xmm) {
    return Mem(base, static_cast<int32_t>(offsetof(Registers, xmms) + 16 * xmm));
  }

  // rdi: Registers*, which stays on top of the stack.
  static void enter(MacroAssembler& m) {
    for (const Gpr reg : kept) m.push(reg);
    m.push(Gpr::rdi);
    for (unsigned i = 0; i < 16; ++i) m.movups(static_cast<Xmm>(i), xmm_in(Gpr::rdi, i));
    for (unsigned i = 0; i < 16; ++i) {
      if (!is_tested(i) || i == number(Gpr::rdi)) continue;
      m.mov(Width::w64, static_cast<Gpr>(i), gpr_in(Gpr::rdi, i));
    }
    m.mov(Width::w64, Gpr::rdi, gpr_in(Gpr::rdi, number(Gpr::rdi)));
    m.mov_imm(scratch, garbage);
  }

  static void leave(MacroAssembler& m) {
    m.pop(scratch);
    for (unsigned i = 0; i < 16; ++i) m.movups(xmm_in(scratch, i), static_cast<Xmm>(i));
    for (unsigned i = 0; i < 16; ++i) {
      if (is_tested(i)) m.mov(Width::w64, gpr_in(scratch, i), static_cast<Gpr>(i));
    }
    for (size_t i = std::size(kept); i > 0; --i) m.pop(kept[i - 1]);
    if (m.has_avx()) m.vzeroupper();
    m.ret();
  }

  size_t append(const CodeObject& object, uint32_t leave_at) {
    bytes_.resize((bytes_.size() + 2 * alignment - 1) / alignment * alignment, 0xcc);
    Piece piece{.begin = static_cast<uint32_t>(bytes_.size()), .sites = object.sites};
    std::vector<uint8_t> text = object.text;
    for (const Reference& reference : object.references) {
      EXPECT_EQ(reference.target.kind, TargetKind::trap);
      const auto distance =
          static_cast<int32_t>(text.size()) - static_cast<int32_t>(reference.position) - 4;
      std::memcpy(&text[reference.position], &distance, 4);
      append_stub(text, leave_at, static_cast<int32_t>(reference.target.index));
    }
    piece.fault_stub = piece.begin + static_cast<uint32_t>(text.size());
    append_stub(text, leave_at, -1);
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    piece.end = static_cast<uint32_t>(bytes_.size());
    pieces_.push_back(piece);
    return pieces_.size() - 1;
  }

  // Called with the number of the trap, or jumped to where it is -1: then rsi has the number.
  static void append_stub(std::vector<uint8_t>& text, uint32_t leave_at, int32_t trap) {
    assembler::CodeBuffer buffer;
    assembler::x64::Assembler a(buffer);
    const Mem field(scratch, static_cast<int32_t>(offsetof(Registers, trap)));
    if (trap >= 0) a.pop(scratch);
    a.mov(Width::w64, scratch, Mem(Gpr::rsp));
    if (trap >= 0) {
      a.mov(Width::w32, field, trap);
    } else {
      a.mov(Width::w32, field, Gpr::rsi);
    }
    const auto end = static_cast<int32_t>(text.size() + buffer.position() + 5);
    a.jmp_rel32(static_cast<int32_t>(leave_at) - end);
    const auto code = buffer.finish();
    text.insert(text.end(), code->begin(), code->end());
  }

  static bool answer(void* context, platform::Fault& fault) {
    const auto& machine = *static_cast<const X64Machine*>(context);
    const auto base = reinterpret_cast<uintptr_t>(machine.memory_.code().data());
    const auto offset = static_cast<uint32_t>(fault.registers.pc - base);
    for (const Piece& piece : machine.pieces_) {
      if (offset < piece.begin || offset >= piece.end) continue;
      for (const abi::CodeSite& site : piece.sites) {
        if (site.code_offset != offset - piece.begin) continue;
        fault.registers.general[number(Gpr::rsi)] = static_cast<uintptr_t>(site.trap);
        fault.registers.pc = base + piece.fault_stub;
        return true;
      }
    }
    return false;  // not noted: the test dies, and shows where
  }

  std::vector<uint8_t> bytes_;
  std::vector<Piece> pieces_;
  platform::CodeMemory memory_;
  platform::CodeRange range_;
};

/// A small generator of test data: splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  Registers registers() {
    Registers registers;
    for (uint64_t& gpr : registers.gprs) gpr = next();
    for (base::V128& xmm : registers.xmms) {
      xmm = base::V128::from_lanes(std::array{next(), next()});
    }
    return registers;
  }

 private:
  uint64_t state_;
};

/// The first register that a piece changed although it may not: what is not `result`, scratch_xmm
/// or scratch_xmm2. Empty if none.
inline std::string wrongly_changed(const Registers& before, const Registers& after, RegRef result) {
  for (unsigned i = 0; i < 16; ++i) {
    const auto gpr = static_cast<Gpr>(i);
    if (gpr != Gpr::rsp && gpr != scratch && RegRef(gpr) != result &&
        before.gprs[i] != after.gprs[i]) {
      return "gpr " + std::to_string(i);
    }
    const auto xmm = static_cast<Xmm>(i);
    if (xmm != scratch_xmm && xmm != scratch_xmm2 && RegRef(xmm) != result &&
        before.xmms[i] != after.xmms[i]) {
      return "xmm " + std::to_string(i);
    }
  }
  return {};
}

}  // namespace waxwing::codegen::x64
