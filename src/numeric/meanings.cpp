// Proves that each PURE row of opcodes.def has a function of its name whose C++ type fits the row.
#include <type_traits>

#include "numeric/numeric.h"
#include "syntax/opcode_table.h"

namespace waxwing::numeric {
namespace {

using syntax::ImmediateKind;
using syntax::OperandType;

// Marks a lane index, an immediate, and a C++ type that stands for no type of Wasm.
constexpr auto lane_index = OperandType(0xfe);
constexpr auto no_type = OperandType(0xff);

template <typename T>
consteval OperandType type_of() {
  if (std::is_same_v<T, uint32_t>) return OperandType::i32;
  if (std::is_same_v<T, uint64_t>) return OperandType::i64;
  if (std::is_same_v<T, float>) return OperandType::f32;
  if (std::is_same_v<T, double>) return OperandType::f64;
  if (std::is_same_v<T, V128>) return OperandType::v128;
  if (std::is_same_v<T, uint8_t>) return lane_index;
  return no_type;
}

template <typename T>
struct ResultTypes {
  static consteval bool fit(const syntax::Signature& signature) {
    return signature.result_count == 1 && signature.results[0] == type_of<T>();
  }
};

template <typename T>
struct ResultTypes<OrTrap<T>> : ResultTypes<T> {};

template <>
struct ResultTypes<U64Pair> {
  static consteval bool fit(const syntax::Signature& signature) {
    return signature.result_count == 2 && signature.results[0] == OperandType::i64 &&
           signature.results[1] == OperandType::i64;
  }
};

/// How an immediate of a PURE row is passed, as the last parameter.
consteval OperandType type_of_immediate(ImmediateKind kind) {
  if (kind == ImmediateKind::lane) return lane_index;
  if (kind == ImmediateKind::shuffle) return OperandType::v128;
  return no_type;
}

template <typename T>
struct Meaning;

template <typename R, typename... P>
struct Meaning<R(P...)> {
  static consteval bool fits(syntax::Op op) {
    const syntax::OpInfo info = syntax::op_info(op);
    const syntax::Signature signature = info.signature;
    const bool has_immediate = info.immediate != ImmediateKind::none;
    if (sizeof...(P) != size_t{signature.param_count} + has_immediate) return false;
    const OperandType types[] = {type_of<P>()...};
    for (size_t i = 0; i < signature.param_count; ++i) {
      if (types[i] != signature.params[i]) return false;
    }
    if (has_immediate && types[signature.param_count] != type_of_immediate(info.immediate))
      return false;
    return ResultTypes<R>::fit(signature);
  }
};

#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE)
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  static_assert(Meaning<decltype(ID)>::fits(syntax::Op::ID),        \
                "numeric::" #ID " does not fit its row: " SIGNATURE);
#include "syntax/opcodes.def"

}  // namespace
}  // namespace waxwing::numeric
