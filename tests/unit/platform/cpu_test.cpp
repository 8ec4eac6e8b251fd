#include "platform/cpu.h"

#include <gtest/gtest.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace waxwing::platform {
namespace {

#if defined(__x86_64__)

TEST(Cpu, SaysWhatTheInstructionSays) {
  for (const uint32_t leaf : {1U, 7U, 0x80000001U}) {
    CpuidResult expected;
    ASSERT_TRUE(__get_cpuid_count(leaf, 0, &expected.a, &expected.b, &expected.c, &expected.d));
    const CpuidResult found = cpuid(leaf);
    EXPECT_EQ(found.a, expected.a) << leaf;
    if (leaf != 1) {
      EXPECT_EQ(found.b, expected.b) << leaf;  // of leaf 1, some of it is the core's number
    }
    EXPECT_EQ(found.c, expected.c) << leaf;
    EXPECT_EQ(found.d, expected.d) << leaf;
  }
}

TEST(Cpu, AbsentLeavesAreZeros) {
  const CpuidResult found = cpuid(0x7fffffff);
  EXPECT_EQ(found.a | found.b | found.c | found.d, 0U);
}

#endif

}  // namespace
}  // namespace waxwing::platform
