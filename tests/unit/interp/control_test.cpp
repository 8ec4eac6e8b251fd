// Locals, calls, traps, exceptions and interruption in register code.
#include <algorithm>
#include <array>
#include <cstring>
#include <thread>

#include "assembler.h"
#include "interp/dispatch.h"
#include "interp/fused_pairs.h"
#include "interp/translator.h"

namespace waxwing::interp {
namespace {

using syntax::TrapCode;

class InterpControl : public InterpTest {
 public:
  /// Interrupts a call of `func` that never ends by itself.
  TrapCode interrupted(runtime::Instance& instance, uint32_t func) {
    const uint64_t id = store->current_call();
    std::jthread other([this, id] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      store->interrupt(id, TrapCode::interrupted);
    });
    return trap_of(instance, func);
  }
};

class SmallStack : public InterpTest {
 public:
  SmallStack() : InterpTest({.max_stack_bytes = 4096}) {}
};

/// Enough locals that no cell can name the stack.
const Bytes far_locals = code(u(40'000), v128);

TEST_F(InterpControl, older_values_of_a_local_stay_when_it_is_set) {
  ModuleAssembler m;
  const uint32_t swap =
      m.func({i32, i32}, {i32, i32}, {}, code(get(0), get(1), set(0), set(1), get(0), get(1)));
  const uint32_t older =
      m.func({i32}, {i32}, {}, code(get(0), i32_const(5), tee(0), 0x6b, get(0), 0x6c));
  runtime::Instance& instance = add(m);
  const CallResult swapped = call(instance, swap, {1, 2});
  EXPECT_EQ(swapped.slots[0], 2u);
  EXPECT_EQ(swapped.slots[1], 1u);
  EXPECT_EQ(value(instance, older, {12}), 35u);
}

TEST_F(InterpControl, branches_move_many_values) {
  ModuleAssembler m;
  const uint32_t six = m.type({}, Bytes(6, i32));
  // The values lie one place above where the label has them.
  const Bytes values =
      code(i32_const(9), get(0), i32_const(2), get(0), get(1), i32_const(5), get(1));
  const Bytes taken =
      code(0x02, u(six), values, get(2), 0x0d, 0, 0x1a, i32_const(77), 0x0c, 0, 0x0b);
  const Bytes by_table = code(0x02, u(six), 0x02, u(six), values, get(2), 0x0e, 1, 1, 0, 0x0b, 0x1a,
                              i32_const(77), 0x0b);
  for (const Bytes& body : {taken, by_table}) {
    const uint32_t func = m.func({i32, i32, i32}, Bytes(6, i32), {}, body);
    ModuleAssembler alone = m;
    const CallResult jumped = call(add(alone), func, {10, 11, body == taken});
    EXPECT_EQ(std::vector(jumped.slots.begin(), jumped.slots.begin() + 6),
              (std::vector<Slot>{10, 2, 10, 11, 5, 11}));
    const CallResult fell = call(add(alone), func, {10, 11, body != taken});
    EXPECT_EQ(std::vector(fell.slots.begin(), fell.slots.begin() + 6),
              (std::vector<Slot>{10, 2, 10, 11, 5, 77}));
  }
}

TEST_F(InterpControl, short_branches_make_no_long_code) {
  ModuleAssembler m;
  const Bytes results(1000, i32);
  const uint32_t type = m.type({}, results);
  Bytes body = code(0x02, u(type), i32_const(0));
  for (int i = 0; i < 1000; ++i) put(body, get(0));
  for (int i = 0; i < 1000; ++i) put(body, code(get(0), 0x0d, 0, get(0), 0x0d, 1));
  put(body, code(0x0c, 0, 0x0b));
  const uint32_t func = m.func({i32}, results, {}, body);
  runtime::Instance& instance = add(m);
  EXPECT_LT(translate(instance.compiled(), syntax::FuncIdx(func)).cells.size(), 10 * body.size());
  EXPECT_EQ(value(instance, func, {5}), 5u);
}

TEST_F(InterpControl, br_on_null_keeps_the_older_value_of_its_local) {
  ModuleAssembler m;
  // The reference that falls through is what the local held before it was set to null.
  const uint32_t func = m.func({externref}, {i32}, {},
                               code(0x02, no_result, get(0), 0xd5, 0, 0xd0, externref, set(0), 0xd1,
                                    0x0f, 0x0b, i32_const(7)));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, func, {runtime::Ref::from_host(3).bits()}), 0u);
  EXPECT_EQ(value(instance, func, {0}), 7u);
}

TEST_F(InterpControl, far_frames_name_operands_and_constants_of_memory_instructions) {
  ModuleAssembler m;
  m.memories.push_back(code(0x03, u(1), u(1)));
  const uint32_t fill =
      m.func({i32}, {i32}, {far_locals},
             code(get(0), i32_const(0x5a), i32_const(4), 0xfc, 0x0b, 0, get(0), 0x28, 2, 0));
  const uint32_t atomic =
      m.func({i32}, {i32}, {far_locals},
             code(get(0), i32_const(0x11), 0xfe, 0x17, 2, 0, get(0), i32_const(0x22), 0xfe, 0x1e, 2,
                  0, 0x1a, get(0), 0xfe, 0x10, 2, 0));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, fill, {64}), 0x5a5a5a5au);
  EXPECT_EQ(value(instance, atomic, {128}), 0x33u);
}

