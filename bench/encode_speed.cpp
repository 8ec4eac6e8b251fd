// encode_speed [ROUNDS]: how long the x86-64 encoders take, in ns an instruction, with registers
// and displacements that the compiler of this program cannot foresee.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "assembler/code_buffer.h"
#include "assembler/label.h"
#include "assembler/x64/assembler.h"

namespace {

using namespace waxwing::assembler;
using namespace waxwing::assembler::x64;

struct Operands {
  Gpr a, b, c;
  Xmm x, y, z;
  int32_t disp;
  int32_t imm;
};

constexpr size_t set_count = 1024;
using OperandSets = std::array<Operands, set_count>;

OperandSets random_operands() {
  std::mt19937 random(1);
  const auto gpr = [&] {
    return static_cast<Gpr>(random() % 14 < 4 ? random() % 4 : 4 + 2 + random() % 8);
  };
  const auto xmm = [&] { return static_cast<Xmm>(random() % 16); };
  OperandSets sets;
  for (Operands& set : sets) {
    set = {.a = gpr(),
           .b = gpr(),
           .c = gpr(),
           .x = xmm(),
           .y = xmm(),
           .z = xmm(),
           .disp = static_cast<int32_t>(random() % (random() % 2 == 0 ? 100 : 5000)),
           .imm = static_cast<int32_t>(random() % (random() % 4 == 0 ? 100000 : 100))};
  }
  return sets;
}

constexpr int instructions_per_set = 14;

void emit(Assembler& a, const Operands& o) {
  Label skip;
  a.mov(Width::w32, o.a, Mem(Gpr::r15, o.b, Scale::x1, o.disp));
  a.add(Width::w32, o.a, o.c);
  a.lea(Width::w64, o.b, Mem(o.c, o.a, Scale::x4, o.disp));
  a.and_(Width::w32, o.b, o.imm);
  a.cmp(Width::w64, o.b, Mem(Gpr::r14, o.disp));
  a.jcc(Condition::above, skip);
  a.shl(Width::w32, o.a, static_cast<uint8_t>(o.imm & 31));
  a.imul(Width::w64, o.c, o.a);
  a.movsd(o.x, Mem(Gpr::r15, o.a, Scale::x1, o.disp));
  a.vaddsd(o.y, o.x, o.z);
  a.vpaddd(o.z, o.y, Mem(Gpr::r15, o.b, Scale::x1, o.disp));
  a.bind(skip);
  a.mov(Width::w64, Mem(Gpr::rbp, -o.disp), o.c);
  a.movzx8(Width::w32, o.a, Mem(Gpr::r15, o.c, Scale::x1, o.disp));
  a.mov(Width::w64, o.b, o.a);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  const OperandSets sets = random_operands();
  CodeBuffer buffer;
  Assembler assembler(buffer);
  double best_ns = 1e9;
  size_t size_bytes = 0;
  constexpr int parts = 20;
  for (int part = 0; part < parts; ++part) {
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < std::max(1, rounds / parts); ++round) {
      buffer.clear();
      for (const Operands& set : sets) emit(assembler, set);
      size_bytes = buffer.position();
    }
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    const auto count =
        static_cast<double>(set_count) * instructions_per_set * std::max(1, rounds / parts);
    best_ns = std::min(best_ns, elapsed.count() / count);
  }
  if (!buffer.finish()) return 1;
  std::printf(
      "x64: %.2f ns an instruction, %.2f bytes each\n", best_ns,
      static_cast<double>(size_bytes) / (static_cast<double>(set_count) * instructions_per_set));
}
