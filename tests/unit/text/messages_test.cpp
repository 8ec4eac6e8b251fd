// What people read who mistype: place, line, caret, and how to mend it. Golden texts, read by eye.
#include <gtest/gtest.h>

#include "text/assembler.h"
#include "text/source_location.h"

namespace waxwing::text {
namespace {

struct Mistake {
  std::string_view wat;
  std::string_view message;  // behind a line break
};

// clang-format off
constexpr Mistake mistakes[] = {
    {R"wat((module (func (i32.ad (i32.const 1) (i32.const 2)))))wat",
     R"wat(
f.wat:1:16: unknown operator: `i32.ad`; did you mean i32.add?
  (module (func (i32.ad (i32.const 1) (i32.const 2))))
                 ^
)wat"},
    {R"wat((module
  (func $f (param $x i32)
    get_local $x
    drop)))wat",
     R"wat(
f.wat:3:5: unknown operator: `get_local`; did you mean local.get?
      get_local $x
      ^
)wat"},
    {R"wat((module (func (call $foo)) (func $fool)))wat",
     R"wat(
f.wat:1:21: unknown identifier: there is no function $foo; did you mean $fool?
  (module (func (call $foo)) (func $fool))
                      ^
)wat"},
    {R"wat((module (func (param $count i32) (local.get $cuont) (drop))))wat",
     R"wat(
f.wat:1:45: unknown identifier: there is no local $cuont; did you mean $count?
  (module (func (param $count i32) (local.get $cuont) (drop)))
                                              ^
)wat"},
    {R"wat((module (func (result i32) (i32.const 4294967296))))wat",
     R"wat(
f.wat:1:39: i32 constant out of range: `4294967296` is not an integer of 32 bits
  (module (func (result i32) (i32.const 4294967296)))
                                        ^
)wat"},
    {R"wat((module (func (drop (f32.const 1e40)))))wat",
     R"wat(
f.wat:1:32: constant out of range: `1e40` is not a number that f32 can hold
  (module (func (drop (f32.const 1e40))))
                                 ^
)wat"},
    {R"wat((module (func (drop (i32.const 1.5)))))wat",
     R"wat(
f.wat:1:32: unexpected token: found `1.5`, but an integer of 32 bits goes here
  (module (func (drop (i32.const 1.5))))
                                 ^
)wat"},
    {R"wat((module (func $f) (func $f)))wat",
     R"wat(
f.wat:1:25: duplicate func: the id is taken; choose another
  (module (func $f) (func $f))
                          ^
)wat"},
    {R"wat((module (func (local $a i32) (local $a i64))))wat",
     R"wat(
f.wat:1:37: duplicate local: the id is taken; choose another
  (module (func (local $a i32) (local $a i64)))
                                      ^
)wat"},
    {R"wat((module
  (func
    (i32.const 1)
    drop)wat",
     R"wat(
f.wat:4:9: unexpected token: the text ends, but the ) of what begins in line 2 goes here
      drop
          ^
)wat"},
    {R"wat((module (func block nop)))wat",
     R"wat(
f.wat:1:24: unexpected token: found `)`, but `end` of what begins in line 1 goes here
  (module (func block nop))
                         ^
)wat"},
    {R"wat((module
  (func
    block $a
      nop
    end $b)))wat",
     R"wat(
