(module $control
  (type $pair (;0;) (func (param i32 i32) (result i32 i32)))
  (type (;1;) (func (param i32)))
  (type (;2;) (func (param i32) (result i32)))
  (type (;3;) (func (param i32 i32) (result i64)))
  (tag $oops (;0;) (type 1) (param i32))
  (func $swap (;0;) (type $pair) (param $a i32) (param $b i32) (result i32 i32)
    local.get $b
    local.get $a)
  (func $choose (;1;) (export "choose") (type 2) (param $n i32) (result i32)
    block $two ;; label = @1
      block $one ;; label = @2
        block $zero ;; label = @3
          local.get $n
          br_table $zero $one $two
        end
        i32.const 10
        return
      end
      i32.const 20
      i32.const 30
      local.get $n
      select
      return
    end
    block $caught (result i32) ;; label = @1
      try_table (catch $oops $caught) ;; label = @2
        i32.const 1
        i32.const 2
        call $swap
        i32.sub
        throw $oops
      end
      unreachable
    end)
  (func $sum (;2;) (type 3) (param $from i32) (param $to i32) (result i64)
    (local $total i64)
    (local f32 f32)
    loop $again ;; label = @1
      local.get $total
      local.get $from
      i64.extend_i32_u
      i64.add
      local.set $total
      local.get $from
      i32.const 1
      i32.add
      local.tee $from
      local.get $to
      i32.lt_u
      br_if $again
    end
    local.get $total)
)
