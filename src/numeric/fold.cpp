// One small function a PURE row, which unpacks operands, calls the meaning and packs what it
// yields.
#include "numeric/fold.h"

#include <cstring>
#include <utility>

#include "numeric/numeric.h"

namespace waxwing::numeric {
namespace {

template <typename T>
T read_operand(const V128& operand) {
  T value;
  std::memcpy(&value, operand.bytes.data(), sizeof value);
  return value;
}

template <typename T>
Folded folded(T value) {
  return {.value_count = 1, .values = {fold_operand(value)}};
}

template <typename T>
Folded folded(OrTrap<T> result) {
  if (result.trap != TrapCode::none) return {.trap = result.trap};
  return folded(result.value);
}

Folded folded(U64Pair pair) {
  return {.value_count = 2, .values = {fold_operand(pair.low), fold_operand(pair.high)}};
}

template <auto meaning, typename R, typename... P, size_t... I>
Folded apply(std::span<const V128> operands, R (*)(P...), std::index_sequence<I...>) {
  return folded(meaning(read_operand<P>(operands[I])...));
}

template <auto meaning>
struct Folder;

template <typename R, typename... P, R (*meaning)(P...)>
struct Folder<meaning> {
  static constexpr size_t operand_count = sizeof...(P);

  static Folded run(std::span<const V128> operands) {
    return apply<meaning>(operands, meaning, std::index_sequence_for<P...>{});
  }
};

struct FoldRow {
  size_t operand_count;
  Folded (*run)(std::span<const V128>);
};

constexpr FoldRow fold_rows[] = {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) {0, nullptr},
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  {Folder<&ID>::operand_count, Folder<&ID>::run},
#include "syntax/opcodes.def"
};

}  // namespace

std::optional<Folded> fold(syntax::Op op, std::span<const V128> operands) {
  if (size_t(op) >= std::size(fold_rows)) return std::nullopt;
  const FoldRow& row = fold_rows[size_t(op)];
  if (row.run == nullptr || row.operand_count != operands.size()) return std::nullopt;
  return row.run(operands);
}

}  // namespace waxwing::numeric
