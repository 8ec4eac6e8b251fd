// Every atomic row reads and writes the bits that its name says and yields what was there before,
// zero-extended; no update of another thread is lost.
#include "codegen/x64/atomic_emitter.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

#include "syntax/access.h"
#include "x64_machine.h"

namespace waxwing::codegen::x64 {
namespace {

using syntax::Op;
using syntax::OpKind;

constexpr Gpr base_register = Gpr::r15;
constexpr Gpr index_register = Gpr::rbx;

struct Piece {
  Op op;
  Gpr reg;  // a load's result, else the value
  size_t number;
};

bool has_rax_result(Op op) {
  const AtomicKind kind = atomic_facts(op).kind;
  return kind != AtomicKind::load && kind != AtomicKind::store;
}

uint64_t mask_of(Op op) {
  const unsigned bits = 8u << syntax::access_table[size_t(op)].align_log2;
  return bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
}

/// What is in memory afterwards, where `old` was.
uint64_t updated(Op op, uint64_t old, uint64_t value, uint64_t expected) {
  const uint64_t mask = mask_of(op);
  switch (atomic_facts(op).kind) {
    case AtomicKind::load: return old;
    case AtomicKind::store:
    case AtomicKind::xchg: return value & mask;
    case AtomicKind::add: return (old + value) & mask;
    case AtomicKind::sub: return (old - value) & mask;
    case AtomicKind::and_: return old & value & mask;
    case AtomicKind::or_: return (old | value) & mask;
    case AtomicKind::xor_: return (old ^ value) & mask;
    case AtomicKind::cmpxchg: return old == (expected & mask) ? value & mask : old;
  }
  return 0;
}

size_t add_piece(X64Machine& machine, Op op, Gpr reg) {
  return machine.add(FeatureLevel::full, [&](MacroAssembler& m) {
    const Mem memory(base_register, index_register, Scale::x1, 8);
    emit_atomic(m, {.op = op, .memory = memory, .result = reg, .value = reg});
  });
}

std::vector<Piece> all_pieces(X64Machine& machine) {
  std::vector<Piece> pieces;
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.kind != OpKind::atomic) continue;
    for (const Gpr reg : {Gpr::rcx, Gpr::rsi, Gpr::rdi, Gpr::r9, Gpr::rax}) {
      if (reg == Gpr::rax && has_rax_result(info.id)) continue;
      pieces.push_back({info.id, reg, add_piece(machine, info.id, reg)});
    }
  }
  return pieces;
}

/// Registers for an access to `word`.
Registers registers_for(const uint64_t& word, Random& random) {
  Registers registers = random.registers();
  registers.gpr(index_register) = 0x1000;
  registers.gpr(base_register) = reinterpret_cast<uint64_t>(&word) - 0x1008;
  return registers;
}

void check(const X64Machine& machine, const Piece& piece, Random& random) {
  const uint64_t mask = mask_of(piece.op);
  const bool is_i32 = syntax::op_info(piece.op).text.starts_with("i32");
  for (int round = 0; round < 16; ++round) {
    uint64_t word = random.next();
    const uint64_t old_word = word;
    Registers before = registers_for(word, random);
    // Half of the comparisons hold, with anything above the bits that are compared.
    if (round % 2 == 0) before.gpr(Gpr::rax) = (random.next() & ~mask) | (word & mask);
    if (is_i32) before.gpr(Gpr::rax) &= UINT32_MAX;
    const uint64_t value = before.gpr(piece.reg);
    Registers after = before;
    machine.run(piece.number, after);
    ASSERT_EQ(after.trap, 0u);
    ASSERT_EQ(word & ~mask, old_word & ~mask);
    ASSERT_EQ(word & mask, updated(piece.op, old_word & mask, value, before.gpr(Gpr::rax)));
    RegRef changed = piece.reg;
    if (has_rax_result(piece.op)) changed = Gpr::rax;
    ASSERT_EQ(wrongly_changed(before, after, changed), "");
    if (atomic_facts(piece.op).kind != AtomicKind::store) {
      ASSERT_EQ(after.gpr(changed.gpr()), old_word & mask);
    }
  }
}

TEST(atomic_emitter, each_row_reads_and_writes_what_its_name_says) {
  X64Machine machine;
  const std::vector<Piece> pieces = all_pieces(machine);
  EXPECT_EQ(pieces.size(), 14u * 5 + 49u * 4);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(6);
  for (const Piece& piece : pieces) {
    SCOPED_TRACE(std::string(syntax::op_info(piece.op).text) + ", register " +
                 std::to_string(number(piece.reg)));
    check(machine, piece, random);
    if (HasFatalFailure()) return;
  }
}

TEST(atomic_emitter, accesses_out_of_bounds_trap) {
  X64Machine machine;
  const std::vector<Piece> pieces = all_pieces(machine);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  void* const hole = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(hole, MAP_FAILED);
  Random random(7);
  for (const Piece& piece : pieces) {
    Registers registers = registers_for(*static_cast<const uint64_t*>(hole), random);
    machine.run(piece.number, registers);
    EXPECT_EQ(registers.trap, static_cast<uint32_t>(syntax::TrapCode::out_of_bounds_memory))
        << syntax::op_info(piece.op).text;
  }
  munmap(hole, 4096);
}

TEST(atomic_emitter, no_update_of_another_thread_is_lost) {
  constexpr uint64_t rounds = 20000;
  struct Update {
    Op op;
    std::array<uint64_t, 2> values;  // of the two threads
    uint64_t start;
    uint64_t end;
  };
  // Each thread's part of the word is its own, but for `add` and `sub`.
  constexpr Update updates[] = {
      {Op::i32_atomic_rmw_add, {1, 3}, 0, 4 * rounds},
      {Op::i64_atomic_rmw_sub, {1, 3}, 4 * rounds, 0},
      {Op::i32_atomic_rmw16_add_u, {1, 1}, 7, 7 + 2 * rounds},
      {Op::i32_atomic_rmw_xor, {1, 2}, 8, 8},
      {Op::i64_atomic_rmw_xor, {uint64_t{1} << 60, 5}, 3, 3},
  };
  X64Machine machine;
  std::vector<size_t> pieces;
  for (const Update& update : updates) {
    pieces.push_back(add_piece(machine, update.op, Gpr::rcx));
  }
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  for (size_t i = 0; i < pieces.size(); ++i) {
    alignas(64) uint64_t word = updates[i].start;
    const auto update_all = [&](uint64_t value) {
      Random random(value);
      const Registers start = registers_for(word, random);
      for (uint64_t round = 0; round < rounds; ++round) {
        Registers registers = start;
        registers.gpr(Gpr::rcx) = value;
        machine.run(pieces[i], registers);
      }
    };
    std::thread other(update_all, updates[i].values[0]);
    update_all(updates[i].values[1]);
    other.join();
    EXPECT_EQ(word, updates[i].end) << syntax::op_info(updates[i].op).text;
  }
}

}  // namespace
}  // namespace waxwing::codegen::x64
