// Tests of fuel: what instructions cost, and what happens without it.
#include <array>

#include "world.h"

namespace waxwing::baseline {
namespace {

constexpr uint64_t plenty = 1'000'000;

constexpr std::string_view module_text = R"((module
  (import "host" "call" (func $call (param funcref) (result i32)))
  (import "host" "fuel" (func $fuel (result i64)))
  (import "host" "give" (func $give (param i64)))
  (memory 1)
  (table $t 20 funcref)
  (type $bytes (array (mut i8)))
  (type $f (func (result i32)))
  (tag $odd (param i32))
  (global $done (export "done") (mut i32) (i32.const 0))
  (data $d "0123456789")
  (elem $e func $three $three)
  (elem declare func $three)
  (func (export "nothing"))
  (func (export "form") (nop) (block (nop)) (loop))
  (func $three (export "three") (result i32) (i32.add (i32.const 1) (i32.const 2)))
  (func (export "six") (result i32) (i32.mul (call $three) (i32.const 2)))
  (func (export "indirect") (result i32)
    (table.set $t (i32.const 1) (ref.func $three))
    (call_indirect $t (type $f) (i32.const 1)))
  (func (export "tail") (result i32) (return_call $three))
  (func (export "arms") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.const 1))
      (else (drop (i32.const 2)) (i32.const 3))))
  (func (export "known_arm") (result i32)
    (block $b (br_if $b (i32.const 1)) (return (i32.const 1)))
    (block $b (br_if $b (i32.const 0)) (return (i32.const 2)))
    (unreachable))
  (func (export "count") (param i32)
    (loop $next
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $next (local.get 0))))
  (func (export "chosen") (param i32) (result i32)
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.add (i32.const 10) (i32.const 10))))
    (i32.const 30))
  (func (export "caught") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $odd $h)
        (throw $odd (local.get 0)))))
  (func (export "fill") (param i32) (memory.fill (i32.const 8) (i32.const 1) (local.get 0)))
  (func (export "fill_48") (memory.fill (i32.const 8) (i32.const 1) (i32.const 48)))
  (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 9) (local.get 0)))
  (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 10)))
  (func (export "table") (param i32)
    (table.fill $t (i32.const 0) (ref.null func) (local.get 0))
    (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 7))
    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)))
  (func (export "array") (param i32) (local $a (ref null $bytes))
    (local.set $a (array.new $bytes (i32.const 7) (local.get 0)))
    (drop (array.new_default $bytes (local.get 0)))
    (drop (array.new_data $bytes $d (i32.const 0) (i32.const 5)))
    (array.fill $bytes (local.get $a) (i32.const 0) (i32.const 1) (i32.const 3))
    (array.copy $bytes $bytes (local.get $a) (i32.const 0) (local.get $a) (i32.const 0) (i32.const 2))
    (array.init_data $bytes $d (local.get $a) (i32.const 0) (i32.const 0) (i32.const 4)))
  (func (export "grow") (drop (memory.grow (i32.const 10))))
  (type $fields (struct (field i32) (field i64) (field v128)))
  (func (export "struct") (drop (struct.new_default $fields)))
  (func (export "locals") (local i32 i64 f32 f64))
  (func (export "many_locals") (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 i64 i64))
  (func (export "forever") (loop $next (br $next)))
  (func $down (export "down") (call $down))
  (func $chain (export "chain") (return_call $chain))
  (func (export "again") (loop $l (block $h (try_table (catch_all $h) (throw $odd (i32.const 1)))) (br $l)))
  (func (export "sets_done") (global.set $done (i32.const 1)))
  (func (export "ask") (result i64) (call $fuel))
  (func (export "give") (param i32) (call $give (i64.extend_i32_u (local.get 0))) (call $three) (drop))
  (func (export "calls_back") (result i32) (call $call (ref.func $three)))))";

