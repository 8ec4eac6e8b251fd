;; Blocks of all kinds, operands that fold and some that do not.
(module $control
  (type $pair (func (param i32 i32) (result i32 i32)))
  (tag $oops (param i32))
  (func $swap (type $pair) (param $a i32) (param $b i32) (result i32 i32)
    (local.get $b)
    (local.get $a))
  (func $choose (export "choose") (param $n i32) (result i32)
    (block $two
      (block $one
        (block $zero
          (br_table $zero $one $two (local.get $n)))
        (return (i32.const 10)))
      (return (select (i32.const 20) (i32.const 30) (local.get $n))))
    (block $caught (result i32)
      (try_table (catch $oops $caught)
        (throw $oops (i32.sub (call $swap (i32.const 1) (i32.const 2)))))
      (unreachable)))
  (func $sum (param $from i32) (param $to i32) (result i64)
    (local $total i64)
    (local f32 f32)
    loop $again
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $from))))
      (br_if $again
        (i32.lt_u
          (local.tee $from (i32.add (local.get $from) (i32.const 1)))
          (local.get $to)))
    end
    local.get $total))
