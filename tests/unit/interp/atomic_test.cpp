// Atomic instructions whose memory is narrower than their operands. [threads proposal]
#include "assembler.h"

namespace waxwing::interp {
namespace {

using InterpAtomic = InterpTest;

TEST_F(InterpAtomic, narrow_compare_exchange_expects_the_low_bits_of_its_operand) {
  ModuleAssembler m;
  m.memories.push_back(code(0x03, u(1), u(1)));
  const auto exchange = [&](uint8_t opcode, uint8_t align_log2) {
    return m.func({i32, i32}, {i32}, {},
                  code(get(0), get(1), i32_const(0x5577), 0xfe, opcode, align_log2, 0, 0x1a, get(0),
                       0xfe, 0x10, 2, 0));
  };
  const uint32_t rmw8 = exchange(0x4a, 0);
  const uint32_t rmw16 = exchange(0x4b, 1);
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, rmw8, {0, 0x11111100}), 0x77u);
  EXPECT_EQ(value(instance, rmw8, {0, 0x11111100}), 0x77u);
  EXPECT_EQ(value(instance, rmw16, {8, 0x11110000}), 0x5577u);
  EXPECT_EQ(value(instance, rmw16, {16, 0x11110001}), 0u);
}

}  // namespace
}  // namespace waxwing::interp