class Fuel : public WorldTest {
 protected:
  Fuel() : WorldTest(runtime::StoreLimits{}) {
    runtime::HostFunc fuel;
    fuel.type = {{}, {syntax::i64_type}};
    fuel.code = [](void*, runtime::Caller& caller, runtime::Slot* slots) {
      slots[0] = caller.store.fuel();
      return runtime::Outcome::returned;
    };
    EXPECT_TRUE(linker_.define_func(*store_, "host", "fuel", fuel));
    runtime::HostFunc give;
    give.type = {{syntax::i64_type}, {}};
    give.code = [](void*, runtime::Caller& caller, runtime::Slot* slots) {
      caller.store.set_fuel(slots[0]);
      return runtime::Outcome::returned;
    };
    EXPECT_TRUE(linker_.define_func(*store_, "host", "give", give));
    store_->set_fuel(plenty);
    add("m", module_text);
  }

  /// What a call uses; it must return `results`.
  uint64_t cost(std::string_view name, std::vector<uint32_t> arguments = {},
                std::string_view results = "") {
    store_->set_fuel(plenty);
    EXPECT_EQ(run(name, std::move(arguments)), results) << name;
    return plenty - store_->fuel();
  }

  /// With so much fuel the call ends for want of it, and nothing is left.
  void expect_out_of_fuel(std::string_view name, std::vector<uint32_t> arguments, uint64_t fuel) {
    store_->set_fuel(fuel);
    EXPECT_EQ(run(name, std::move(arguments)), out_of_fuel) << name << " with " << fuel;
    EXPECT_EQ(store_->fuel(), 0u) << name;
  }

  static std::string trap_of(syntax::TrapCode code) {
    return "trap " + std::to_string(static_cast<int>(code));
  }
  const std::string out_of_fuel = trap_of(syntax::TrapCode::out_of_fuel);
};

INSTANTIATE_TEST_SUITE_P(ways, Fuel, testing::ValuesIn(ways_with(&engine::CodegenConfig::fuel)),
                         [](const auto& way) { return way.param.name; });

TEST_P(Fuel, form_is_free_and_the_rest_costs_one_each) {
  EXPECT_EQ(cost("nothing"), 0u);
  EXPECT_EQ(cost("form"), 0u);
  EXPECT_EQ(cost("three", {}, "3"), 3u);
  EXPECT_EQ(cost("six", {}, "6"), 3 + 3u);
  EXPECT_EQ(cost("indirect", {}, "3"), 5 + 3u);
  EXPECT_EQ(cost("tail", {}, "3"), 1 + 3u);
  EXPECT_EQ(cost("caught", {5}, "5"), 2u);
}

TEST_P(Fuel, only_what_runs_is_paid_for) {
  EXPECT_EQ(cost("arms", {1}, "1"), 2 + 1u);
  EXPECT_EQ(cost("arms", {0}, "3"), 2 + 3u);
  EXPECT_EQ(cost("known_arm", {}, "2"), 2 + 2 + 2u);
  EXPECT_EQ(cost("chosen", {0}, "10"), 2 + 2u);
  EXPECT_EQ(cost("chosen", {1}, "20"), 2 + 4u);
  EXPECT_EQ(cost("chosen", {2}, "30"), 2 + 1u);
  EXPECT_EQ(cost("count", {1}), 6u);
  EXPECT_EQ(cost("count", {1000}), 6000u);
}

TEST_P(Fuel, bulk_instructions_cost_by_their_length) {
  EXPECT_EQ(cost("fill", {0}), 4u);
  EXPECT_EQ(cost("fill", {15}), 4u);
  EXPECT_EQ(cost("fill", {160}), 4 + 10u);
  EXPECT_EQ(cost("fill_48"), 4 + 3u);
  EXPECT_EQ(cost("copy", {1600}), 4 + 100u);
  EXPECT_EQ(cost("init"), 4u);
  EXPECT_EQ(cost("table", {9}), 12 + 9 + 7 + 2u);
  EXPECT_EQ(cost("array", {100}), 4 + 3 + 4 + 5 + 6 + 5 + 100 + 100 + 5 + 3 + 2 + 4u);
  EXPECT_EQ(cost("grow"), 3u);
}

TEST_P(Fuel, what_is_zeroed_is_paid_for) {
  EXPECT_EQ(cost("struct"), 2 + 3u);
  EXPECT_EQ(cost("locals"), 0u);
  EXPECT_EQ(cost("many_locals"), 4u);  // 35 * 2 + 2 slots, of which 64 are free
}