f.wat:5:9: mismatching label: the block that this ends begins in line 3 and is $a
      end $b))
          ^
)wat"},
    {R"wat((module (func end)))wat",
     R"wat(
f.wat:1:15: unexpected token: found `end`, but an instruction or ) (`end` closes what `block`, `loop`, `if` or `try_table` without ( opened) goes here
  (module (func end))
                ^
)wat"},
    {R"wat((module (func (if (i32.const 1) (nop)))))wat",
     R"wat(
f.wat:1:38: unexpected token: found `)`, but (then ...) goes here
  (module (func (if (i32.const 1) (nop))))
                                       ^
)wat"},
    {R"wat((module (func (if (i32.const 1)))))wat",
     R"wat(
f.wat:1:32: unexpected token: found `)`, but (then ...) goes here
  (module (func (if (i32.const 1))))
                                 ^
)wat"},
    {R"wat((module (func (i32.add i32.const 1 i32.const 2))))wat",
     R"wat(
f.wat:1:24: unexpected token: found `i32.const`, but an operand in parentheses or ) goes here
  (module (func (i32.add i32.const 1 i32.const 2)))
                         ^
)wat"},
    {R"wat((module (func (br $out))))wat",
     R"wat(
f.wat:1:19: unknown identifier: there is no enclosing block $out
  (module (func (br $out)))
                    ^
)wat"},
    {R"wat((module (memory 1) (func (drop (i32.load align=3 (i32.const 0))))))wat",
     R"wat(
f.wat:1:42: alignment must be a power of two: 1, 2, 4, 8 or 16
  (module (memory 1) (func (drop (i32.load align=3 (i32.const 0)))))
                                           ^
)wat"},
    {R"wat((module (memory 1) (func (drop (i32.load offset=x (i32.const 0))))))wat",
     R"wat(
f.wat:1:42: unknown operator: a number follows offset= directly
  (module (memory 1) (func (drop (i32.load offset=x (i32.const 0)))))
                                           ^
)wat"},
    {R"wat((module (func) (import "a" "b" (func))))wat",
     R"wat(
f.wat:1:24: import after function: move imports before everything that the module defines
  (module (func) (import "a" "b" (func)))
                         ^
)wat"},
    {R"wat((module (type $t (func (param i32))) (func (type $t) (param i64))))wat",
     R"wat(
f.wat:1:44: inline function type: the parameters and results differ from the type's; leave them out, or make them the same
  (module (type $t (func (param i32))) (func (type $t) (param i64)))
                                             ^
)wat"},
    {R"wat((module (func (export name))))wat",
     R"wat(
f.wat:1:23: unknown operator: found `name`, but a string goes here
  (module (func (export name)))
                        ^
)wat"},
    {R"wat((module (export "f" (fun $f))))wat",
     R"wat(
f.wat:1:21: unexpected token: found `(`, but (func ...), (table ...), (memory ...), (global ...) or (tag ...) goes here
  (module (export "f" (fun $f)))
                      ^
)wat"},
    {R"wat((module (fun $f)))wat",
     R"wat(
f.wat:1:10: unknown operator: `fun`; did you mean func?
  (module (fun $f))
           ^
)wat"},
    {R"wat((module (data "abc)))wat",
     R"wat(
