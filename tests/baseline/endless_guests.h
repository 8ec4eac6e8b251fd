// Guests that never end, in every way that code can go on for ever: somebody has to stop them.
#pragma once

#include <string>
#include <string_view>

namespace waxwing::baseline {

struct EndlessGuest {
  std::string_view name;
  std::string_view fields;  // of a module whose "run" never returns
};

inline constexpr EndlessGuest endless_guests[] = {
    {"empty_loop", R"((func (export "run") (loop $l (br $l))))"},
    {"counting_loop", R"((func (export "run") (local $i i64)
       (loop $l (local.set $i (i64.add (local.get $i) (i64.const 1)))
         (br_if $l (i64.ne (local.get $i) (i64.const 0))))))"},
    {"nested_loops", R"((func (export "run") (local $i i32)
       (loop $outer (local.set $i (i32.const 3))
         (loop $inner (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
         (br $outer))))"},
    {"jump_table", R"((func (export "run") (local $i i32)
       (loop $a (loop $b (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_table $a $b $a (i32.and (local.get $i) (i32.const 3)))))))"},
    {"nested_calls", R"((func $h (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
       (func $g (param i32) (result i32) (call $h (call $h (local.get 0))))
       (func (export "run") (local $i i32)
         (loop $l (local.set $i (call $g (local.get $i))) (br $l))))"},
    {"recursion", R"((func $f (param $n i32) (result i32)
         (if (result i32) (local.get $n)
           (then (i32.add (call $f (i32.sub (local.get $n) (i32.const 1)))
                          (call $f (i32.sub (local.get $n) (i32.const 1)))))
           (else (i32.const 1))))
       (func (export "run") (drop (call $f (i32.const 100)))))"},
    {"deep_recursion", R"((func $f (param $n i32) (if (local.get $n)
         (then (call $f (i32.sub (local.get $n) (i32.const 1)))
               (call $f (i32.sub (local.get $n) (i32.const 1))))))
       (func (export "run") (call $f (i32.const 20000))))"},
    {"indirect_calls", R"((type $t (func (param i32) (result i32)))
       (table funcref (elem $f $g))
       (func $f (type $t) (i32.const 1)) (func $g (type $t) (i32.const 0))
       (func (export "run") (local $i i32) (loop $l
         (local.set $i (call_indirect (type $t) (local.get $i) (local.get $i))) (br $l))))"},
    {"typed_references", R"((type $t (func)) (elem declare func $f) (func $f (type $t))
       (func (export "run") (local $r (ref null $t)) (local.set $r (ref.func $f))
         (loop $l (call_ref $t (local.get $r)) (br $l))))"},
    {"tail_calls", R"((func $f (param i32) (return_call $g (local.get 0) (i64.const 1)))
       (func $g (param i32 i64) (return_call $f (i32.add (local.get 0) (i32.const 1))))
       (func (export "run") (return_call $f (i32.const 0))))"},
    {"indirect_tail_calls", R"((type $t (func (param i32))) (table funcref (elem $f))
       (func $f (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
       (func (export "run") (return_call $f (i32.const 0))))"},
    {"host_calls", R"((import "host" "call" (func $call (param funcref) (result i32)))
       (elem declare func $f) (func $f (result i32) (i32.const 1))
       (func (export "run") (loop $l (br_if $l (call $call (ref.func $f))))))"},
    {"loop_below_the_host", R"((import "host" "call" (func $call (param funcref) (result i32)))
       (elem declare func $f $g) (func $f (result i32) (loop $l (br $l)) (i32.const 1))
       (func $g (result i32) (call $call (ref.func $f)))
       (func (export "run") (drop (call $call (ref.func $g)))))"},
    {"memory_growth", R"((memory 1 3) (func (export "run")
       (loop $l (drop (memory.grow (i32.const 0))) (drop (memory.grow (i32.const 1))) (br $l))))"},
    {"memory_fill", R"((memory 16384) (func (export "run")
       (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000000)) (br $l))))"},
    {"memory_copy", R"((memory 16384) (func (export "run")
       (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3fffffff)) (br $l))))"},
    {"table_fill", R"((table 9000000 funcref) (func (export "run")
       (loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 9000000)) (br $l))))"},
    {"table_copy", R"((table 9000000 funcref) (func (export "run")
       (loop $l (table.copy (i32.const 0) (i32.const 1) (i32.const 8999999)) (br $l))))"},
    {"table_growth", R"((elem declare func $f) (func $f) (func (export "run")
       (loop $l (drop (table.grow $t (ref.func $f) (i32.const 1000000))) (br $l)))
       (table $t 0 funcref))"},
    {"objects", R"((type $s (struct (field (ref null $s)) (field i64)))
       (func (export "run") (local $r (ref null $s)) (local $i i32)
         (loop $l
           (local.set $r (struct.new $s (local.get $r) (i64.const 1)))
           (if (i32.eqz (i32.and (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                 (i32.const 0xfff)))
             (then (local.set $r (ref.null $s))))
           (br $l))))"},
    {"objects_beside_a_long_list", R"((type $s (struct (field (ref null $s)) (field i64)))
       (global $list (mut (ref null $s)) (ref.null $s))
       (func $start (local $i i32) (loop $l
         (global.set $list (struct.new $s (global.get $list) (i64.const 1)))
         (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                           (i32.const 1000000)))))
       (start $start)
       (func (export "run") (loop $l (drop (struct.new $s (ref.null $s) (i64.const 1))) (br $l))))"},
    {"array_fill", R"((type $a (array (mut i64)))
       (global $a (ref $a) (array.new_default $a (i32.const 16000000)))
       (func (export "run") (loop $l
         (array.fill $a (global.get $a) (i32.const 0) (i64.const 7) (i32.const 16000000)) (br $l))))"},
    {"array_copy", R"((type $a (array (mut i64)))
       (global $a (ref $a) (array.new_default $a (i32.const 16000000)))
       (func (export "run") (loop $l (array.copy $a $a (global.get $a) (i32.const 1)
         (global.get $a) (i32.const 0) (i32.const 15999999)) (br $l))))"},
    {"array_new", R"((type $a (array (mut v128))) (func (export "run")
       (loop $l (drop (array.new $a (v128.const i64x2 1 2) (i32.const 250000))) (br $l))))"},
    {"exceptions", R"((tag $e (param i32)) (func $throw (throw $e (i32.const 1)))
       (func (export "run") (loop $l (block $caught (result i32)
         (try_table (catch $e $caught) (call $throw)) (unreachable)) (drop) (br $l))))"},
    {"exceptions_caught_by_a_loop", R"((tag $e) (func $throw (throw $e))
       (func (export "run") (loop $l (try_table (catch $e $l) (call $throw)))))"},
    {"endless_wait", R"((memory 1 1 shared) (func (export "run")
       (loop $l (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br $l))))"},
    {"short_waits", R"((memory 1 1 shared) (func (export "run")
       (loop $l (drop (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const 1000)))
         (br $l))))"},
};

/// The guest's module, with an "answer" besides: 42, from an instance that still works.
inline std::string module_of(const EndlessGuest& guest) {
  return "(module " + std::string(guest.fields) +
         R"((func (export "answer") (result i32) (i32.const 42))))";
}

}  // namespace waxwing::baseline