TEST_F(InterpControl, far_frames_compute_call_select_and_branch) {
  ModuleAssembler m;
  const uint32_t minus = m.func({i32, i32}, {i32}, {}, code(get(0), get(1), 0x6b));
  const std::vector<Bytes> locals = {far_locals, code(u(2), i32)};
  const Bytes x = get(40'001);
  const Bytes y = get(40'002);
  const Bytes begin = code(get(0), set(40'001), i32_const(3), set(40'002));
  const uint32_t calls = m.func({i32}, {i32}, locals, code(begin, x, y, 0x10, u(minus)));
  const uint32_t selects = m.func({i32}, {i32}, locals, code(begin, x, y, x, y, 0x49, 0x1b));
  const uint32_t table = m.func({i32}, {i32}, locals,
                                code(begin, 0x02, no_result, 0x02, no_result, x, 0x0e, 1, 0, 1,
                                     0x0b, y, 0x0f, 0x0b, x, y, 0x6c));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, calls, {10}), 7u);
  EXPECT_EQ(value(instance, selects, {2}), 2u);
  EXPECT_EQ(value(instance, selects, {9}), 3u);
  EXPECT_EQ(value(instance, table, {0}), 3u);
  EXPECT_EQ(value(instance, table, {5}), 15u);
}

TEST_F(InterpControl, loops_with_parameters_and_tables_that_carry_values) {
  ModuleAssembler m;
  const uint32_t step = m.type({i32, i32}, {i32});
  const uint32_t one = m.type({i32}, {i32});
  // sum(n): the loop's parameters are the sum and the rest.
  const uint32_t sum =
      m.func(one, {code(u(1), i32)},
             code(i32_const(0), get(0), 0x03, u(step), set(0), get(0), 0x6a, tee(1), get(0),
                  i32_const(1), 0x6b, tee(0), get(0), 0x0d, 0, 0x1a, 0x0b));
  const uint32_t table =
      m.func(one, {},
             code(0x02, i32, 0x02, i32, i32_const(9), i32_const(20), get(0), 0x0e, u(2), 0, 1, 2,
                  0x0b, i32_const(1), 0x6a, 0x0b, i32_const(2), 0x6a));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, sum, {10}), 55u);
  EXPECT_EQ(value(instance, table, {0}), 23u);
  EXPECT_EQ(value(instance, table, {1}), 22u);
  EXPECT_EQ(value(instance, table, {2}), 20u);
}

