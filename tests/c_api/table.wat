(module
  (type $unary (func (param i32) (result i32)))
  (table (export "table") 2 10 funcref)
  (func (export "call") (param $x i32) (param $index i32) (result i32)
    (call_indirect (type $unary) (local.get $x) (local.get $index)))
  (func $f (export "f") (param i32) (result i32) (i32.const 666))
  (func $g (export "g") (param i32) (result i32) (local.get 0))
  (elem (i32.const 1) func $f))
