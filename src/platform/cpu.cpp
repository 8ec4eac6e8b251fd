// One section for each ISA, with the same functions in the same order.
#include "platform/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace waxwing::platform {

#if defined(__x86_64__)

CpuidResult cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidResult result;
  // False where the leaf is beyond the largest one of its range.
  if (__get_cpuid_count(leaf, subleaf, &result.a, &result.b, &result.c, &result.d) == 0) return {};
  return result;
}

uint64_t saved_cpu_state() {
  constexpr uint32_t osxsave = 1U << 27;  // without it XGETBV is an illegal instruction
  if ((cpuid(1).c & osxsave) == 0) return 0;
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

#else

CpuidResult cpuid(uint32_t, uint32_t) { return {}; }
uint64_t saved_cpu_state() { return 0; }

#endif

}  // namespace waxwing::platform
