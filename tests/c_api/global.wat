(module
  (global $const (import "" "const") f32)
  (global $var (import "" "var") (mut i64))
  (global $own (mut i64) (i64.const 6))
  (export "const" (global $const))
  (export "var" (global $var))
  (export "own" (global $own))
  (func (export "get") (result i64) (global.get $var))
  (func (export "set") (param i64) (global.set $var (local.get 0))))