/// A module whose "caught" throws through as many frames and one of a function with so many
/// clauses, none of which is around the call.
std::string with_clauses(size_t clauses) {
  std::string text = R"((module (tag $odd) (tag $other)
    (func $throw (throw $odd))
    (func $deep (export "deep") (param i32)
      (block $h (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (call $throw))";
  for (size_t i = 0; i < clauses / 2; ++i) text += " (try_table (catch $other $h) (nop))";
  text += " (try_table";
  for (size_t i = clauses / 2; i < clauses; ++i) text += " (catch_all $h)";
  return text + R"( (nop))))
    (func (export "caught") (param i32)
      (block $h (try_table (catch_all $h) (call $deep (local.get 0)))))))";
}

TEST_P(Fuel, who_throws_pays_for_the_clauses_of_the_functions_that_it_leaves) {
  ASSERT_TRUE(add("few", with_clauses(14)));
  const uint64_t ten_frames = cost("caught", {9});
  const uint64_t frame = (cost("caught", {19}) - ten_frames) / 10;
  ASSERT_TRUE(add("more", with_clauses(32)));
  EXPECT_EQ(cost("caught", {9}), ten_frames + 10 * 2);
  ASSERT_TRUE(add("many", with_clauses(1000)));
  EXPECT_EQ(cost("caught", {99}) - cost("caught", {9}), 90 * (frame + 1000 / 16));
  expect_out_of_fuel("caught", {99}, 5000);
}

TEST_P(Fuel, a_run_is_paid_for_before_it_begins) {
  EXPECT_EQ(cost("ask", {}, std::to_string(plenty - 1)), 1u);
  // The whole of the function, and then what is called by the host function.
  EXPECT_EQ(cost("calls_back", {}, "3"), 2 + 3u);
  store_->set_fuel(5);
  EXPECT_EQ(run("give", {3}), "");
  EXPECT_EQ(store_->fuel(), 0u);
  store_->set_fuel(5);
  EXPECT_EQ(run("give", {2}), out_of_fuel);
}

TEST_P(Fuel, as_much_as_is_needed_is_enough) {
  for (const uint64_t less : {0u, 1u, 2u}) expect_out_of_fuel("three", {}, less);
  store_->set_fuel(3);
  EXPECT_EQ(run("three"), "3");
  EXPECT_EQ(store_->fuel(), 0u);
  expect_out_of_fuel("six", {}, 5);
  expect_out_of_fuel("fill", {160}, 13);
  store_->set_fuel(14);
  EXPECT_EQ(run("fill", {160}), "");
}

TEST_P(Fuel, without_fuel_nothing_of_a_run_happens) {
  const auto done = [this] {
    return std::get<runtime::Global*>(*last_->find_export("done"))->cell->slots[0];
  };
  expect_out_of_fuel("sets_done", {}, 1);
  EXPECT_EQ(done(), 0u);
  store_->set_fuel(2);
  EXPECT_EQ(run("sets_done"), "");
  EXPECT_EQ(done(), 1u);
  store_->set_fuel(0);
  EXPECT_EQ(run("nothing"), "");
}

TEST_P(Fuel, whatever_does_not_end_is_ended) {
  for (const std::string_view name : {"forever", "chain", "again"}) {
    expect_out_of_fuel(name, {}, 0);
    expect_out_of_fuel(name, {}, 100'000);
  }
  expect_out_of_fuel("down", {}, 0);
  expect_out_of_fuel("down", {}, 1000);
}

TEST_P(Fuel, a_length_is_paid_for_before_it_is_looked_at) {
  expect_out_of_fuel("fill", {UINT32_MAX}, 1000);
  store_->set_fuel(UINT64_MAX);
  EXPECT_EQ(run("fill", {UINT32_MAX}), trap_of(syntax::TrapCode::out_of_bounds_memory));
  EXPECT_EQ(store_->fuel(), UINT64_MAX - 4 - (UINT32_MAX >> 4));
  expect_out_of_fuel("table", {UINT32_MAX}, 1000);
}

TEST_P(Fuel, lengths_of_64_bits_do_not_wrap) {
  const auto add_wide = [this] {
    return add("wide", R"((module (memory i64 1) (table i64 1 funcref)
      (func (export "fill") (memory.fill (i64.const 0) (i32.const 0) (i64.const -1)))
      (func (export "table") (table.fill (i64.const 0) (ref.null func) (i64.const -1)))))");
  };
  ASSERT_TRUE(add_wide());
  expect_out_of_fuel("table", {}, uint64_t{1} << 63);
  expect_out_of_fuel("table", {}, UINT64_MAX);
  expect_out_of_fuel("fill", {}, 1000);
  store_->set_fuel(UINT64_MAX);
  EXPECT_EQ(run("fill"), trap_of(syntax::TrapCode::out_of_bounds_memory));
}

