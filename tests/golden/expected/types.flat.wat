(module $types
  (rec
    (type $list (;0;) (sub (struct (field $head i32) (field $tail (mut (ref null $list))))))
    (type $named (;1;) (sub final $list (struct (field $head i32) (field $tail (mut (ref null $list))) (field $name (ref $bytes)))))
    (type $bytes (;2;) (array (mut i8)))
  )
  (type (;3;) (func (param externref)))
  (type (;4;) (func (param (ref null $list)) (result i32)))
  (type (;5;) (func (param (ref $list)) (result i32)))
  (import "env" "log" (func $log (;0;) (type 3) (param externref)))
  (import "env" "base" (global $"the base" (;0;) i64))
  (table $slots (;0;) (export "slots") 2 10 funcref)
  (memory $wide (;0;) (export "wide") i64 1 4)
  (memory $shared (;1;) 1 2 shared)
  (global $empty (;1;) (export "empty") (ref $list) (struct.new $list (i32.const 0) (ref.null none)))
  (elem $first (;0;) (i32.const 0) func $log $length)
  (func $length (;1;) (export "length") (type 4) (param $list (ref null $list)) (result i32)
    (local $count i32)
    block $done ;; label = @1
      loop $next ;; label = @2
        local.get $list
        br_on_null $done
        struct.get $list $tail
        local.set $list
        local.get $count
        i32.const 1
        i32.add
        local.set $count
        br $next
      end
    end
    local.get $count)
  (func $"is named?" (;2;) (type 5) (param (ref $list)) (result i32)
    local.get 0
    ref.test (ref $named)
    (@metadata.code.branch_hint "\00") if ;; label = @1
      i32.const 1
      return
    end
    i32.const 0
    f32.const -0.1875
    f32.store $shared offset=4 align=1
    i64.const 16
    v128.const i32x4 0x00000001 0x00000002 0x00000003 0x00000004
    v128.store
    i32.const 0)
  (data $greeting (;0;) (global.get $"the base") "gr\c3\bc\c3\9fe\00\ff")
  (@custom "note" (after code) "kept as it is")
)
