// Where CPUID tells of each feature. [Intel SDM vol. 2A, CPUID; vol. 1, 14.3, 15.2]
#include "codegen/x64/cpu_features.h"

#include <algorithm>
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
  std::string_view text;
  uint32_t leaf;
  uint32_t platform::CpuidResult::* word;
  uint32_t bit;
  uint64_t saved_state = 0;
};

constexpr auto ebx = &platform::CpuidResult::b;
constexpr auto ecx = &platform::CpuidResult::c;

// AVX-512's rows count only where AVX-512VL is, too.
constexpr Row rows[] = {
    {Feature::cx16, "cx16", basic_leaf, ecx, 13},
    {Feature::movbe, "movbe", basic_leaf, ecx, 22},
    {Feature::popcnt, "popcnt", basic_leaf, ecx, 23},
    {Feature::lzcnt, "lzcnt", extended_leaf, ecx, 5},
    {Feature::bmi1, "bmi1", structured_leaf, ebx, 3},
    {Feature::bmi2, "bmi2", structured_leaf, ebx, 8},
    {Feature::adx, "adx", structured_leaf, ebx, 19},
    {Feature::prfchw, "prfchw", extended_leaf, ecx, 8},
    {Feature::sse3, "sse3", basic_leaf, ecx, 0},
    {Feature::ssse3, "ssse3", basic_leaf, ecx, 9},
    {Feature::sse4_1, "sse4.1", basic_leaf, ecx, 19},
    {Feature::sse4_2, "sse4.2", basic_leaf, ecx, 20},
    {Feature::avx, "avx", basic_leaf, ecx, 28, xmm_and_ymm},
    {Feature::avx2, "avx2", structured_leaf, ebx, 5, xmm_and_ymm},
    {Feature::fma, "fma", basic_leaf, ecx, 12, xmm_and_ymm},
    {Feature::gfni, "gfni", structured_leaf, ecx, 8, xmm_and_ymm},
    {Feature::avx512f, "avx512f", structured_leaf, ebx, 16, avx512_state},
    {Feature::avx512dq, "avx512dq", structured_leaf, ebx, 17, avx512_state},
    {Feature::avx512bw, "avx512bw", structured_leaf, ebx, 30, avx512_state},
    {Feature::avx512_vbmi, "avx512-vbmi", structured_leaf, ecx, 1, avx512_state},
    {Feature::avx512_bitalg, "avx512-bitalg", structured_leaf, ecx, 12, avx512_state},
    {Feature::avx512_vpopcntdq, "avx512-vpopcntdq", structured_leaf, ecx, 14, avx512_state},
    {Feature::avx512_vnni, "avx512-vnni", structured_leaf, ecx, 11, avx512_state},
};
static_assert(std::size(rows) == static_cast<size_t>(Feature::avx512_vnni));  // all but `base`

constexpr uint32_t avx512vl_bit = 31;  // of the structured leaf's b

bool is_bit_set(uint32_t word, uint32_t bit) { return (word >> bit & 1) != 0; }

base::Result<CpuFeatures> detect() {
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

}  // namespace

base::Result<CpuFeatures> CpuFeatures::from_host() {
  static const base::Result<CpuFeatures> host = detect();
  return host;
}

std::optional<CpuFeatures> CpuFeatures::from_text(std::string_view text) {
  CpuFeatures features;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    const Row* const row = std::ranges::find(rows, word, &Row::text);
    if (row == std::end(rows)) return std::nullopt;
    features.add(row->feature);
  }
  return features;
}

std::string CpuFeatures::text() const {
  std::string text;
  for (const Row& row : rows) {
    if (!has(row.feature) || (minimum & feature_bit(row.feature)) != 0) continue;
    if (!text.empty()) text += ' ';
    text += row.text;
  }
  return text;
}

}  // namespace waxwing::codegen::x64
