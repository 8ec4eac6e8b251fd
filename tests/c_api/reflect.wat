(module
  (func (import "host" "f") (param i32 externref) (result f64 funcref i64))
  (func (export "func") (param i32 externref) (result f64 funcref i64)
    (f64.const 0) (ref.null func) (i64.const 0))
  (global (export "global") (mut f64) (f64.const 0))
  (table (export "table") 2 funcref)
  (memory (export "memory") 1 7)
  (tag (export "tag") (param i32)))
