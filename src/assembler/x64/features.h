// What a processor may have beyond SSE2, which all x86-64 have; rows of instructions.def name it.
#pragma once

#include <cstdint>

namespace waxwing::assembler::x64 {

enum class Feature : uint8_t {
  base,
  cx16,
  movbe,
  popcnt,
  lzcnt,
  bmi1,
  bmi2,
  adx,
  prfchw,
  sse3,
  ssse3,
  sse4_1,
  sse4_2,
  avx,
  avx2,
  fma,
  gfni,
  // The AVX-512 rows use 128-bit vectors: each needs avx512vl too.
  avx512f,
  avx512dq,
  avx512bw,
  avx512_vbmi,
  avx512_bitalg,
  avx512_vpopcntdq,
  avx512_vnni,
};

}  // namespace waxwing::assembler::x64
