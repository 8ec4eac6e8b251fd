;; Is no module at all.
(module
  (func (export "price") (param $cents i64) (result i64)
    (local.git $cents)))
