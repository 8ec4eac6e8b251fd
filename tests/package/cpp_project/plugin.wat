(module
  (import "host" "hear" (func $hear (param i64)))
  (func (export "cube") (param $x i64) (result i64)
    (local $cube i64)
    (local.set $cube (i64.mul (local.get $x) (i64.mul (local.get $x) (local.get $x))))
    (call $hear (local.get $cube))
    (local.get $cube))
  (func (export "fail") unreachable))
