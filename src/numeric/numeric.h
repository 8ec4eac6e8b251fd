// What every PURE instruction of opcodes.def computes: one constexpr function a row, named like the
// row. i32 is uint32_t, i64 uint64_t, f32 float, f64 double, v128 V128; tests yield 0 or 1;
// immediates are the last parameters. What can trap returns OrTrap. Adding an instruction: the row,
// and its function here; meanings.cpp checks that they fit.
#pragma once

// IWYU pragma: begin_exports
#include "numeric/convert_ops.h"
#include "numeric/float_ops.h"
#include "numeric/int_ops.h"
#include "numeric/results.h"
#include "numeric/simd_convert_ops.h"
#include "numeric/simd_float_ops.h"
#include "numeric/simd_int_ops.h"
#include "numeric/simd_lane_ops.h"
#include "numeric/simd_widen_ops.h"
#include "numeric/wide_ops.h"
// IWYU pragma: end_exports
