// Widths of memory accesses and lanes, read from the instructions' names. [spec 3.4.10, 3.4.13]
#pragma once

#include <array>
#include <bit>
#include <string_view>

#include "syntax/opcode_table.h"

namespace waxwing::syntax {

/// Reads a decimal number off the front of `text`; 0 if there is none.
consteval unsigned take_number(std::string_view& text) {
  unsigned number = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    number = number * 10 + unsigned(text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

/// The bits that the load, store or atomic instruction `name` moves: "i64.load32_u" 32,
/// "v128.load8x8_s" 64, "f64.store" 64, "memory.atomic.notify" 32.
consteval unsigned access_bits(std::string_view name) {
  for (std::string_view verb : {"rmw", "load", "store", "wait"}) {
    const size_t place = name.find(verb);
    if (place == name.npos) continue;
    std::string_view rest = name.substr(place + verb.size());
    const unsigned bits = take_number(rest);
    if (bits == 0) break;
    if (!rest.starts_with('x')) return bits;
    rest.remove_prefix(1);
    return bits * take_number(rest);
  }
  std::string_view type = name.substr(1);  // i32, f64, v128; or memory.atomic.notify
  const unsigned bits = take_number(type);
  return bits != 0 ? bits : 32;
}

/// The lanes of the shape that `name` starts with: "i16x8.replace_lane" 8.
consteval unsigned shape_lanes(std::string_view name) {
  name.remove_prefix(1);
  take_number(name);
  name.remove_prefix(1);
  return take_number(name);
}

consteval uint8_t natural_align_log2(const OpInfo& info) {
  const bool accesses =
      info.immediate == ImmediateKind::mem_arg || info.immediate == ImmediateKind::mem_arg_lane;
  return accesses ? uint8_t(std::countr_zero(access_bits(info.text) / 8)) : uint8_t(0);
}

consteval uint8_t lane_count(const OpInfo& info) {
  if (info.immediate == ImmediateKind::lane) return uint8_t(shape_lanes(info.text));
  if (info.immediate == ImmediateKind::mem_arg_lane) {
    return uint8_t(128 / access_bits(info.text));
  }
  return 0;
}

struct AccessInfo {
  uint8_t align_log2 = 0;  // natural alignment
  uint8_t lanes = 0;       // that the lane index chooses from
};

inline constexpr std::array<AccessInfo, op_count> access_table = []() consteval {
  std::array<AccessInfo, op_count> table{};
  for (const OpInfo& info : op_table) {
    table[size_t(info.id)] = {natural_align_log2(info), lane_count(info)};
  }
  return table;
}();

static_assert(access_table[size_t(Op::i64_load32_u)].align_log2 == 2);
static_assert(access_table[size_t(Op::f64_store)].align_log2 == 3);
static_assert(access_table[size_t(Op::v128_load16x4_s)].align_log2 == 3);
static_assert(access_table[size_t(Op::v128_load8_lane)].lanes == 16);
static_assert(access_table[size_t(Op::i64x2_replace_lane)].lanes == 2);
static_assert(access_table[size_t(Op::i64_atomic_rmw16_add_u)].align_log2 == 1);
static_assert(access_table[size_t(Op::memory_atomic_notify)].align_log2 == 2);
static_assert(access_table[size_t(Op::memory_atomic_wait64)].align_log2 == 3);

}  // namespace waxwing::syntax
