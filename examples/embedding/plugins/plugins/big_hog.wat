;; Wants more memory than plugins may have from the beginning.
(module
  (memory 1000)
  (func (export "price") (param $cents i64) (result i64) (local.get $cents)))
