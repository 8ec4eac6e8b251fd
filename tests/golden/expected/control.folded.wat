(module $control
  (type $pair (;0;) (func (param i32 i32) (result i32 i32)))
  (type (;1;) (func (param i32)))
  (type (;2;) (func (param i32) (result i32)))
  (type (;3;) (func (param i32 i32) (result i64)))
  (tag $oops (;0;) (type 1) (param i32))
  (func $swap (;0;) (type $pair) (param $a i32) (param $b i32) (result i32 i32)
    (local.get $b)
    (local.get $a))
  (func $choose (;1;) (export "choose") (type 2) (param $n i32) (result i32)
    (block $two ;; label = @1
      (block $one ;; label = @2
        (block $zero ;; label = @3
          (br_table $zero $one $two (local.get $n)))
        (return (i32.const 10)))
      (return (select (i32.const 20) (i32.const 30) (local.get $n))))
    (block $caught (result i32) ;; label = @1
      (try_table (catch $oops $caught) ;; label = @2
        (throw $oops (i32.sub (call $swap (i32.const 1) (i32.const 2)))))
      (unreachable)))
  (func $sum (;2;) (type 3) (param $from i32) (param $to i32) (result i64)
    (local $total i64)
    (local f32 f32)
    (loop $again ;; label = @1
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $from))))
      (br_if $again
        (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to))))
    (local.get $total))
)
