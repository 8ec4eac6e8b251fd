// Exceptions where the official suite has no case: what lives in registers while something is
// thrown, calls out of line, other instances, hosts between.
#include "world.h"

namespace waxwing::baseline {
namespace {

class Exceptions : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(ways, Exceptions, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Exceptions, locals_of_all_kinds_are_what_they_were_at_the_call) {
  add("m", R"((module
    (tag $e (param i32))
    (func $odd_throws (param i32)
      (if (i32.and (local.get 0) (i32.const 1))
        (then (throw $e (i32.mul (local.get 0) (i32.const 100))))))
    (func (export "run") (param $n i32) (result i64 f32 f64 v128 i32)
      (local $i i32) (local $a i64) (local $f f32) (local $d f64) (local $v v128)
      (local $r (ref null i31))
      (loop $next
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (block $caught (result i32)
          (try_table (catch $e $caught)
            (local.set $a (i64.add (local.get $a) (i64.extend_i32_u (local.get $i))))
            (local.set $f (f32.add (local.get $f) (f32.const 1.5)))
            (local.set $d (f64.add (local.get $d) (f64.const 0.25)))
            (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $i))))
            (local.set $r (ref.i31 (local.get $i)))
            (call $odd_throws (local.get $i))
            (local.set $a (i64.add (local.get $a) (i64.const 1000))))
          (i32.const 7))
        (local.set $a (i64.add (i64.extend_i32_u) (local.get $a)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $a) (local.get $f) (local.get $d) (local.get $v)
      (i31.get_u (local.get $r)))))");
  EXPECT_EQ(run("run", {10}), "7590 15 2.5 0x00000037 0x00000037 0x00000037 0x00000037 10");
}