f.wat:1:15: unclosed string: a string ends with " on its own line; write a line break as \n
  (module (data "abc))
                ^
)wat"},
    {R"wat((module (data "a\qb")))wat",
     R"wat(
f.wat:1:17: illegal escape: there are \t \n \r \" \' \\, \hh for a byte and \u{h...} for a character
  (module (data "a\qb"))
                  ^
)wat"},
    {R"wat((module (func (;)wat",
     R"wat(
f.wat:1:15: unclosed comment: end it with ;)
  (module (func (;
                ^
)wat"},
    {R"wat((module (func $ f)))wat",
     R"wat(
f.wat:1:15: empty identifier: a name follows $ directly
  (module (func $ f))
                ^
)wat"},
    {R"wat((module (func) (start 0) (start 0)))wat",
     R"wat(
f.wat:1:27: multiple start sections: a module starts with one function
  (module (func) (start 0) (start 0))
                            ^
)wat"},
    {R"wat((module (table 1 anyfunc)))wat",
     R"wat(
f.wat:1:18: unknown operator: `anyfunc`; did you mean nofunc?
  (module (table 1 anyfunc))
                   ^
)wat"},
    {R"wat((module (func (local.get))))wat",
     R"wat(
f.wat:1:25: unexpected token: found `)`, but a local (number or $id) goes here
  (module (func (local.get)))
                          ^
)wat"},
    {R"wat((module (func (drop (v128.const i32x4 1 2 3)))))wat",
     R"wat(
f.wat:1:44: wrong number of lane literals: i32x4 has 4 lanes
  (module (func (drop (v128.const i32x4 1 2 3))))
                                             ^
)wat"},
    {R"wat((module (func (drop (i8x16.shuffle 0 1 2 (v128.const i64x2 0 0) (v128.const i64x2 0 0))))))wat",
     R"wat(
f.wat:1:42: invalid lane length: i8x16.shuffle names 16 lanes
  (module (func (drop (i8x16.shuffle 0 1 2 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))
                                           ^
)wat"},
    {R"wat((module (func (nop) )) (module))wat",
     R"wat(
f.wat:1:24: unexpected token: found `(`, but the end of the text (a file holds one module) goes here
  (module (func (nop) )) (module)
                         ^
)wat"},
    {R"wat((module (memory 1 (pagesize 3))))wat",
     R"wat(
f.wat:1:29: page size must be a power of two: it may be 1 or 65536
  (module (memory 1 (pagesize 3)))
                              ^
)wat"},
    {R"wat((module (func (drop (i32.const é)))))wat",
     R"wat(
f.wat:1:32: illegal character: 'é' may stand in strings and comments only
  (module (func (drop (i32.const é))))
                                 ^
)wat"},
    {R"wat((module (func (@metadata.code.branch_hint "\02") (if (i32.const 0) (then)))))wat",
     R"wat(
f.wat:1:15: @metadata.code.branch_hint annotation: unexpected token: write "\00" for unlikely or "\01" for likely
  (module (func (@metadata.code.branch_hint "\02") (if (i32.const 0) (then))))
                ^
)wat"},
    {R"wat((module (func (@custom "x"))))wat",
     R"wat(
f.wat:1:15: misplaced @custom annotation: it goes between the fields of a module
  (module (func (@custom "x")))
                ^
)wat"},
    {R"wat((module (type $t (struct (field $a i32) (field $a i64)))))wat",
     R"wat(
f.wat:1:48: duplicate field: the id is taken; choose another
  (module (type $t (struct (field $a i32) (field $a i64))))
                                                 ^
)wat"},
    {R"wat((module (type $p (struct (field $x i32))) (func (param (ref $p)) (drop (struct.get $p $y (local.get 0))))))wat",
     R"wat(
f.wat:1:87: unknown identifier: there is no field $y
  ...field $x i32))) (func (param (ref $p)) (drop (struct.get $p $y (local.get 0)))))
                                                                 ^
)wat"},
    {R"wat((module (global i32 i32.const 0 x)))wat",
     R"wat(
f.wat:1:33: unknown operator: found `x`, but an instruction goes here
  (module (global i32 i32.const 0 x))
                                  ^
)wat"},
    {R"wat(module (func))wat",
     R"wat(
f.wat:1:1: unexpected token: found `module`, but (module ...) or a module field in parentheses goes here
  module (func)
  ^
)wat"},
    {R"wat((module (func (block (result $t)))))wat",
     R"wat(
f.wat:1:30: unexpected token: found `$t`, but a value type goes here
  (module (func (block (result $t))))
                               ^
)wat"},
    {R"wat((module (elem (i32.const 0) f)))wat",
     R"wat(
f.wat:1:29: unknown operator: found `f`, but a function (number or $id) or ) goes here
  (module (elem (i32.const 0) f))
                              ^
)wat"},
    {R"wat((module (func (param x i32))))wat",
     R"wat(
f.wat:1:22: unknown operator: found `x`, but a value type goes here
  (module (func (param x i32)))
                       ^
)wat"},
    {R"wat((module (tag $e (param i32)) (func (throw e))))wat",
     R"wat(
f.wat:1:43: unknown operator: found `e`, but a tag (number or $id) goes here
  (module (tag $e (param i32)) (func (throw e)))
                                            ^
)wat"},
};
// clang-format on

TEST(messages, say_what_where_and_how_to_mend_it) {
  for (const Mistake& mistake : mistakes) {
    const auto bytes = assemble(mistake.wat);
    ASSERT_FALSE(bytes) << mistake.wat;
    EXPECT_EQ("\n" + render_error("f.wat", mistake.wat, bytes.error()), mistake.message);
  }
}

}  // namespace
}  // namespace waxwing::text
