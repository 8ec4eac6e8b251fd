// Structures, arrays, i31 and casts, each as the collector is by default and when it collects
// before every allocation.
#include <gtest/gtest.h>

#include "assembler.h"

namespace waxwing::interp {
namespace {

using syntax::TrapCode;

constexpr uint8_t anyref = 0x6e, eqref = 0x6d, i31ref = 0x6c, structref = 0x6b, arrayref = 0x6a,
                  nullref = 0x71;
constexpr uint8_t i8_storage = 0x78, i16_storage = 0x77;
constexpr int is_mutable = 1;

Bytes gc(int op, const Bytes& immediates = {}) { return code(0xfb, op, immediates); }
Bytes gc(int op, uint32_t index) { return code(0xfb, op, u(index)); }
Bytes gc(int op, uint32_t index, uint32_t index2) { return code(0xfb, op, u(index), u(index2)); }
Bytes ref_null(int heap) { return code(0xd0, heap); }
Bytes nullable(uint32_t type) { return code(0x63, u(type)); }

enum : int {
  struct_new = 0,
  struct_new_default,
  struct_get,
  struct_get_s,
  struct_get_u,
  struct_set,
  array_new,
  array_new_default,
  array_new_fixed,
  array_new_data,
  array_new_elem,
  array_get,
  array_get_s,
  array_get_u,
  array_set,
  array_len,
  array_fill,
  array_copy,
  array_init_data,
  array_init_elem,
  ref_test,
  ref_test_null,
  ref_cast,
  ref_cast_null,
  br_on_cast,
  br_on_cast_fail,
  any_convert_extern,
  extern_convert_any,
  ref_i31,
  i31_get_s,
  i31_get_u,
};

class AggregateTest : public InterpTest, public testing::WithParamInterface<bool> {
 public:
  AggregateTest() : InterpTest({.max_heap_bytes = 16u << 20, .gc_stress = GetParam()}) {}

