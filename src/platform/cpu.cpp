// One section for each ISA, with the same functions in the same order.
#include "platform/cpu.h"

#include <optional>

#if defined(__x86_64__)
#include <cpuid.h>
#if __has_include(<sys/platform/x86.h>)
// glibc's header spells it as C does.
#define _Bool bool  // NOLINT(bugprone-reserved-identifier)
#include <sys/platform/x86.h>
#undef _Bool
#endif
#endif

namespace waxwing::platform {

#if defined(__x86_64__)

namespace {

// The C library has asked for these when the process started. In a virtual machine each time is a
// trap of microseconds.
#if __has_include(<sys/platform/x86.h>)
std::optional<CpuidResult> known_cpuid(uint32_t leaf, uint32_t subleaf) {
  if (subleaf != 0 || (leaf != 1 && leaf != 7 && leaf != 0x80000001)) return std::nullopt;
  const unsigned index = leaf == 1   ? CPUID_INDEX_1
                         : leaf == 7 ? CPUID_INDEX_7
                                     : CPUID_INDEX_80000001;
  const unsigned* words = __x86_get_cpuid_feature_leaf(index)->cpuid_array;
  return CpuidResult{.a = words[0], .b = words[1], .c = words[2], .d = words[3]};
}
#else
std::optional<CpuidResult> known_cpuid(uint32_t, uint32_t) { return std::nullopt; }
#endif

}  // namespace

CpuidResult cpuid(uint32_t leaf, uint32_t subleaf) {
  if (const auto known = known_cpuid(leaf, subleaf)) return *known;
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
