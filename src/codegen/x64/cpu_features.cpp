// Where CPUID tells of each feature. [Intel SDM vol. 2A, CPUID; vol. 1, 14.3, 15.2]
#include "codegen/x64/cpu_features.h"

#include <iterator>

#include "platform/cpu.h"

namespace waxwing::codegen::x64 {

namespace {

constexpr uint32_t basic_leaf = 1;
constexpr uint32_t structured_leaf = 7;
constexpr uint32_t extended_leaf = 0x80000001;

// Parts of the state that the operating system must save, as XCR0 has them.
constexpr uint64_t xmm_and_ymm = 0x06;
constexpr uint64_t avx512_state = 0xe6;

struct Row {
  Feature feature;
  uint32_t leaf;
  uint32_t platform::CpuidResult::* word;
  uint32_t bit;
  uint64_t saved_state = 0;
};

constexpr auto b = &platform::CpuidResult::b;
constexpr auto c = &platform::CpuidResult::c;

// AVX-512's rows count only where AVX-512VL is, too.
constexpr Row rows[] = {
    {Feature::cx16, basic_leaf, c, 13},
    {Feature::movbe, basic_leaf, c, 22},
    {Feature::popcnt, basic_leaf, c, 23},
    {Feature::lzcnt, extended_leaf, c, 5},
    {Feature::bmi1, structured_leaf, b, 3},
    {Feature::bmi2, structured_leaf, b, 8},
    {Feature::adx, structured_leaf, b, 19},
    {Feature::prfchw, extended_leaf, c, 8},
    {Feature::sse3, basic_leaf, c, 0},
    {Feature::ssse3, basic_leaf, c, 9},
    {Feature::sse4_1, basic_leaf, c, 19},
    {Feature::sse4_2, basic_leaf, c, 20},
    {Feature::avx, basic_leaf, c, 28, xmm_and_ymm},
    {Feature::avx2, structured_leaf, b, 5, xmm_and_ymm},
    {Feature::fma, basic_leaf, c, 12, xmm_and_ymm},
    {Feature::gfni, structured_leaf, c, 8, xmm_and_ymm},
    {Feature::avx512f, structured_leaf, b, 16, avx512_state},
    {Feature::avx512dq, structured_leaf, b, 17, avx512_state},
    {Feature::avx512bw, structured_leaf, b, 30, avx512_state},
    {Feature::avx512_vbmi, structured_leaf, c, 1, avx512_state},
    {Feature::avx512_bitalg, structured_leaf, c, 12, avx512_state},
    {Feature::avx512_vpopcntdq, structured_leaf, c, 14, avx512_state},
    {Feature::avx512_vnni, structured_leaf, c, 11, avx512_state},
};
static_assert(std::size(rows) == static_cast<size_t>(Feature::avx512_vnni));  // all but `base`

constexpr uint32_t avx512vl_bit = 31;  // of the structured leaf's b

bool is_bit_set(uint32_t word, uint32_t bit) { return (word >> bit & 1) != 0; }

}  // namespace

base::Result<CpuFeatures> CpuFeatures::from_host() {
  const platform::CpuidResult basic = platform::cpuid(basic_leaf);
  const platform::CpuidResult structured = platform::cpuid(structured_leaf);
  const platform::CpuidResult extended = platform::cpuid(extended_leaf);
  const uint64_t saved = platform::saved_cpu_state();
  const bool has_avx = is_bit_set(basic.c, 28) && (saved & xmm_and_ymm) == xmm_and_ymm;
  const bool has_avx512vl = has_avx && is_bit_set(structured.b, avx512vl_bit);
  CpuFeatures features;
  uint64_t found = feature_bit(Feature::base);
  for (const Row& row : rows) {
    const platform::CpuidResult& leaf = row.leaf == basic_leaf        ? basic
                                        : row.leaf == structured_leaf ? structured
                                                                      : extended;
    if (!is_bit_set(leaf.*row.word, row.bit) || (saved & row.saved_state) != row.saved_state ||
        (row.saved_state != 0 && !has_avx) || (row.saved_state == avx512_state && !has_avx512vl)) {
      continue;
    }
    features.add(row.feature);
    found |= feature_bit(row.feature);
  }
  if (found != features.bits()) {
    return base::fail(base::ErrorCode::unsupported,
                      "the compilers need an x86-64 processor with SSE4.2, POPCNT and CMPXCHG16B: "
                      "use the interpreter");
  }
  return features;
}

}  // namespace waxwing::codegen::x64
