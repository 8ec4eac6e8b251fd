;; Types and definitions of all kinds, names that are no identifiers, annotations.
(module $types
  (rec
    (type $list (sub (struct (field $head i32) (field $tail (mut (ref null $list))))))
    (type $named (sub final $list
      (struct (field $head i32) (field $tail (mut (ref null $list))) (field $name (ref $bytes)))))
    (type $bytes (array (mut i8))))
  (import "env" "log" (func $log (param $what (ref null extern))))
  (import "env" "base" (global $"the base" i64))
  (table $slots (export "slots") 2 10 (ref null func))
  (memory $wide (export "wide") i64 1 4)
  (memory $shared 1 2 shared)
  (global $empty (export "empty") (ref $list)
    (struct.new $list (i32.const 0) (ref.null none)))
  (elem $first (table $slots) (i32.const 0) func $log $length)
  (data $greeting (memory $wide) (global.get $"the base") "grüße\00\ff")
  (func $length (export "length") (param $list (ref null $list)) (result i32)
    (local $count i32)
    (block $done
      (loop $next
        (br_on_null $done (local.get $list))
        (local.set $list (struct.get $list $tail))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $count))
  (func $"is named?" (@name "is named?") (param (ref $list)) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (ref.test (ref $named) (local.get 0)) (then (return (i32.const 1))))
    (f32.store $shared offset=4 align=1 (i32.const 0) (f32.const -0x1.8p-3))
    (v128.store (i64.const 16) (v128.const i32x4 1 2 3 4))
    (i32.const 0))
  (@custom "note" (after code) "kept as it is"))
