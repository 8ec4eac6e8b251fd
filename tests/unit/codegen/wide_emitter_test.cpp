// 128-bit arithmetic computes what numeric/ says, in whichever registers.
#include "codegen/x64/wide_emitter.h"

#include <gtest/gtest.h>
#include <vector>

#include "numeric/numeric.h"
#include "x64_machine.h"

namespace waxwing::codegen::x64 {
namespace {

using numeric::U64Pair;

constexpr uint64_t special[] = {0, 1, UINT64_MAX, INT64_MAX, uint64_t{1} << 63};

/// A number that is special in half of all cases.
uint64_t pick(Random& random) {
  const uint64_t choice = random.next();
  return choice % 2 == 0 ? random.next() : special[choice / 2 % std::size(special)];
}

struct Piece {
  bool subtracts;
  GprPair d, a, b;
  size_t number;
};

/// Every way to lay the result and the operands over each other.
std::vector<Piece> all_pieces(X64Machine& machine) {
  constexpr std::array regs{Gpr::rax, Gpr::rdi, Gpr::r10, Gpr::r13};
  constexpr size_t count = regs.size();
  std::vector<Piece> pieces;
  for (size_t i = 0; i < count * count * count * count * count * count; ++i) {
    size_t rest = i;
    const auto next = [&] {
      const Gpr reg = regs[rest % count];
      rest /= count;
      return reg;
    };
    const GprPair d{next(), next()};
    const GprPair a{next(), next()};
    const GprPair b{next(), next()};
    if (d.low == d.high) continue;
    const bool subtracts = pieces.size() % 2 == 1;
    for (const bool sub : {subtracts, !subtracts}) {
      const size_t number = machine.add(FeatureLevel::sse4, [&](MacroAssembler& m) {
        WideEmitter emitter(m);
        sub ? emitter.i64_sub128(d, a, b) : emitter.i64_add128(d, a, b);
      });
      pieces.push_back({sub, d, a, b, number});
    }
  }
  return pieces;
}

TEST(wide_emitter, sums_and_differences_are_right_in_all_registers) {
  X64Machine machine;
  const std::vector<Piece> pieces = all_pieces(machine);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(8);
  for (const Piece& piece : pieces) {
    for (int round = 0; round < 8; ++round) {
      Registers before = random.registers();
      for (const Gpr reg : {Gpr::rax, Gpr::rdi, Gpr::r10, Gpr::r13}) before.gpr(reg) = pick(random);
      const U64Pair a{before.gpr(piece.a.low), before.gpr(piece.a.high)};
      const U64Pair b{before.gpr(piece.b.low), before.gpr(piece.b.high)};
      const U64Pair expected = piece.subtracts ? numeric::i64_sub128(a.low, a.high, b.low, b.high)
                                               : numeric::i64_add128(a.low, a.high, b.low, b.high);
      Registers after = before;
      machine.run(piece.number, after);
      const U64Pair got{after.gpr(piece.d.low), after.gpr(piece.d.high)};
      ASSERT_EQ(got, expected) << "piece " << piece.number;
      after.gpr(piece.d.low) = before.gpr(piece.d.low);
      ASSERT_EQ(wrongly_changed(before, after, piece.d.high), "") << "piece " << piece.number;
    }
  }
}

TEST(wide_emitter, products_are_right) {
  X64Machine machine;
  std::vector<std::pair<Gpr, size_t>> pieces;  // signed, then unsigned
  for (const Gpr b : {Gpr::rax, Gpr::rdx, Gpr::rcx, Gpr::r9}) {
    pieces.emplace_back(b, machine.add(FeatureLevel::sse4, [&](MacroAssembler& m) {
      WideEmitter(m).i64_mul_wide_s(b);
    }));
    pieces.emplace_back(b, machine.add(FeatureLevel::sse4, [&](MacroAssembler& m) {
      WideEmitter(m).i64_mul_wide_u(b);
    }));
  }
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(9);
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (int round = 0; round < 100; ++round) {
      Registers before = random.registers();
      before.gpr(Gpr::rax) = pick(random);
      before.gpr(pieces[i].first) = pick(random);
      const uint64_t a = before.gpr(Gpr::rax);
      const uint64_t b = before.gpr(pieces[i].first);
      Registers after = before;
      machine.run(pieces[i].second, after);
      const U64Pair got{after.gpr(WideEmitter::product.low), after.gpr(WideEmitter::product.high)};
      ASSERT_EQ(got, i % 2 == 0 ? numeric::i64_mul_wide_s(a, b) : numeric::i64_mul_wide_u(a, b));
      after.gpr(Gpr::rdx) = before.gpr(Gpr::rdx);
      ASSERT_EQ(wrongly_changed(before, after, Gpr::rax), "");
    }
  }
}

}  // namespace
}  // namespace waxwing::codegen::x64
