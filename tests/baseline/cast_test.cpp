// Tests of types and the branches by them: what is in registers while the runtime is asked, and
// references of every kind.
#include "world.h"

namespace waxwing::baseline {
namespace {

class Casts : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(ways, Casts, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Casts, registers_survive_the_runtime) {
  add("m", R"((module
    (type $a (sub (struct (field i32))))
    (type $b (sub $a (struct (field i32))))
    (func (export "run") (param $n i32) (result i32 i64 f32 f64 v128)
      (local $i i32) (local $x i64) (local $f f32) (local $d f64) (local $v v128)
      (local $r (ref null any))
      (loop $next
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $r (struct.new $b (local.get $i)))
        (local.set $f (f32.add (local.get $f) (f32.const 0.5)))
        (local.set $d (f64.add (local.get $d) (f64.const 2)))
        (i32x4.splat (local.get $i))
        (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 3)))
        (struct.get $a 0 (ref.cast (ref $a) (local.get $r)))
        (i64.extend_i32_u) (i64.add)
        (i64.extend_i32_u (ref.test (ref $a) (local.get $r))) (i64.add)
        (i64.extend_i32_u (ref.test (ref struct) (local.get $r))) (i64.add)
        (local.set $x (i64.add (local.get $x)))
        (local.set $v (i32x4.add (local.get $v)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $i) (local.get $x) (local.get $f) (local.get $d) (local.get $v))))");
  // 4 * 55 + 2 * 10
  EXPECT_EQ(run("run", {10}), "10 240 5 20 0x00000037 0x00000037 0x00000037 0x00000037");
}

TEST_P(Casts, references_of_every_kind_are_told_apart) {
  add("m", R"((module
    (type $open (sub (struct (field i32))))
    (type $sub (sub final $open (struct (field i32 i32))))
    (type $final (struct (field i64)))
    (type $array (array i8))
    (type $f (sub (func)))
    (type $g (sub $f (func)))
    (table $t 12 anyref)
    (table $fs 3 funcref)
    (func $is_f (type $f))
    (func $is_g (type $g))
    (elem declare func $is_f $is_g)
    (func (export "set") (param externref)
      (table.set $t (i32.const 1) (ref.i31 (i32.const 0)))
      (table.set $t (i32.const 2) (ref.i31 (i32.const 7)))
      (table.set $t (i32.const 3) (struct.new_default $open))
      (table.set $t (i32.const 4) (struct.new_default $sub))
      (table.set $t (i32.const 5) (struct.new_default $final))
      (table.set $t (i32.const 6) (array.new_default $array (i32.const 3)))
      (table.set $t (i32.const 7) (any.convert_extern (local.get 0)))
      (table.set $fs (i32.const 1) (ref.func $is_f))
      (table.set $fs (i32.const 2) (ref.func $is_g)))
    (func $bit (param $sum i32) (param $bit i32) (result i32)
      (i32.add (i32.shl (local.get $sum) (i32.const 1)) (local.get $bit)))
    (func (export "tests") (param $i i32) (result i32) (local $r anyref)
      (local.set $r (table.get $t (local.get $i)))
      (i32.const 0)
      (call $bit (ref.test anyref (local.get $r)))
      (call $bit (ref.test (ref any) (local.get $r)))
      (call $bit (ref.test eqref (local.get $r)))
      (call $bit (ref.test (ref eq) (local.get $r)))
      (call $bit (ref.test i31ref (local.get $r)))
      (call $bit (ref.test (ref i31) (local.get $r)))
      (call $bit (ref.test structref (local.get $r)))
      (call $bit (ref.test (ref array) (local.get $r)))
      (call $bit (ref.test (ref null $open) (local.get $r)))
      (call $bit (ref.test (ref $open) (local.get $r)))
      (call $bit (ref.test (ref $sub) (local.get $r)))
      (call $bit (ref.test (ref null $final) (local.get $r)))
      (call $bit (ref.test (ref $array) (local.get $r)))
      (call $bit (ref.test nullref (local.get $r)))
      (call $bit (ref.test (ref none) (local.get $r))))
    (func (export "branches") (param $i i32) (result i32) (local $r anyref)
      (local.set $r (table.get $t (local.get $i)))
      (i32.const 0)
      (call $bit (block $l (result i32)
        (drop (block $m (result (ref null $open))
          (br_on_cast $m anyref (ref null $open) (local.get $r))
          (br $l (i32.const 0))))
        (i32.const 1)))
      (call $bit (block $l (result i32)
        (drop (block $m (result anyref)
          (br_on_cast_fail $m anyref (ref $sub) (local.get $r))
          (br $l (i32.const 1))))
        (i32.const 0)))
      (call $bit (block $l (result i32)
        (drop (block $m (result (ref eq))
          (br_on_cast $m anyref (ref eq) (local.get $r))
          (br $l (i32.const 0))))
        (i32.const 1)))
      (call $bit (block $m (result i32) (i32.const 1)
        (drop (br_on_null $m (local.get $r))) (drop) (i32.const 0)))
      (call $bit (block $l (result i32)
        (drop (block $m (result (ref any))
          (br_on_non_null $m (local.get $r)) (br $l (i32.const 0))))
        (i32.const 1))))
    (func (export "funcs") (param $i i32) (result i32) (local $r funcref)
      (local.set $r (table.get $fs (local.get $i)))
      (i32.const 0)
      (call $bit (ref.test (ref func) (local.get $r)))
      (call $bit (ref.test (ref $f) (local.get $r)))
      (call $bit (ref.test (ref null $g) (local.get $r)))
      (call $bit (ref.test (ref null nofunc) (local.get $r))))
    (func (export "cast") (param $i i32) (result i32)
      (struct.get $open 0 (ref.cast (ref $open) (table.get $t (local.get $i)))))))");
  const auto found = last_->find_export("set");
  const runtime::Value host{.type = syntax::externref,
                            .slots = {runtime::Ref::from_host(21).bits(), 0}};
  ASSERT_TRUE(runtime::call(*store_, *std::get<runtime::Func*>(*found), std::span(&host, 1)));
  const auto bits = [this](std::string_view name, uint32_t index) {
    const std::string text = run(name, {index});
    return static_cast<uint32_t>(std::stoul(text));
  };
  const uint32_t tests[] = {0b101010101001010, 0b111111000000000, 0b111111000000000,
                            0b111100101100000, 0b111100101110000, 0b111100100001000,
                            0b111100010000100, 0b110000000000000};
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(bits("tests", i), tests[i]) << i;
  const uint32_t branches[] = {0b10010, 0b00101, 0b00101, 0b10101,
                               0b11101, 0b00101, 0b00101, 0b00001};
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(bits("branches", i), branches[i]) << i;
  EXPECT_EQ(bits("funcs", 0), 0b0011u);
  EXPECT_EQ(bits("funcs", 1), 0b1100u);
  EXPECT_EQ(bits("funcs", 2), 0b1110u);
  EXPECT_EQ(run("cast", {4}), "0");
  for (const uint32_t wrong : {0u, 1u, 2u, 5u, 6u, 7u})
    EXPECT_EQ(run("cast", {wrong}),
              "trap " + std::to_string(static_cast<int>(syntax::TrapCode::cast_failure)));
}

}  // namespace
}  // namespace waxwing::baseline