TEST_P(Fuel, start_functions_need_fuel) {
  const std::vector<uint8_t> bytes =
      text::assemble("(module (start $f) (func $f (loop $l (br $l))))").value();
  const auto compiled = engine_.compile(bytes).value();
  store_->set_fuel(1000);
  const auto instance = linker_.instantiate(*store_, compiled, "started");
  ASSERT_FALSE(instance);
  ASSERT_TRUE(std::holds_alternative<runtime::Trap>(instance.error()));
  EXPECT_EQ(std::get<runtime::Trap>(instance.error()).code, syntax::TrapCode::out_of_fuel);
}

TEST_P(Fuel, the_trap_tells_where_it_was) {
  store_->set_fuel(100);
  const auto results =
      runtime::call(*store_, *std::get<runtime::Func*>(*last_->find_export("count")),
                    std::array{runtime::Value{.type = syntax::i32_type, .slots = {1000, 0}}});
  ASSERT_FALSE(results);
  const auto& trap = std::get<runtime::Trap>(results.error());
  EXPECT_TRUE(trap.message().starts_with("wasm trap: out of fuel")) << trap.message();
  ASSERT_EQ(trap.frames.size(), 1u);
  const syntax::FuncIdx func = trap.frames[0].func;
  EXPECT_EQ(trap.frames[0].offset, last_->module().body(func).offset);  // the loop
}

/// Gives slices until there are no more.
struct Slices {
  uint64_t size = 0;
  uint64_t left = 0;
  uint64_t given = 0;

  static uint64_t next(void* data) {
    auto& slices = *static_cast<Slices*>(data);
    if (slices.left == 0) return 0;
    --slices.left;
    slices.given += slices.size;
    return slices.size;
  }
};

TEST_P(Fuel, a_source_gives_more_in_the_middle_of_a_call) {
  for (const uint64_t size : {1u, 2u, 7u, 1000u}) {
    Slices slices{.size = size, .left = 100'000};
    store_->set_fuel_source(&Slices::next, &slices);
    store_->set_fuel(3);
    EXPECT_EQ(run("count", {1000}), "");
    EXPECT_EQ(3 + slices.given - store_->fuel(), 6000u) << "in slices of " << size;
    EXPECT_EQ(run("fill", {16'000}), "");
    EXPECT_EQ(3 + slices.given - store_->fuel(), 6000u + 4 + 1000) << "in slices of " << size;
  }
  Slices few{.size = 10, .left = 3};
  store_->set_fuel_source(&Slices::next, &few);
  expect_out_of_fuel("forever", {}, 5);
  EXPECT_EQ(few.given, 30u);
  store_->set_fuel_source(nullptr, nullptr);
  expect_out_of_fuel("forever", {}, 5);
}

TEST_P(Fuel, a_renewed_store_has_none) {
  Slices slices{.size = 1000, .left = 1000};
  store_->set_fuel_source(&Slices::next, &slices);
  store_->renew();
  EXPECT_EQ(store_->fuel(), 0u);
  expect_out_of_fuel("three", {}, 0);
  EXPECT_EQ(slices.given, 0u);
}

class NoFuel : public WorldTest {
 protected:
  NoFuel() : WorldTest(runtime::StoreLimits{}) {}
};

INSTANTIATE_TEST_SUITE_P(ways, NoFuel, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(NoFuel, who_does_not_ask_needs_none_and_uses_none) {
  ASSERT_TRUE(add("m", R"((module (memory 1) (func (export "f")
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1000)))))"));
  EXPECT_EQ(run("f"), "");
  EXPECT_EQ(store_->fuel(), 0u);
  store_->set_fuel(7);
  EXPECT_EQ(run("f"), "");
  EXPECT_EQ(store_->fuel(), 7u);
}

}  // namespace
}  // namespace waxwing::baseline
