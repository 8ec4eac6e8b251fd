// Which register has which job in code for x86-64. The order of the arguments is that of System V's
// third to sixth, so that one stub enters most functions without moving them.
#pragma once

#include <array>
#include <cstdint>

#include "assembler/x64/registers.h"

namespace waxwing::codegen::x64 {

using assembler::x64::Gpr;
using assembler::x64::Xmm;

inline constexpr Gpr context_register = Gpr::r14;      // abi::VmContext
inline constexpr Gpr memory_base_register = Gpr::r15;  // of memory 0; anything where there is none
inline constexpr Gpr scratch = Gpr::r11;         // of single instructions' code; dead between them
inline constexpr Xmm scratch_xmm = Xmm::xmm15;   // the same
inline constexpr Xmm scratch_xmm2 = Xmm::xmm14;  // the same

inline constexpr std::array<Gpr, 8> argument_gprs = {Gpr::rdx, Gpr::rcx, Gpr::r8,  Gpr::r9,
                                                     Gpr::rdi, Gpr::rsi, Gpr::rax, Gpr::r10};
inline constexpr std::array<Xmm, 8> argument_xmms = {Xmm::xmm0, Xmm::xmm1, Xmm::xmm2, Xmm::xmm3,
                                                     Xmm::xmm4, Xmm::xmm5, Xmm::xmm6, Xmm::xmm7};
inline constexpr std::array<Gpr, 4> result_gprs = {Gpr::rax, Gpr::rdx, Gpr::rcx, Gpr::rdi};
inline constexpr std::array<Xmm, 4> result_xmms = {Xmm::xmm0, Xmm::xmm1, Xmm::xmm2, Xmm::xmm3};
/// A callee leaves these as they were, and rbp, r14 and r15; it may change all others.
inline constexpr std::array<Gpr, 3> callee_saved_gprs = {Gpr::rbx, Gpr::r12, Gpr::r13};

/// What a call of a builtin passes: C's second to sixth arguments. The stub adds the context as the
/// first.
inline constexpr std::array<Gpr, 5> builtin_argument_gprs = {Gpr::rsi, Gpr::rdx, Gpr::rcx, Gpr::r8,
                                                             Gpr::r9};
/// Where a builtin's value is.
inline constexpr Gpr builtin_result_gpr = Gpr::rax;

}  // namespace waxwing::codegen::x64