TEST_F(InterpControl, ten_million_tail_calls_with_more_arguments_than_the_caller_has) {
  ModuleAssembler m;
  const uint32_t one = m.type({i32}, {i32});
  const uint32_t three = m.type({i32, i64, i32}, {i32});
  m.func(one, {}, code(get(0), i64_const(1), get(0), 0x12, u(1)));
  m.func(three, {},
         code(get(0), 0x45, 0x04, no_result, i32_const(42), 0x0f, 0x0b, get(2), i32_const(1), 0x6b,
              0x12, u(0)));
  EXPECT_EQ(value(add(m), 0, {5'000'000}), 42u);
}

TEST_F(InterpControl, indirect_calls_trap_on_null_beyond_the_table_and_on_other_types) {
  ModuleAssembler m;
  const uint32_t no_args = m.type({}, {i32});
  const uint32_t one = m.type({i32}, {i32});
  m.tables.push_back(code(funcref, 0, u(3)));
  m.elems.push_back(code(0, i32_const(0), 0x0b, u(2), u(0), u(1)));
  m.func(no_args, {}, i32_const(8));
  m.func(one, {}, get(0));
  const uint32_t call_it = m.func(one, {}, code(get(0), 0x11, u(no_args), u(0)));
  const uint32_t tail_call_it = m.func(one, {}, code(get(0), 0x13, u(no_args), u(0)));
  runtime::Instance& instance = add(m);
  for (uint32_t func : {call_it, tail_call_it}) {
    EXPECT_EQ(value(instance, func, {0}), 8u);
    EXPECT_EQ(trap_of(instance, func, {1}), TrapCode::indirect_call_type_mismatch);
    EXPECT_EQ(trap_of(instance, func, {2}), TrapCode::uninitialized_element);
    EXPECT_EQ(trap_of(instance, func, {3}), TrapCode::undefined_element);
    EXPECT_EQ(trap_of(instance, func, {0xffffffff}), TrapCode::undefined_element);
  }
}

TEST_F(InterpControl, traps_tell_functions_and_offsets_and_leave_the_store_usable) {
  ModuleAssembler m;
  const uint32_t type = m.type({i32, i32}, {i32});
  // The division is the second of a fused pair when copies come first; its offset is its own.
  const uint32_t divide = m.func(type, {}, code(get(0), get(1), 0x6e, i32_const(3), 0x6c));
  m.func(type, {}, code(get(0), get(1), 0x10, u(divide), i32_const(1), 0x6a));
  const uint32_t outer = m.func(type, {}, code(get(0), get(1), 0x10, u(1)));
  const Bytes bytes = m.build();
  runtime::Instance& instance = add(m);
  const CallResult result = call(instance, outer, {6, 0});
  EXPECT_EQ(result.trap.code, TrapCode::integer_divide_by_zero);
  ASSERT_EQ(result.trap.frames.size(), 3u);
  const uint8_t at[] = {0x6e, 0x10, 0x10};
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(result.trap.frames[i].func.value, i);
    EXPECT_EQ(bytes.at(result.trap.frames[i].offset), at[i]);
  }
  EXPECT_EQ(value(instance, outer, {6, 2}), 10u);
}

TEST_F(InterpControl, endless_recursion_traps_and_the_store_stays_usable) {
  ModuleAssembler m;
  m.func({i32}, {i32}, {}, code(get(0), 0x04, i32, get(0), 0x10, u(0), 0x05, i32_const(4), 0x0b));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(trap_of(instance, 0, {1}), TrapCode::call_stack_exhausted);
  EXPECT_EQ(value(instance, 0, {0}), 4u);
}

