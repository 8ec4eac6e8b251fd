(module
  (type $t (func))
  (func $imported (import "" "f"))
  (func (export "call") (call $imported))
  (func (export "through") (param funcref) (result funcref) (local.get 0))
  (table (export "table") 1 funcref)
  (func (export "concrete") (param (ref null $t)))
  (memory (export "memory") 1)
  (global (export "global") (mut i32) (i32.const 1)))
