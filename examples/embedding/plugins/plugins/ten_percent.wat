;; A good plugin.
(module
  (func (export "price") (param $cents i64) (result i64)
    (i64.div_s (i64.mul (local.get $cents) (i64.const 90)) (i64.const 100))))