TEST_P(Exceptions, registers_of_frames_that_are_passed_over_come_back) {
  add("m", R"((module
    (tag $e (param i64))
    (func $deep (param $n i32) (result i32) (local $x i32) (local $y i32)
      (local.set $x (i32.mul (local.get $n) (i32.const 3)))
      (local.set $y (i32.mul (local.get $n) (i32.const 5)))
      (if (i32.eqz (local.get $n)) (then (throw $e (i64.const 9))))
      (drop (call $deep (i32.sub (local.get $n) (i32.const 1))))
      (i32.add (i32.add (local.get $x) (local.get $y)) (i32.add (local.get $x) (local.get $n))))
    (func $catches (param $n i32) (result i64)
      (block $l (result i64)
        (try_table (catch $e $l) (drop (call $deep (local.get $n))))
        (i64.const 0)))
    (func (export "run") (param $n i32) (result i64) (local $i i32) (local $sum i64)
      (loop $next
        (local.set $sum (i64.add (local.get $sum) (call $catches (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
        (br_if $next (i32.ne (local.get $i) (local.get $n))))
      (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))))");
  EXPECT_EQ(run("run", {20}), "410");
}

TEST_P(Exceptions, payloads_of_any_length_go_to_labels_of_any_kind) {
  add("m", R"((module
    (tag $e (param i32 v128 f32 i64 f64))
    (tag $long (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 f32))
    (tag $v (param v128))
    (func $throw (throw $e (i32.const -1) (v128.const i32x4 1 2 3 4) (f32.const 2.5) (i64.const 6)
                           (f64.const 7)))
    (func (export "of_block") (param i32) (result i32 i32 v128 f32 i64 f64 i32)
      (i32.add (local.get 0) (i32.const 1))
      (block $l (result i32 v128 f32 i64 f64 exnref)
        (try_table (catch_ref $e $l) (call $throw)) (unreachable))
      (ref.is_null))
    (func (export "of_function") (result i32 v128 f32 i64 f64)
      (i32.const 5)
      (try_table (param i32) (catch $e 0) (drop) (call $throw)) (unreachable))
    (func (export "of_loop") (param $n i32) (result i32) (local $r exnref)
      (local.set $r
        (block $b (result exnref) (try_table (catch_all_ref $b) (call $throw)) (unreachable)))
      (local.get $r)
      (loop $again (param exnref) (result i32)
        (local.set $r)
        (if (i32.eqz (local.get $n)) (then (return (i32.const 3))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (try_table (catch_all_ref $again) (throw_ref (local.get $r)))
        (unreachable)))
    (func (export "vector") (result v128)
      (try_table (result v128) (catch $v 0) (throw $v (v128.const i32x4 5 6 7 8))))
    (func (export "long")
      (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 f32)
      (try_table (catch $long 0)
        (throw $long (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
                     (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10)
                     (i64.const 11) (i64.const 12) (v128.const i32x4 1 2 3 4) (f32.const 0.5)))
      (unreachable))
    (func (export "long_legacy") (param i32)
      (result i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 f32)
      (local.get 0)
      (try (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 f32)
        (do (throw $long (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
                     (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10)
                     (i64.const 11) (i64.const 12) (v128.const i32x4 1 2 3 4) (f32.const 0.5)))
        (catch $long)))))");
  const std::string vector = "0x00000001 0x00000002 0x00000003 0x00000004";
  EXPECT_EQ(run("of_block", {8}), "9 -1 " + vector + " 2.5 6 7 0");
  EXPECT_EQ(run("of_function"), "-1 " + vector + " 2.5 6 7");
  EXPECT_EQ(run("of_loop", {5}), "3");
  EXPECT_EQ(run("vector"), "0x00000005 0x00000006 0x00000007 0x00000008");
  EXPECT_EQ(run("long"), "1 2 3 4 5 6 7 8 9 10 11 12 " + vector + " 0.5");
  EXPECT_EQ(run("long_legacy", {4}), "4 1 2 3 4 5 6 7 8 9 10 11 12 " + vector + " 0.5");
}

constexpr std::string_view thrower = R"((module
  (tag $e (export "e") (param i32))
  (tag $f (export "f"))
  (func (export "throw") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $f)))
    (if (i32.eq (local.get 0) (i32.const 9)) (then (return (i32.const 90))))
    (throw $e (local.get 0)))))";

constexpr std::string_view imports = R"(
  (import "thrower" "e" (tag $e (param i32)))
  (import "thrower" "f" (tag $f))
  (import "thrower" "throw" (func $throw (param i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (table $t funcref (elem $throw $own))
  (func $own (param i32) (result i32) (call $throw (i32.add (local.get 0) (i32.const 1)))))";

TEST_P(Exceptions, calls_out_of_line_belong_to_the_tries_around_them) {
  add("thrower", thrower);
  add("m", "(module" + std::string(imports) + R"(
    (func (export "nested") (param $x i32) (param $callee i32) (result i32)
      (block $outer (result i32)
        (try_table (catch $e $outer)
          (block $inner
            (try_table (catch $f $inner)
              (return (call_indirect $t (type $unary) (local.get $x) (local.get $callee)))))
          ;; $f came here; this call is in the outer body alone
          (return (i32.add (i32.const 1000)
            (call_indirect $t (type $unary) (i32.const 7) (local.get $callee)))))
        (unreachable))
      (i32.add (i32.const 100)))
    (func (export "behind") (param $callee i32) (result i32)
      (block $caught
        (try_table (catch_all $caught)
          (drop (call_indirect $t (type $unary) (i32.const 9) (i32.const 0)))))
      (call_indirect $t (type $unary) (i32.const 8) (local.get $callee)))
    (func (export "by_ref") (param $x i32) (result i32)
      (block $caught (result i32)
        (try_table (result i32) (catch $e $caught)
          (call_ref $unary (local.get $x) (ref.func $throw)))
        (i32.add (i32.const 1)))
      (i32.add (i32.const 500)))
    (func (export "legacy") (param $x i32) (result i32)
      (try (result i32)
        (do
          (try (result i32)
            (do
              (try (result i32)
                (do (call_indirect $t (type $unary) (local.get $x) (i32.const 0)))
                (delegate 1)))
            (catch_all (i32.const -1))))
        (catch $e (i32.add (i32.const 200)))
        (catch_all
          (drop (call_indirect $t (type $unary) (i32.const 9) (i32.const 0)))
          (i32.const 300))))))");
  EXPECT_EQ(run("nested", {5, 0}), "105");
  EXPECT_EQ(run("nested", {0, 0}), "107");
  EXPECT_EQ(run("nested", {5, 1}), "106");
  EXPECT_EQ(run("nested", {9, 0}), "90");
  EXPECT_EQ(run("behind", {0}).substr(0, 4), "trap");
  EXPECT_EQ(run("by_ref", {3}), "503");
  EXPECT_EQ(run("by_ref", {9}), "591");
  EXPECT_EQ(run("legacy", {5}), "205");
  EXPECT_EQ(run("legacy", {0}), "300");
  EXPECT_EQ(run("legacy", {9}), "90");
}

TEST_P(Exceptions, delegates_pass_over_tries_and_reach_the_caller) {
  add("thrower", thrower);
  add("m", "(module" + std::string(imports) + R"(
    (func $leaves (param $x i32) (result i32)
      (try (result i32)
        (do
          (try (result i32)
            (do (try (result i32)
              (do (call $throw (local.get $x)))
              (delegate 2)))
            (catch_all (i32.const -1))))
        (catch_all (i32.const -2))))
    (func $chain (param $x i32) (result i32)
      (try (result i32)
        (do
          (try (result i32)
            (do
              (try $middle (result i32)
                (do
                  (try (result i32)
                    (do (call_indirect $t (type $unary) (local.get $x) (i32.const 0)))
                    (delegate $middle)))
                (delegate 0)))
            (catch $e (i32.add (i32.const 10)))))
        (catch_all (i32.const -3))))
    (func (export "run") (param $x i32) (result i32 i32)
      (try (result i32)
        (do (call $leaves (local.get $x)))
        (catch $e (i32.add (i32.const 1)))
        (catch_all (i32.const 2)))
      (call $chain (local.get $x)))))");
  EXPECT_EQ(run("run", {5}), "6 15");
  EXPECT_EQ(run("run", {0}), "2 -3");
  EXPECT_EQ(run("run", {9}), "90 90");
}

TEST_P(Exceptions, hosts_pass_them_on) {
  add("m", R"((module
    (import "host" "call" (func $call (param funcref) (result i32)))
    (tag $e (param i32 f64))
    (global $depth (mut i32) (i32.const 0))
    (elem declare func $down)
    (func $down (result i32) (local $x i32)
      (local.set $x (global.get $depth))
      (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
      (if (i32.eqz (global.get $depth)) (then (throw $e (i32.const 40) (f64.const 2))))
      (i32.add (call $call (ref.func $down)) (local.get $x)))
    (func (export "run") (param $n i32) (result i32) (local $x i32)
      (local.set $x (i32.mul (local.get $n) (i32.const 1000)))
      (global.set $depth (local.get $n))
      (block $l (result i32 f64)
        (try_table (catch $e $l) (drop (call $call (ref.func $down)))) (unreachable))
      (i32.add (i32.trunc_f64_s) (i32.add (local.get $x))))))");
  EXPECT_EQ(run("run", {1}), "1042");
  EXPECT_EQ(run("run", {7}), "7042");
}

TEST_P(Exceptions, what_is_rethrown_outlives_collections_and_other_catches) {
  add("m", R"((module
    (tag $e (param i32 (ref null $box)))
    (type $box (struct (field i32)))
    (func $throw (param i32)
      (throw $e (local.get 0) (struct.new $box (i32.mul (local.get 0) (i32.const 2)))))
    (func (export "run") (param $x i32) (result i32) (local $sum i32) (local $b (ref null $box))
      (try (result i32)
        (do
          (try (result i32)
            (do (call $throw (local.get $x)) (i32.const 0))
            (catch $e
              (local.set $b) (local.set $sum)
              (try
                (do (call $throw (i32.const 1000)))
                (catch $e
                  (local.set $sum (i32.add (struct.get $box 0) (local.get $sum)))
                  (drop (struct.new $box (i32.const 0)))
                  (drop)
                  (rethrow 1)))
              (i32.const -1))))
        (catch $e
          (struct.get $box 0)
          (i32.add (local.get $sum))
          (i32.add))))))");
  // 5 and 10 again, 2000 of the inner box, 5 of the first payload.
  EXPECT_EQ(run("run", {5}), "2020");
}