  static uint32_t struct_type(ModuleAssembler& m, const std::vector<Bytes>& fields) {
    m.types.push_back(code(0x5f, vec(fields)));
    return uint32_t(m.types.size() - 1);
  }
  static uint32_t array_type(ModuleAssembler& m, const Bytes& storage) {
    m.types.push_back(code(0x5e, storage, is_mutable));
    return uint32_t(m.types.size() - 1);
  }
  static uint32_t func_type(ModuleAssembler& m, const std::vector<Bytes>& params,
                            const std::vector<Bytes>& results) {
    m.types.push_back(code(0x60, vec(params), vec(results)));
    return uint32_t(m.types.size() - 1);
  }
};

INSTANTIATE_TEST_SUITE_P(Collector, AggregateTest, testing::Bool());

TEST_P(AggregateTest, fields_of_every_storage_type) {
  struct Case {
    uint8_t storage, value;
    int get;
    Slot given[2], expected[2];
  };
  const Case cases[] = {
      {i8_storage, i32, struct_get_s, {0x1ff}, {uint32_t(-1)}},
      {i8_storage, i32, struct_get_u, {0x1ff}, {0xff}},
      {i16_storage, i32, struct_get_s, {0x18000}, {uint32_t(-0x8000)}},
      {i16_storage, i32, struct_get_u, {0x18000}, {0x8000}},
      {i32, i32, struct_get, {0x89abcdef}, {0x89abcdef}},
      {i64, i64, struct_get, {0x0123456789abcdef}, {0x0123456789abcdef}},
      {f32, f32, struct_get, {0x3fc00000}, {0x3fc00000}},
      {f64, f64, struct_get, {0x3ff8000000000000}, {0x3ff8000000000000}},
      {v128, v128, struct_get, {1, 2}, {1, 2}},
      {externref, externref, struct_get, {6}, {6}},
  };
  for (const Case& c : cases) {
    ModuleAssembler m;
    // Neighbours show whether an access is too wide.
    const Bytes field = code(c.storage, is_mutable), neighbour = code(i8_storage, is_mutable);
    const uint32_t type = struct_type(m, {neighbour, field, neighbour});
    const uint32_t array = array_type(m, {c.storage});
    const int array_read = c.get - struct_get + array_get;
    const uint32_t through_new =
        m.func({c.value}, {c.value}, {},
               code(i32_const(1), get(0), i32_const(2), gc(struct_new, type), gc(c.get, type, 1)));
    const uint32_t through_set =
        m.func({c.value}, {c.value}, {code(u(1), nullable(type))},
               code(gc(struct_new_default, type), set(1), get(1), get(0), gc(struct_set, type, 1),
                    get(1), gc(struct_get_u, type, 0), get(1), gc(struct_get_u, type, 2), 0x6a,
                    0x04, no_result, 0x00, 0x0b, get(1), gc(c.get, type, 1)));
    const uint32_t through_array = m.func(
        {c.value}, {c.value}, {},
        code(get(0), i32_const(3), gc(array_new, array), i32_const(2), gc(array_read, array)));
    const uint32_t through_element =
        m.func({c.value}, {c.value}, {code(u(1), nullable(array))},
               code(i32_const(3), gc(array_new_default, array), tee(1), i32_const(1), get(0),
                    gc(array_set, array), get(1), i32_const(1), gc(array_read, array)));
    runtime::Instance& instance = add(m);
    for (uint32_t func : {through_new, through_set, through_array, through_element}) {
      const CallResult result = call(instance, func, {c.given[0], c.given[1]});
      ASSERT_EQ(result.outcome, Outcome::returned) << result.trap.message();
      // Above an f32 a slot holds anything.
      const Slot value = c.value == f32 ? uint32_t(result.slots[0]) : result.slots[0];
      EXPECT_EQ(value, c.expected[0]) << func << " " << int(c.storage);
      if (c.value == v128) {
        EXPECT_EQ(result.slots[1], c.expected[1]);
      }
    }
  }
}

TEST_P(AggregateTest, a_list_lives_as_long_as_a_local_refers_to_it) {
  ModuleAssembler m;
  // 0: a node of words, 1: with a narrow field behind
  const uint32_t words = struct_type(m, {code(i64, 0), code(0x63, 0, 0)});
  const uint32_t mixed = struct_type(m, {code(i64, 0), code(0x63, 1, 0), code(i8_storage, 0)});
  std::vector<uint32_t> funcs;
  for (const uint32_t node : {words, mixed}) {
    const Bytes narrow = node == mixed ? i32_const(7) : Bytes();
    funcs.push_back(
        m.func({i64}, {i64}, {code(u(1), nullable(node)), code(u(1), i64)},
               code(0x03, no_result,                                       // loop: make
                    get(0), get(1), narrow, gc(struct_new, node), set(1),  //
                    get(0), i64_const(1), 0x7d, tee(0), i64_const(0), 0x52, 0x0d, 0, 0x0b, 0x03,
                    no_result,                                              // loop: sum up
                    get(2), get(1), gc(struct_get, node, 0), 0x7c, set(2),  //
                    get(1), gc(struct_get, node, 1), tee(1), 0xd1, 0x45, 0x0d, 0, 0x0b, get(2))));
  }
  runtime::Instance& instance = add(m);
  const Slot count = GetParam() ? 300 : 100'000;
  for (const uint32_t func : funcs)
    EXPECT_EQ(value(instance, func, {count}), count * (count + 1) / 2);
  if (!GetParam()) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(value(instance, funcs[0], {100'000}), 5000050000u);
    EXPECT_GT(store->heap_statistics().collections, 3u);
  }
}

class FullHeap : public InterpTest {
 public:
  FullHeap() : InterpTest({.max_heap_bytes = 16u << 20}) {}
};

TEST_F(FullHeap, is_of_use_again_when_nothing_refers_to_what_filled_it) {
  ModuleAssembler m;
  const uint32_t node = AggregateTest::struct_type(m, {code(0x63, 0, 0)});
  const uint32_t endless =
      m.func({}, {}, {code(u(1), nullable(node))},
             code(0x03, no_result, get(0), gc(struct_new, node), set(0), 0x0c, 0, 0x0b));
  const uint32_t one = m.func({}, {i32}, {}, code(gc(struct_new_default, node), 0xd1));
  runtime::Instance& instance = add(m);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(trap_of(instance, endless), TrapCode::heap_exhausted);
    EXPECT_EQ(value(instance, one), 0u);
  }
}

TEST_P(AggregateTest, arrays_know_their_bounds) {
  ModuleAssembler m;
  const uint32_t array = array_type(m, {i32});
  const Bytes three = code(i32_const(4), i32_const(5), i32_const(6), gc(array_new_fixed, array, 3));
  const uint32_t at = m.func({i32}, {i32}, {}, code(three, get(0), gc(array_get, array)));
  const uint32_t write =
      m.func({i32}, {}, {}, code(three, get(0), i32_const(0), gc(array_set, array)));
  const uint32_t length =
      m.func({i32}, {i32}, {}, code(get(0), gc(array_new_default, array), gc(array_len)));
  const uint32_t fill =
      m.func({i32, i32}, {i32}, {code(u(1), nullable(array))},
             code(three, tee(2), get(0), i32_const(9), get(1), gc(array_fill, array), get(2),
                  i32_const(1), gc(array_get, array)));
  const uint32_t copy =
      m.func({i32, i32, i32}, {i32}, {code(u(1), nullable(array))},
             code(three, tee(3), get(0), get(3), get(1), get(2), gc(array_copy, array, array),
                  get(3), i32_const(2), gc(array_get, array)));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, at, {0}), 4u);
  EXPECT_EQ(value(instance, at, {2}), 6u);
  EXPECT_EQ(trap_of(instance, at, {3}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(instance, at, {UINT32_MAX}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(instance, write, {3}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(value(instance, length, {100'000}), 100'000u);
  EXPECT_EQ(trap_of(instance, length, {UINT32_MAX}), TrapCode::heap_exhausted);
  EXPECT_EQ(value(instance, fill, {1, 2}), 9u);
  EXPECT_EQ(value(instance, fill, {3, 0}), 5u);
  EXPECT_EQ(trap_of(instance, fill, {2, 2}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(instance, fill, {2, UINT32_MAX}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(value(instance, copy, {1, 0, 2}), 5u);
  EXPECT_EQ(trap_of(instance, copy, {2, 0, 2}), TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(instance, copy, {0, 2, 2}), TrapCode::out_of_bounds_array);
}

TEST_P(AggregateTest, null_is_told_by_what_was_expected) {
  ModuleAssembler m;
  const uint32_t pair = struct_type(m, {code(anyref, is_mutable)});
  const uint32_t array = array_type(m, {anyref});
  const Bytes no_pair = code(0xd0, u(pair)), no_array = code(0xd0, u(array));
  const std::pair<Bytes, TrapCode> cases[] = {
      {code(no_pair, gc(struct_get, pair, 0), 0x1a), TrapCode::null_structure_reference},
      {code(no_pair, ref_null(nullref), gc(struct_set, pair, 0)),
       TrapCode::null_structure_reference},
      {code(no_array, i32_const(0), gc(array_get, array), 0x1a), TrapCode::null_array_reference},
      {code(no_array, i32_const(0), ref_null(nullref), gc(array_set, array)),
       TrapCode::null_array_reference},
      {code(no_array, gc(array_len), 0x1a), TrapCode::null_array_reference},
      {code(no_array, i32_const(0), ref_null(nullref), i32_const(0), gc(array_fill, array)),
       TrapCode::null_array_reference},
      {code(no_array, i32_const(0), no_array, i32_const(0), i32_const(0),
            gc(array_copy, array, array)),
       TrapCode::null_array_reference},
      {code(ref_null(i31ref), gc(i31_get_s), 0x1a), TrapCode::null_i31_reference},
      {code(ref_null(i31ref), gc(i31_get_u), 0x1a), TrapCode::null_i31_reference},
      {code(ref_null(anyref), gc(ref_cast, Bytes{structref}), 0x1a), TrapCode::cast_failure},
      {code(no_pair, gc(ref_cast, pair), 0x1a), TrapCode::cast_failure},
  };
  for (const auto& [body, trap] : cases) m.func({}, {}, {}, body);
  runtime::Instance& instance = add(m);
  for (uint32_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(trap_of(instance, i), cases[i].second) << i;
}

TEST_P(AggregateTest, i31_holds_31_bits) {
  ModuleAssembler m;
  const uint32_t sign = m.func({i32}, {i32}, {}, code(get(0), gc(ref_i31), gc(i31_get_s)));
  const uint32_t zero = m.func({i32}, {i32}, {}, code(get(0), gc(ref_i31), gc(i31_get_u)));
  const uint32_t same =
      m.func({i32, i32}, {i32}, {}, code(get(0), gc(ref_i31), get(1), gc(ref_i31), 0xd3));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, sign, {0x7fffffff}), uint32_t(-1));
  EXPECT_EQ(value(instance, zero, {0xffffffff}), 0x7fffffffu);
  EXPECT_EQ(value(instance, sign, {0x40000000}), 0xc0000000u);
  EXPECT_EQ(value(instance, same, {0x80000001, 1}), 1u);
  EXPECT_EQ(value(instance, same, {2, 1}), 0u);
}

TEST_P(AggregateTest, casts_follow_declared_supertypes) {
  ModuleAssembler m;
  m.types.push_back(code(0x50, 0, 0x5f, 0));                     // 0: the root
  m.types.push_back(code(0x50, 1, 0, 0x5f, 1, i32, 0));          // 1 below 0
  m.types.push_back(code(0x4f, 1, 1, 0x5f, 2, i32, 0, i64, 0));  // 2 below 1
  m.types.push_back(code(0x4f, 1, 0, 0x5f, 1, i64, 0));          // 3 below 0
  const uint32_t numbers = array_type(m, {i32});
  const Bytes values[] = {gc(struct_new_default, 0),
                          gc(struct_new_default, 1),
                          gc(struct_new_default, 2),
                          gc(struct_new_default, 3),
                          code(i32_const(1), gc(array_new_default, numbers)),
                          code(i32_const(1), gc(ref_i31)),
                          ref_null(nullref),
                          code(ref_null(externref), gc(any_convert_extern))};
  const Bytes targets[] = {u(0),       u(1),     u(2),    u(3),     u(numbers), {structref},
                           {arrayref}, {i31ref}, {eqref}, {anyref}, {nullref}};
  constexpr size_t target_count = std::size(targets);
  // Which values (but null) each target takes.
  const std::vector<bool> expected[target_count] = {
      {1, 1, 1, 1, 0, 0}, {0, 1, 1, 0, 0, 0}, {0, 0, 1, 0, 0, 0}, {0, 0, 0, 1, 0, 0},
      {0, 0, 0, 0, 1, 0}, {1, 1, 1, 1, 0, 0}, {0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 1},
      {1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0}};
  std::vector<std::pair<uint32_t, bool>> tests;
  std::vector<std::pair<uint32_t, bool>> casts;
  for (size_t v = 0; v < std::size(values); ++v) {
    for (size_t t = 0; t < target_count; ++t) {
      const bool is_null = v >= 6;
      const bool fits = !is_null && expected[t][v];
      const Bytes& target = targets[t];
      tests.emplace_back(m.func({}, {i32}, {}, code(values[v], gc(ref_test, target))), fits);
      tests.emplace_back(m.func({}, {i32}, {}, code(values[v], gc(ref_test_null, target))),
                         fits || is_null);
      casts.emplace_back(m.func({}, {}, {}, code(values[v], gc(ref_cast, target), 0x1a)), fits);
      casts.emplace_back(m.func({}, {}, {}, code(values[v], gc(ref_cast_null, target), 0x1a)),
                         fits || is_null);
      // 1 where the branch is taken
      const Bytes result = code(anyref);
      const auto branch = [&](int op, int flags) {
        return m.func({}, {i32}, {},
                      code(0x02, anyref, values[v], gc(op, code(flags, 0, anyref, target)), 0x1a,
                           i32_const(0), 0x0f, 0x0b, 0x1a, i32_const(1)));
      };
      tests.emplace_back(branch(br_on_cast, 1), fits);
      tests.emplace_back(branch(br_on_cast, 3), fits || is_null);
      tests.emplace_back(branch(br_on_cast_fail, 1), !fits);
      tests.emplace_back(branch(br_on_cast_fail, 3), !(fits || is_null));
    }
  }
  runtime::Instance& instance = add(m);
  for (const auto& [func, fits] : tests) EXPECT_EQ(value(instance, func), Slot{fits}) << func;
  for (const auto& [func, fits] : casts) {
    EXPECT_EQ(trap_of(instance, func), fits ? TrapCode::none : TrapCode::cast_failure) << func;
  }
}

TEST_P(AggregateTest, references_keep_their_identity_through_extern) {
  ModuleAssembler m;
  const uint32_t pair = struct_type(m, {code(i32, 0)});
  const uint32_t same =
      m.func({}, {i32}, {code(u(1), nullable(pair))},
             code(i32_const(3), gc(struct_new, pair), tee(0), gc(extern_convert_any),
                  gc(any_convert_extern), gc(ref_cast, pair), get(0), 0xd3));
  const uint32_t host = m.func({externref}, {i32}, {},
                               code(get(0), gc(any_convert_extern), gc(ref_test, Bytes{eqref})));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, same), 1u);
  EXPECT_EQ(value(instance, host, {runtime::Ref::from_host(9).bits()}), 0u);
  EXPECT_EQ(value(instance, host, {store->heap().new_host_object(nullptr, nullptr).bits()}), 0u);
}

TEST_P(AggregateTest, far_frames_and_many_fields) {
  ModuleAssembler m;
  std::vector<Bytes> fields;
  Bytes make;
  for (int i = 0; i < 3000; ++i) {
    fields.push_back(code(i % 3 == 0 ? i64 : i32, is_mutable));
    make = code(make, i % 3 == 0 ? i64_const(i) : i32_const(i));
  }
  const uint32_t wide = struct_type(m, fields);
  const uint32_t array = array_type(m, {i32});
  const Bytes locals = code(u(1), nullable(wide)), many = code(u(49'000), v128);
  const uint32_t last = m.func(
      {}, {i32}, {locals, many},
      code(make, gc(struct_new, wide), set(0), get(0), i32_const(-5), gc(struct_set, wide, 1),
           get(0), gc(struct_get, wide, 2999), get(0), gc(struct_get, wide, 1), 0x6a));
  const uint32_t elements =
      m.func({}, {i32}, {locals, many, code(u(1), nullable(array))},
             code(i32_const(7), i32_const(9), gc(array_new, array), tee(49'001), i32_const(3),
                  get(49'001), i32_const(4), i32_const(5), gc(array_copy, array, array),
                  get(49'001), i32_const(8), gc(array_get, array)));
  runtime::Instance& instance = add(m);
  EXPECT_EQ(value(instance, last), 2994u);
  EXPECT_EQ(value(instance, elements), 7u);
}

TEST_P(AggregateTest, globals_and_tables_keep_objects) {
  ModuleAssembler m;
  const uint32_t pair = struct_type(m, {code(i32, 0)});
  m.tables.push_back(code(anyref, 0, u(10)));
  const uint32_t put =
      m.func({i32, i32}, {}, {}, code(get(0), get(1), gc(struct_new, pair), 0x26, 0));
  const uint32_t read =
      m.func({i32}, {i32}, {}, code(get(0), 0x25, 0, gc(ref_cast, pair), gc(struct_get, pair, 0)));
  const uint32_t churn = m.func({i32}, {}, {},
                                code(0x03, no_result, i32_const(1), gc(struct_new, pair), 0x1a,
                                     get(0), i32_const(1), 0x6b, tee(0), 0x0d, 0, 0x0b));
  runtime::Instance& instance = add(m);
  for (Slot i = 0; i < 10; ++i) call(instance, put, {i, i + 100});
  call(instance, churn, {GetParam() ? 100u : 1'000'000u});
  for (Slot i = 0; i < 10; ++i) EXPECT_EQ(value(instance, read, {i}), i + 100);
}

}  // namespace
}  // namespace waxwing::interp
