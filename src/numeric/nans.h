// The NaNs that the specification leaves open, and the one that deterministic code has instead.
// [spec 4.3.3, deterministic profile]
#pragma once

#include <array>
#include <string_view>

#include "numeric/lanes.h"
#include "numeric/soft_float.h"
#include "syntax/opcode_table.h"

namespace waxwing::numeric {

/// Of which floats an instruction's result consists, whose NaN may have any of several payloads and
/// signs; `none` for all others: those that move bits, and those that yield no NaN.
enum class OpenNans : uint8_t { none, f32, f64, f32x4, f64x2 };

consteval OpenNans read_open_nans(const syntax::OpInfo& info) {
  constexpr std::string_view words[] = {"add",
                                        "sub",
                                        "mul",
                                        "div",
                                        "sqrt",
                                        "ceil",
                                        "floor",
                                        "trunc",
                                        "nearest",
                                        "min",
                                        "max",
                                        "demote_f64",
                                        "promote_f32",
                                        "relaxed_min",
                                        "relaxed_max",
                                        "relaxed_madd",
                                        "relaxed_nmadd",
                                        "demote_f64x2_zero",
                                        "promote_low_f32x4"};
  constexpr std::string_view shapes[] = {"", "f32", "f64", "f32x4", "f64x2"};
  if (info.kind != syntax::OpKind::pure) return OpenNans::none;
  const size_t dot = info.text.find('.');
  if (dot == info.text.npos) return OpenNans::none;
  bool is_open = false;
  for (const std::string_view word : words) is_open |= info.text.substr(dot + 1) == word;
  for (size_t i = 1; is_open && i < std::size(shapes); ++i) {
    if (info.text.substr(0, dot) == shapes[i]) return OpenNans(i);
  }
  return OpenNans::none;
}

inline constexpr std::array<OpenNans, syntax::op_count> open_nans_table = []() consteval {
  std::array<OpenNans, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table) table[size_t(info.id)] = read_open_nans(info);
  return table;
}();

constexpr OpenNans open_nans(syntax::Op op) { return open_nans_table[size_t(op)]; }

/// The canonical NaN for every NaN.
template <typename F>
constexpr F canonicalize(F x) {
  return is_nan(x) ? canonical_nan<F>() : x;
}

/// The same for the bits of a number that the instruction yields.
constexpr uint64_t canonicalize_bits(syntax::Op op, uint64_t bits) {
  if (open_nans(op) == OpenNans::f32)
    return to_bits(canonicalize(from_bits<float>(static_cast<uint32_t>(bits))));
  if (open_nans(op) == OpenNans::f64) return to_bits(canonicalize(from_bits<double>(bits)));
  return bits;
}

/// The same in each lane of type F.
template <typename F>
constexpr V128 canonicalize_lanes(V128 v) {
  return map_lanes<F>(
      [](auto x) {
        if constexpr (std::is_same_v<decltype(x), F>) {
          return canonicalize(x);
        } else {
          return x == x ? x : decltype(x){} + canonical_nan<F>();
        }
      },
      v);
}

}  // namespace waxwing::numeric
