// try, catch, rethrow and delegate in register code.
#include "assembler.h"

namespace waxwing::interp {
namespace {

class InterpLegacyExceptions : public InterpTest {
 public:
  explicit InterpLegacyExceptions(const runtime::StoreLimits& limits = {}) : InterpTest(limits) {}

  /// A module whose tag 0 carries an i32, and tag 1 nothing.
  static ModuleAssembler with_tags() {
    ModuleAssembler m;
    m.tags = {code(0, u(m.type({i32}, {}))), code(0, u(m.type({}, {})))};
    return m;
  }
  /// Calls `func`, catching tag 0: its payload, or what the call returned.
  static Bytes caught(uint32_t func) { return code(0x1f, i32, u(1), 0, 0, 0, 0x10, u(func), 0x0b); }
};

class SmallHeap : public InterpLegacyExceptions {
 public:
  SmallHeap() : InterpLegacyExceptions({.max_heap_bytes = 1u << 20}) {}
};

const Bytes begin_try = code(0x06, i32);
const Bytes throw_5 = code(i32_const(5), 0x08, 0);
const Bytes end = {0x0b};

TEST_F(InterpLegacyExceptions, catches_take_payloads_above_what_lies_below_the_try) {
  ModuleAssembler m;
  m.tags = {code(0, u(m.type({i32, v128, i64}, {}))), code(0, u(m.type({}, {})))};
  const Bytes vector = code(0xfd, 0x0c, Bytes(16, 1));
  const Bytes body = code(i32_const(100), get(0), begin_try, get(0), 0x04, no_result, i32_const(5),
                          vector, i64_const(7), 0x08, 0, end, 0x08, 1,  //
                          0x07, 1, i32_const(3),                        // no payload
                          0x07, 0, 0xa7, set(0), 0x1a, get(0), 0x6a, end, 0x6a, 0x6a);
  const uint32_t near = m.func({i32}, {i32}, {}, body);
  const uint32_t far = m.func({i32}, {i32}, {code(u(40'000), v128)}, body);
  runtime::Instance& instance = add(m);
  for (uint32_t func : {near, far}) {
    EXPECT_EQ(value(instance, func, {0}), 103u);
    EXPECT_EQ(value(instance, func, {1}), 113u);
  }
}

TEST_F(InterpLegacyExceptions, what_no_catch_names_goes_on_outwards) {
  ModuleAssembler m = with_tags();
  const uint32_t passes =
      m.func({}, {i32}, {}, code(begin_try, throw_5, 0x07, 1, i32_const(1), end));
  const uint32_t no_catches = m.func({}, {i32}, {}, code(begin_try, throw_5, end));
  const uint32_t catch_all = m.func(
      {}, {i32}, {}, code(begin_try, throw_5, 0x07, 1, i32_const(1), 0x19, i32_const(2), end));
  const uint32_t returns =
      m.func({}, {i32}, {}, code(begin_try, i32_const(8), 0x19, i32_const(2), end));
  // An exception that a catch throws is not for its own try.
  const uint32_t throws_again =
      m.func({}, {i32}, {}, code(begin_try, throw_5, 0x07, 0, 0x1a, i32_const(6), 0x08, 0, end));
  for (uint32_t func : {passes, no_catches, catch_all, returns, throws_again}) {
    m.func({}, {i32}, {}, caught(func));
  }
  runtime::Instance& instance = add(m);
  const Slot expected[] = {5, 5, 2, 8, 6};
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(value(instance, throws_again + 1 + i), expected[i]);
}

TEST_F(InterpLegacyExceptions, rethrow_takes_the_exception_of_the_catch_that_it_names) {
  for (const std::vector<Bytes>& locals : {std::vector<Bytes>{}, {code(u(40'000), v128)}}) {
    ModuleAssembler m = with_tags();
    // Two catches nest; the blocks around the rethrow count as labels.
    const auto nested = [](uint32_t label) {
      return code(begin_try, throw_5, 0x07, 0, begin_try, i32_const(6), 0x08, 0, 0x19,  //
                  0x02, no_result, 0x09, u(label), end, i32_const(0), end, 0x6a, end);
    };
    const uint32_t inner = m.func({}, {i32}, locals, nested(1));
    const uint32_t outer = m.func({}, {i32}, locals, nested(2));
    // Thrown again twice, caught on the way by catches that throw it again.
    const uint32_t twice = m.func({}, {i32}, locals,
                                  code(begin_try, begin_try, throw_5, 0x19, begin_try, 0x09, 1,
                                       0x19, 0x09, 1, end, end, 0x07, 0, 0x1a, 0x09, 0, end));
    const uint32_t first = m.func({}, {i32}, {}, caught(inner));
    m.func({}, {i32}, {}, caught(outer));
    m.func({}, {i32}, {}, caught(twice));
    runtime::Instance& instance = add(m);
    EXPECT_EQ(value(instance, first), 6u);
    EXPECT_EQ(value(instance, first + 1), 5u);
    EXPECT_EQ(value(instance, first + 2), 5u);
    EXPECT_EQ(call(instance, outer).outcome, Outcome::threw);
  }
}

TEST_F(InterpLegacyExceptions, delegate_skips_what_lies_within_its_label) {
  ModuleAssembler m = with_tags();
  // Labels from inside: a try_table that leads to 1, a block, a try whose catch gives the payload,
  // the function.
  const auto delegate_to = [&](uint32_t label) {
    return m.func({}, {i32}, {},
                  code(begin_try, 0x02, no_result, 0x1f, no_result, u(1), 2, 0,  //
                       0x06, no_result, throw_5, 0x18, u(label),                 //
                       end, end, i32_const(1), 0x07, 0, end));
  };
  // A delegate to a try that delegates, and one to a try from its catch.
  const uint32_t chain =
      m.func({}, {i32}, {},
             code(begin_try, 0x06, no_result, 0x06, no_result, begin_try, throw_5, 0x18, 0, 0x1a,
                  0x18, 1, 0x19, end, i32_const(1), 0x07, 0, end));
  const uint32_t from_catch =
      m.func({}, {i32}, {},
             code(begin_try, begin_try, throw_5, 0x07, 0, 0x1a, begin_try, i32_const(7), 0x08, 0,
                  0x18, 0, 0x19, i32_const(1), end, 0x07, 0, end));
  const uint32_t loops = m.func(
      {}, {i32}, {}, code(begin_try, 0x03, i32, 0x06, i32, throw_5, 0x18, 0, end, 0x07, 0, end));
  const uint32_t first = delegate_to(0);
  for (uint32_t label = 1; label < 4; ++label) delegate_to(label);
  const uint32_t thrown = m.func({}, {i32}, {}, caught(first + 3));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, chain), 5u);
  EXPECT_EQ(value(instance, from_catch), 7u);
  EXPECT_EQ(value(instance, loops), 5u);
  EXPECT_EQ(value(instance, first), 1u);
  EXPECT_EQ(value(instance, first + 1), 5u);
  EXPECT_EQ(value(instance, first + 2), 5u);
  EXPECT_EQ(call(instance, first + 3).outcome, Outcome::threw);
  EXPECT_EQ(value(instance, thrown), 5u);
}

TEST_F(InterpLegacyExceptions, dead_code_has_tries_too) {
  ModuleAssembler m = with_tags();
  const uint32_t around =
      m.func({}, {i32}, {},
             code(i32_const(3), 0x0f, begin_try, 0x06, no_result, 0x18, 0, i32_const(1), 0x07, 0,
                  0x09, 0, 0x19, i32_const(2), end, 0x1a));
  const uint32_t within = m.func({}, {i32}, {},
                                 code(begin_try, throw_5, 0x06, no_result, 0x18, 0, 0x00,  //
                                      0x07, 0, 0x0f, 0x1a, 0x19, 0x09, 0, end));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, around), 3u);
  EXPECT_EQ(value(instance, within), 5u);
}

TEST_F(SmallHeap, caught_exceptions_make_room_for_others) {
  ModuleAssembler m = with_tags();
  const uint32_t many = m.func({i32}, {i32}, {},
                               code(0x03, no_result, begin_try, throw_5, 0x07, 0, end, 0x1a, get(0),
                                    i32_const(1), 0x6b, tee(0), 0x0d, 0, end, get(0)));
  EXPECT_EQ(value(add(m), many, {100'000}), 0u);
}

}  // namespace
}  // namespace waxwing::interp
