// The rows of fused_pairs.def.
#include "interp/fused_pairs.h"

#include <gtest/gtest.h>
#include <set>

#include "interp/dispatch.h"

namespace waxwing::interp {
namespace {

constexpr IOp jumping[] = {
    IOp::enter,
    IOp::halt,
    IOp::call,
    IOp::call_import,
    IOp::call_indirect,
    IOp::call_ref,
    IOp::return_call,
    IOp::return_call_import,
    IOp::return_call_ref,
    IOp::return_call_indirect,
    IOp::return_void,
    IOp::return_i_s,
    IOp::return_i_a,
    IOp::return_f_s,
    IOp::return_f_a,
    IOp::return_v_s,
    IOp::return_many,
    IOp::refuse_enter,
    IOp::translate_entry,
    IOp::call_foreign,
    IOp::call_by_type,
    IOp::tail_call_foreign,
    IOp::br,
    IOp::br_table_s,
    IOp::br_table_a,
    IOp::unreachable,
    IOp::throw_,
    IOp::throw_ref,
    IOp::unsupported,
};

bool jumps(Cell op) {
  if (op >= branch_base) return true;
  for (IOp jump : jumping) {
    if (op == opcode(jump)) return true;
  }
  return false;
}

TEST(fused_pairs, name_handlers_that_exist) {
  const uint64_t unsupported = handler_address(opcode(IOp::unsupported));
  for (const FusedPair& pair : fused_pairs) {
    EXPECT_NE(handler_address(pair.first), unsupported) << pair.first;
    EXPECT_NE(handler_address(pair.second), unsupported) << pair.second;
  }
}

TEST(fused_pairs, begin_with_what_goes_on_to_the_next_instruction) {
  for (const FusedPair& pair : fused_pairs) EXPECT_FALSE(jumps(pair.first)) << pair.first;
}

TEST(fused_pairs, are_there_once_and_are_found) {
  std::set<std::pair<Cell, Cell>> seen;
  for (const FusedPair& pair : fused_pairs) {
    EXPECT_TRUE(seen.emplace(pair.first, pair.second).second) << pair.first << " " << pair.second;
    EXPECT_GE(fused_opcode(pair.first, pair.second), opcode_count);
  }
  EXPECT_EQ(fused_opcode(opcode(IOp::halt), opcode(IOp::halt)), opcode(IOp::halt));
}

}  // namespace
}  // namespace waxwing::interp
