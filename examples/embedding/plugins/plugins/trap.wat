;; Divides by its argument.
(module
  (func (export "price") (param $cents i64) (result i64)
    (i64.div_s (i64.const 1000000) (local.get $cents))))