TEST_P(Exceptions, a_catch_leaves_its_values_above_what_lies_below_the_try) {
  add("m", R"((module
    (tag $e (param i32))
    (func $throw (param i32) (throw $e (local.get 0)))
    (func (export "run") (param $x i32) (result i32) (local $i i32) (local $sum i32)
      (loop $next
        (local.get $sum) (i32.const 3) (local.get $i)
        (try (param i32) (result i32 i32)
          (do (drop) (call $throw (local.get $i)) (unreachable))
          (catch $e (local.set $i (i32.add (local.get $i) (i32.const 1))) (local.get $i)))
        (i32.mul) (i32.mul) (i32.add)
        (local.set $sum)
        (br_if $next (i32.lt_u (local.get $i) (local.get $x))))
      (local.get $sum))))");
  // 3 * the sum of i * (i + 1), i below 4
  EXPECT_EQ(run("run", {4}), "60");
}

TEST_P(Exceptions, tail_calls_leave_the_try) {
  add("thrower", thrower);
  add("m", "(module" + std::string(imports) + R"(
    (func $tail (param $x i32) (param $how i32) (result i32) (local $y i32)
      (local.set $y (i32.add (local.get $x) (i32.const 1)))
      (block $caught
        (try_table (catch_all $caught)
          (drop (call $throw (i32.const 9)))
          (if (i32.eqz (local.get $how))
            (then (return_call $own (i32.add (local.get $x) (local.get $y)))))
          (if (i32.eq (local.get $how) (i32.const 1))
            (then (return_call_indirect $t (type $unary) (local.get $y) (i32.const 0))))
          (return_call $throw (local.get $y))))
      (i32.const -1))
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
      (loop $next
        (block $caught (result i32)
          (try_table (result i32) (catch $e $caught)
            (call $tail (local.get $i) (i32.rem_u (local.get $i) (i32.const 3)))))
        (local.set $sum (i32.add (local.get $sum)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $sum))))");
  // 2 + 2 + 3 + 8 + 5 + 6
  EXPECT_EQ(run("run", {6}), "26");
}

}  // namespace
}  // namespace waxwing::baseline
