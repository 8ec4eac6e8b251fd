(module $habits
  (type $binary (func (param i32 i32) (result i32)))
  (import "host" "log" (func $log (param i32)))
  (memory 1)
  (global $count (mut i32) (i32.const 0))
  (table $ops 4 funcref)
  (elem (i32.const 0) $add)

  (func $add (type $binary)
    (i32.add (local.get 0) (local.get 1)))

  ;; A comparison and its branch are one pair of instructions.
  (func $max (param $a i64) (param $b i64) (result i64)
    (if (result i64) (i64.gt_s (local.get $a) (local.get $b))
      (then (local.get $a))
      (else (local.get $b))))

  ;; Nothing is left of constants but their value.
  (func $constants (result i32)
    (i32.mul (i32.add (i32.const 2) (i32.const 3)) (i32.const 7)))

  ;; The sum is in a register, and so are the place and the end; the load is an operand.
  (func $sum (param $begin i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=16 (local.get $begin))))
      (br_if $next
        (i32.lt_u
          (local.tee $begin (i32.add (local.get $begin) (i32.const 4)))
          (local.get $end))))
    (local.get $sum))

  (func $divide (type $binary)
    (i32.div_s (local.get 0) (local.get 1)))

  (func $divide_by_constant (param i32) (result i32)
    (i32.add (i32.rem_u (local.get 0) (i32.const 8)) (i32.div_u (local.get 0) (i32.const 10))))

  (func $calls (param i32) (result i32)
    (call $log (local.get 0))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $add (local.get 0) (i32.const 1)))

  (func $calls_indirectly (param i32 i32 i32) (result i32)
    (call_indirect $ops (type $binary) (local.get 1) (local.get 2) (local.get 0)))

  (func $tail_calls (param i32 i32) (result i32)
    (return_call $add (local.get 1) (local.get 0)))

  (func $chooses (param i32) (result i32)
    (block $default
      (block $three
        (block $two
          (block $one
            (br_table $one $two $three $one $two $default (local.get 0)))
          (return (i32.const 10)))
        (return (i32.const 20)))
      (return (i32.const 30)))
    (i32.const 40))

  (func $polynomial (param $x f64) (result f64)
    (f64.add
      (f64.mul (f64.add (f64.mul (local.get $x) (f64.const 3)) (f64.const 2)) (local.get $x))
      (f64.const 1)))

  (func $grows (param i32) (result i32)
    (memory.grow (local.get 0)))

  (func $bits (param i64) (result i64)
    (i64.add (i64.clz (local.get 0)) (i64.shl (local.get 0) (i64.ctz (local.get 0)))))

  (func $vectors (param $at i32) (param $by i32)
    (v128.store (local.get $at)
      (i32x4.add
        (i32x4.mul (v128.load (local.get $at)) (i32x4.splat (local.get $by)))
        (v128.const i32x4 1 2 3 4)))))
