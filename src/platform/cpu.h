// What the processor says of itself.
#pragma once

#include <cstdint>

namespace waxwing::platform {

/// The registers eax, ebx, ecx and edx that x86-64's CPUID fills.
struct CpuidResult {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
};

/// What CPUID says for a leaf and its subleaf. Zeros where the processor has no such leaf, or is no
/// x86-64. About 100 cycles, in a virtual machine up to 100 us, but for leaves 1, 7 and 0x80000001:
/// those the C library knows. Thread-safe.
CpuidResult cpuid(uint32_t leaf, uint32_t subleaf = 0);

/// The parts of the processor's state that the operating system saves: register XCR0. 0 where the
/// system does not tell, or the processor is no x86-64.
uint64_t saved_cpu_state();

}  // namespace waxwing::platform