TEST_F(InterpControl, addresses_that_wrap_are_never_in_bounds) {
  ModuleAssembler m;
  m.memories = {code(0, u(1)), code(4, u(1))};
  const Bytes near_4g = u(0xffff'ffff);
  const Bytes near_2_64 = u(~uint64_t(0));
  const uint32_t quick = m.func({i32}, {i32}, {}, code(get(0), 0x28, 0, near_4g));
  const uint32_t constant = m.func({}, {i32}, {}, code(i32_const(1), 0x28, 0, near_4g));
  const uint32_t general = m.func({i64}, {i32}, {}, code(get(0), 0x28, 0x40, u(1), near_2_64));
  const uint32_t in_bounds = m.func({i64}, {i32}, {}, code(get(0), 0x28, 0x40, u(1), u(4)));
  const uint32_t grown = m.func({}, {i32}, {},
                                code(i32_const(1), 0x40, 0, 0x1a, i32_const(0x1'0000), i32_const(6),
                                     0x36, 0, 0, i32_const(0x1'0000), 0x28, 0, 0));
  runtime::Instance& instance = add(m);
  for (Slot address : {0u, 1u, 2u, 0xffff'ffffu}) {
    EXPECT_EQ(trap_of(instance, quick, {address}), TrapCode::out_of_bounds_memory);
  }
  EXPECT_EQ(trap_of(instance, constant), TrapCode::out_of_bounds_memory);
  for (Slot address : {Slot(0), Slot(1), Slot(9), ~Slot(0)}) {
    EXPECT_EQ(trap_of(instance, general, {address}), TrapCode::out_of_bounds_memory);
  }
  EXPECT_EQ(value(instance, in_bounds, {65'528}), 0u);
  EXPECT_EQ(trap_of(instance, in_bounds, {65'529}), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(value(instance, grown), 6u);
}

TEST_F(InterpControl, whatever_loops_can_be_interrupted) {
  ModuleAssembler m;
  const uint32_t nothing = m.type({}, {});
  m.memories.push_back(code(0x03, u(1), u(1)));
  m.tags.push_back(code(0, u(nothing)));
  const Bytes loop = code(0x03, no_result);
  m.func(nothing, {}, code(loop, 0x0c, 0, 0x0b));
  m.func(nothing, {}, code(loop, i32_const(0), 0x0e, u(1), 0, 0, 0x0b));
  m.func(nothing, {}, code(0x12, u(2)));
  m.func(nothing, {}, code(i32_const(0), i32_const(0), i64_const(-1), 0xfe, 0x01, 2, 0, 0x1a));
  // A loop whose only way back is a handler.
  m.func(nothing, {}, code(loop, 0x1f, no_result, u(1), 0x02, 0, 0x08, 0, 0x0b, 0x0b));
  runtime::Instance& instance = add(m);
  for (uint32_t func = 0; func < 5; ++func) {
    EXPECT_EQ(interrupted(instance, func), TrapCode::interrupted) << func;
  }
}

TEST_F(InterpControl, exceptions_carry_payloads_to_labels_across_frames_and_instances) {
  ModuleAssembler m;
  const uint32_t nothing = m.type({}, {});
  const uint32_t payload = m.type({i32, v128, i64}, {});
  const uint32_t caught = m.type({}, {i32, v128, i64});
  m.tags.push_back(code(0, u(payload)));
  Bytes lanes(16);
  for (uint8_t i = 0; i < 16; ++i) lanes[i] = i;
  m.func(nothing, {}, code(i32_const(5), 0xfd, 0x0c, lanes, i64_const(-2), 0x08, 0));
  m.func(nothing, {}, code(0x10, u(0)));
  // To a block's label, and to the function's.
  const uint32_t to_block =
      m.func(caught, {},
             code(0x02, u(caught), 0x1f, no_result, u(1), 0, 0, 0, 0x10, u(1), 0x0b, 0x00, 0x0b));
  const uint32_t to_func =
      m.func(caught, {}, code(0x1f, no_result, u(1), 0, 0, 0, 0x10, u(1), 0x0b, 0x00));
  // Caught with its reference and thrown again.
  const uint32_t again = m.func(
      nothing, {},
      code(0x02, exnref, 0x1f, no_result, u(1), 0x03, 0, 0x10, u(1), 0x0b, 0x00, 0x0b, 0x0a));
  const uint32_t to_func_again =
      m.func(caught, {}, code(0x1f, no_result, u(1), 0, 0, 0, 0x10, u(again), 0x0b, 0x00));
  runtime::Instance& instance = add(m);
  for (uint32_t func : {to_block, to_func, to_func_again}) {
    const CallResult result = call(instance, func);
    ASSERT_EQ(result.outcome, Outcome::returned) << result.trap.message();
    EXPECT_EQ(result.slots[0], 5u);
    EXPECT_EQ(result.slots[1], 0x0706050403020100u);
    EXPECT_EQ(result.slots[2], 0x0f0e0d0c0b0a0908u);
    EXPECT_EQ(result.slots[3], ~Slot(1));
  }
  EXPECT_EQ(call(instance, 1).outcome, Outcome::threw);

  ModuleAssembler outer;
  const uint32_t type = outer.type({}, {});
  outer.import_func(type);
  const uint32_t catch_all = outer.func({}, {i32}, {},
                                        code(0x02, no_result, 0x1f, no_result, u(1), 0x02, 0, 0x10,
                                             u(0), 0x0b, 0x00, 0x0b, i32_const(1)));
  EXPECT_EQ(value(add(outer, {&instance.func(syntax::FuncIdx(1u))}), catch_all), 1u);
}

TEST_F(InterpControl, exceptions_reach_far_frames_and_loops) {
  ModuleAssembler m;
  const uint32_t payload = m.type({i32, v128, i64}, {});
  const uint32_t caught = m.type({}, {i32, v128, i64, exnref});
  m.tags = {code(0, u(payload)), code(0, u(m.type({i32}, {})))};
  const Bytes lanes(16, 3);
  const uint32_t throws =
      m.func({}, {}, {far_locals}, code(i32_const(5), 0xfd, 0x0c, lanes, i64_const(-2), 0x08, 0));
  // A handler of a far frame writes behind all that a cell can name; the exception is thrown again.
  const uint32_t again = m.func({}, {}, {far_locals},
                                code(0x02, u(caught), 0x1f, no_result, u(1), 1, 0, 0, 0x10,
                                     u(throws), 0x0b, 0x00, 0x0b, 0x0a));
  const uint32_t far = m.func({}, {i32, v128, i64}, {far_locals},
                              code(0x02, u(m.type({}, {i32, v128, i64})), 0x1f, no_result, u(1), 0,
                                   0, 0, 0x10, u(again), 0x0b, 0x00, 0x0b));
  // The payload is the loop's parameter: n - 1, n - 2 and so on are added up.
  const uint32_t sum =
      m.func({i32}, {i32}, {code(u(1), i32)},
             code(i32_const(0), 0x03, u(m.type({i32}, {i32})), get(1), 0x6a, set(1), get(0),
                  i32_const(1), 0x6b, tee(0), 0x45, 0x04, no_result, get(1), 0x0f, 0x0b,  //
                  0x1f, no_result, u(1), 0, 1, 0, get(0), 0x08, 1, 0x0b, 0x00, 0x0b));
  runtime::Instance& instance = add(m);
  const CallResult result = call(instance, far);
  ASSERT_EQ(result.outcome, Outcome::returned) << result.trap.message();
  EXPECT_EQ(result.slots[0], 5u);
  EXPECT_EQ(result.slots[1], 0x0303030303030303u);
  EXPECT_EQ(result.slots[2], 0x0303030303030303u);
  EXPECT_EQ(result.slots[3], ~Slot(1));
  EXPECT_EQ(value(instance, sum, {5}), 10u);
}

TEST_F(InterpControl, blocks_in_dead_code_come_and_go) {
  ModuleAssembler m;
  const Bytes dead = code(0x02, no_result, 0x03, i32, i32_const(0), 0x04, no_result, 0x0c, 1, 0x05,
                          0x0c, 2, 0x0b, 0x00, 0x0b, 0x1a, 0x0b, 0x1f, no_result, u(0), 0x0b);
  const uint32_t after_br =
      m.func({i32}, {i32}, {},
             code(0x02, i32, get(0), 0x0c, 0, dead, i32_const(9), 0x0b, i32_const(1), 0x6a));
  // One branch of the if ends in dead code, and its else lives; then the other way round.
  const uint32_t in_then =
      m.func({i32}, {i32}, {},
             code(get(0), 0x04, i32, i32_const(5), 0x0f, dead, 0x05, i32_const(6), 0x0b));
  const uint32_t in_else =
      m.func({i32}, {i32}, {},
             code(get(0), 0x04, i32, i32_const(5), 0x05, i32_const(6), 0x0f, dead, 0x00, 0x0b));
  // Nothing comes out of the loop, and nothing behind it runs.
  const uint32_t after_loop =
      m.func({i32}, {i32}, {}, code(0x03, no_result, get(0), 0x0f, 0x0b, dead, 0x00));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, after_br, {4}), 5u);
  for (uint32_t func : {in_then, in_else}) {
    EXPECT_EQ(value(instance, func, {1}), 5u);
    EXPECT_EQ(value(instance, func, {0}), 6u);
  }
  EXPECT_EQ(value(instance, after_loop, {8}), 8u);
}

TEST_F(InterpControl, an_if_without_else_gives_its_parameters) {
  ModuleAssembler m;
  const uint32_t one = m.type({i32}, {i32});
  const uint32_t two = m.type({i32, i32}, {i32});
  const uint32_t six = m.type(Bytes(6, i32), Bytes(6, i32));
  const Bytes add_1 = code(i32_const(1), 0x6a);
  const uint32_t local = m.func(two, {}, code(get(0), get(1), 0x04, u(one), add_1, 0x0b));
  const uint32_t constant = m.func(one, {}, code(i32_const(5), get(0), 0x04, u(one), add_1, 0x0b));
  // The parameter that the if gets is the local's value before the if sets it.
  const uint32_t older =
      m.func(two, {},
             code(get(0), get(1), 0x04, u(one), i32_const(50), set(0), add_1, 0x0b, get(0), 0x6a));
  const Bytes swap_last = code(set(0), set(1), get(0), get(1));
  const uint32_t many =
      m.func(two, {},
             code(get(0), i32_const(2), get(0), i32_const(4), i32_const(5), i32_const(6), get(1),
                  0x04, u(six), swap_last, 0x0b, 0x6b, 0x6a, 0x6a, 0x6a, 0x6a));
  const uint32_t leaves = m.func(two, {}, code(get(0), get(1), 0x04, u(one), 0x0c, 1, 0x0b, add_1));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, local, {8, 0}), 8u);
  EXPECT_EQ(value(instance, local, {8, 2}), 9u);
  EXPECT_EQ(value(instance, constant, {0}), 5u);
  EXPECT_EQ(value(instance, constant, {1}), 6u);
  EXPECT_EQ(value(instance, older, {8, 0}), 16u);
  EXPECT_EQ(value(instance, older, {8, 1}), 59u);
  EXPECT_EQ(value(instance, many, {1, 0}), 1u + 2 + 1 + 4 + 5 - 6);
  EXPECT_EQ(value(instance, many, {1, 1}), 1u + 2 + 1 + 4 + 6 - 5);
  EXPECT_EQ(value(instance, leaves, {8, 0}), 9u);
  EXPECT_EQ(value(instance, leaves, {8, 1}), 8u);
}

TEST_F(InterpControl, zero_tests_are_fused_with_what_reads_them) {
  ModuleAssembler m;
  struct Reader {
    uint32_t func;
    bool is_64;
  };
  std::vector<Reader> readers;
  for (bool is_64 : {false, true}) {
    const Bytes minus_1 =
        is_64 ? code(get(0), i64_const(1), 0x7d) : code(get(0), i32_const(1), 0x6b);
    const Bytes plus_1 = is_64 ? code(i64_const(1), 0x7c) : code(i32_const(1), 0x6a);
    const int eqz = is_64 ? 0x50 : 0x45;
    const uint32_t type = m.type({is_64 ? i64 : i32}, {i32});
    const Bytes yes_or_no = code(0x04, i32, i32_const(1), 0x05, i32_const(0), 0x0b);
    const Bytes jump = code(0x0d, 0, i32_const(0), 0x0f, 0x0b, i32_const(1));
    const Bytes choice = code(0x1b);
    // From a slot, from the accumulator; to an if, a branch, a select, a second test, a result.
    for (const Bytes& operand : {get(0), code(minus_1, plus_1)}) {
      const Bytes test = code(operand, eqz);
      for (const Bytes& body :
           {code(test, yes_or_no), code(0x02, no_result, test, jump),
            code(i32_const(1), i32_const(0), test, choice), code(test, 0x45, 0x45), test,
            code(test, 0x45, 0x04, i32, i32_const(0), 0x05, i32_const(1), 0x0b),
            code(0x02, no_result, test, 0x45, 0x0d, 0, i32_const(1), 0x0f, 0x0b, i32_const(0))}) {
        readers.push_back({m.func(type, {}, body), is_64});
      }
    }
  }
  runtime::Instance& instance = add(m);
  for (const Reader& reader : readers) {
    EXPECT_EQ(value(instance, reader.func, {0}), 1u) << reader.func;
    EXPECT_EQ(value(instance, reader.func, {6}), 0u) << reader.func;
    if (reader.is_64) {
      EXPECT_EQ(value(instance, reader.func, {Slot(1) << 32}), 0u) << reader.func;
    }
  }
}

TEST_F(InterpControl, wide_arithmetic_takes_and_gives_two_slots) {
  ModuleAssembler m;
  const Bytes four = {i64, i64, i64, i64};
  for (const std::vector<Bytes>& locals : {std::vector<Bytes>{}, std::vector<Bytes>{far_locals}}) {
    const Bytes all = code(get(0), get(1), get(2), get(3));
    m.func(four, {i64, i64}, locals, code(all, 0xfc, 0x13));
    m.func(four, {i64, i64}, locals, code(all, 0xfc, 0x14));
    m.func(four, {i64, i64}, locals, code(get(0), get(1), 0xfc, 0x15));
    m.func(four, {i64, i64}, locals, code(get(0), get(1), 0xfc, 0x16));
    // The operands are results, and the results operands, of others; a local takes one.
    m.func(four, {i64, i64}, locals,
           code(all, 0xfc, 0x13, i64_const(1), i64_const(0), 0xfc, 0x14, set(0), get(0)));
  }
  runtime::Instance& instance = add(m);
  const Slot top = Slot(1) << 63;
  const std::vector<Slot> args = {top, 2, top, 3};
  const Slot expected[][2] = {{0, 6}, {0, ~Slot(0)}, {0, ~Slot(0)}, {0, 1}, {~Slot(0), 5}};
  for (uint32_t func = 0; func < 10; ++func) {
    const CallResult result = call(instance, func, args);
    ASSERT_EQ(result.outcome, Outcome::returned);
    EXPECT_EQ(result.slots[0], expected[func % 5][0]) << func;
    EXPECT_EQ(result.slots[1], expected[func % 5][1]) << func;
  }
}

TEST_F(InterpControl, traps_in_a_fused_pair_tell_which_half) {
  constexpr Cell first = opcode(syntax::Op::i32_load, constant_address);
  constexpr Cell second = opcode(syntax::Op::i32_load, unstored(constant_address));
  static_assert(fused_opcode(first, second) >= opcode_count);
  ModuleAssembler m;
  m.memories.push_back(code(0x00, u(1)));
  const auto loads = [&](int32_t a, int32_t b) {
    return m.func({}, {i32}, {}, code(i32_const(a), 0x28, 2, 0, i32_const(b), 0x28, 2, 4, 0x6a));
  };
  const uint32_t both_fit = loads(8, 16);
  const uint32_t first_traps = loads(70'000, 16);
  const uint32_t second_traps = loads(8, 65'532);
  const Bytes bytes = m.build();
  runtime::Instance& instance = add(m);
  const FuncCode code = translate(instance.compiled(), syntax::FuncIdx(second_traps));
  const uint64_t address = handler_address(fused_opcode(first, second));
  std::array<Cell, opcode_cells> cells;
  std::memcpy(cells.data(), &address, sizeof address);
  EXPECT_FALSE(std::ranges::search(code.cells, cells).empty());
  EXPECT_EQ(value(instance, both_fit), 0u);
  // The immediates tell them apart.
  for (const auto& [func, offset] : {std::pair(first_traps, 0), std::pair(second_traps, 4)}) {
    const CallResult result = call(instance, func);
    EXPECT_EQ(result.trap.code, TrapCode::out_of_bounds_memory);
    ASSERT_EQ(result.trap.frames.size(), 1u);
    const size_t at = result.trap.frames[0].offset;
    EXPECT_EQ(bytes.at(at), 0x28);
    EXPECT_EQ(bytes.at(at + 2), offset);
  }
}

TEST_F(InterpControl, host_functions_trap_throw_nothing_and_call_back) {
  ModuleAssembler m;
  const uint32_t type = m.type({}, {});
  m.import_func(type);
  const uint32_t calls = m.func(type, {}, code(0x10, u(0)));
  const uint32_t tail_calls = m.func(type, {}, code(0x12, u(0)));
  const auto with = [&](runtime::HostCode host, void* data) -> runtime::Instance& {
    return add(m, {*store->add_host_func({}, host, data, nullptr)});
  };
  runtime::Instance& traps =
      with([](void*, runtime::Caller& caller,
              Slot*) { return caller.store.set_trap(TrapCode::host_error, "no"); },
           nullptr);
  runtime::Instance& throws =
      with([](void*, runtime::Caller&, Slot*) { return Outcome::threw; }, nullptr);
  runtime::Func* back = nullptr;
  runtime::Instance& recurs = with(
      [](void* data, runtime::Caller& caller, Slot* slots) {
        return caller.store.call(**static_cast<runtime::Func**>(data), slots);
      },
      static_cast<void*>(&back));
  for (uint32_t func : {calls, tail_calls}) {
    EXPECT_EQ(trap_of(traps, func), TrapCode::host_error);
    EXPECT_EQ(trap_of(throws, func), TrapCode::host_error);
    back = &recurs.func(syntax::FuncIdx(func));
    EXPECT_EQ(trap_of(recurs, func), TrapCode::call_stack_exhausted);
  }
}

TEST_F(SmallStack, calls_a_host_function_where_the_stack_ends) {
  ModuleAssembler m;
  const uint32_t type = m.type({}, {});
  m.import_func(type);
  // 511 locals and the header fill the stack.
  const uint32_t fits = m.func(type, {code(u(511), i64)}, code(0x10, u(0)));
  const uint32_t does_not = m.func(type, {code(u(512), i64)}, code(0x10, u(0)));
  const auto host = [](void*, runtime::Caller&, Slot*) { return Outcome::returned; };
  runtime::Instance& instance = add(m, {*store->add_host_func({}, host, nullptr, nullptr)});
  EXPECT_EQ(call(instance, fits).outcome, Outcome::returned);
  EXPECT_EQ(trap_of(instance, does_not), TrapCode::call_stack_exhausted);
}

}  // namespace
}  // namespace waxwing::interp
