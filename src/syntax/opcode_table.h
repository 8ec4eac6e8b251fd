// opcodes.def read back as a constexpr table, with the maps from encodings to instructions.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "syntax/features.h"
#include "syntax/immediates.h"
#include "syntax/opcode.h"

namespace waxwing::syntax {

enum class OpKind : uint8_t { pure, load, store, atomic, runtime, frame, control };

/// What a word of a signature stands for. `addr` and `elem` depend on the memory or table that the
/// immediate names.
enum class OperandType : uint8_t { i32, i64, f32, f64, v128, addr, elem };

/// A row's signature, read from its text. `by_hand` marks "*": the types depend on the context.
struct Signature {
  static constexpr size_t max_params = 4;
  static constexpr size_t max_results = 2;

  std::array<OperandType, max_params> params{};
  std::array<OperandType, max_results> results{};
  uint8_t param_count = 0;
  uint8_t result_count = 0;
  bool by_hand = false;
};

struct OpInfo {
  Op id;
  OpKind kind;
  uint8_t prefix;  // 0 where the code is the whole encoding
  uint16_t code;   // one byte after no prefix, a LEB128 number after a prefix
  std::string_view text;
  ImmediateKind immediate;
  Signature signature;
  Feature feature;
};

/// Not constexpr: calling it while a table is built stops the build and shows `why`.
void table_is_wrong(const char* why);

consteval OperandType operand_type(std::string_view word) {
  constexpr std::string_view words[] = {"i32", "i64", "f32", "f64", "v128", "addr", "elem"};
  for (size_t i = 0; i < std::size(words); ++i) {
    if (words[i] == word) return OperandType(i);
  }
  table_is_wrong("unknown type word in a signature of opcodes.def");
  return {};
}

consteval Signature parse_signature(std::string_view text) {
  Signature signature;
  if (text == "*") {
    signature.by_hand = true;
    return signature;
  }
  bool in_results = false;
  while (!text.empty()) {
    const size_t end = text.find(' ') < text.size() ? text.find(' ') : text.size();
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end < text.size() ? end + 1 : end);
    if (word == "->") {
      in_results = true;
    } else if (in_results) {
      signature.results[signature.result_count++] = operand_type(word);
    } else {
      signature.params[signature.param_count++] = operand_type(word);
    }
  }
  return signature;
}

inline constexpr std::array<OpInfo, op_count> op_table = {{
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                          \
   OpKind::pure,                                                    \
   PREFIX,                                                          \
   CODE,                                                            \
   TEXT,                                                            \
   ImmediateKind::IMMEDIATE,                                        \
   parse_signature(SIGNATURE),                                      \
   Feature::FEATURE},
#define LOAD(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                          \
   OpKind::load,                                                    \
   PREFIX,                                                          \
   CODE,                                                            \
   TEXT,                                                            \
   ImmediateKind::IMMEDIATE,                                        \
   parse_signature(SIGNATURE),                                      \
   Feature::FEATURE},
#define STORE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                           \
   OpKind::store,                                                    \
   PREFIX,                                                           \
   CODE,                                                             \
   TEXT,                                                             \
   ImmediateKind::IMMEDIATE,                                         \
   parse_signature(SIGNATURE),                                       \
   Feature::FEATURE},
#define ATOMIC(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                            \
   OpKind::atomic,                                                    \
   PREFIX,                                                            \
   CODE,                                                              \
   TEXT,                                                              \
   ImmediateKind::IMMEDIATE,                                          \
   parse_signature(SIGNATURE),                                        \
   Feature::FEATURE},
#define RUNTIME(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                             \
   OpKind::runtime,                                                    \
   PREFIX,                                                             \
   CODE,                                                               \
   TEXT,                                                               \
   ImmediateKind::IMMEDIATE,                                           \
   parse_signature(SIGNATURE),                                         \
   Feature::FEATURE},
#define FRAME(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                           \
   OpKind::frame,                                                    \
   PREFIX,                                                           \
   CODE,                                                             \
   TEXT,                                                             \
   ImmediateKind::IMMEDIATE,                                         \
   parse_signature(SIGNATURE),                                       \
   Feature::FEATURE},
#define CONTROL(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Op::ID,                                                             \
   OpKind::control,                                                    \
   PREFIX,                                                             \
   CODE,                                                               \
   TEXT,                                                               \
   ImmediateKind::IMMEDIATE,                                           \
   parse_signature(SIGNATURE),                                         \
   Feature::FEATURE},
#include "syntax/opcodes.def"
}};

constexpr const OpInfo& op_info(Op op) { return op_table[size_t(op)]; }

/// No instruction has this number: the entry of an encoding that means nothing.
inline constexpr Op no_op = Op(op_count);

template <size_t N>
consteval std::array<Op, N> ops_of_prefix(uint8_t prefix) {
  std::array<Op, N> ops{};
  ops.fill(no_op);
  for (const OpInfo& info : op_table) {
    if (info.prefix != prefix) continue;
    if (ops[info.code] != no_op) table_is_wrong("two rows of opcodes.def have one encoding");
    ops[info.code] = info.id;
  }
  return ops;
}

inline constexpr auto ops_plain = ops_of_prefix<0x100>(0x00);
inline constexpr auto ops_0xfb = ops_of_prefix<0x20>(0xfb);
inline constexpr auto ops_0xfc = ops_of_prefix<0x20>(0xfc);
inline constexpr auto ops_0xfd = ops_of_prefix<0x120>(0xfd);
inline constexpr auto ops_0xfe = ops_of_prefix<0x50>(0xfe);

constexpr bool is_prefix(uint8_t byte) { return byte >= 0xfb && byte <= 0xfe; }

/// The instruction encoded as `prefix` (0 for none) and `code`, or nothing.
constexpr std::optional<Op> find_op(uint8_t prefix, uint32_t code) {
  const auto look_up = [code](const auto& ops) -> std::optional<Op> {
    if (code >= ops.size() || ops[code] == no_op) return std::nullopt;
    return ops[code];
  };
  switch (prefix) {
    case 0x00: return look_up(ops_plain);
    case 0xfb: return look_up(ops_0xfb);
    case 0xfc: return look_up(ops_0xfc);
    case 0xfd: return look_up(ops_0xfd);
    case 0xfe: return look_up(ops_0xfe);
    default: return std::nullopt;
  }
}

}  // namespace waxwing::syntax
