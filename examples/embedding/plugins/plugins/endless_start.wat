;; Never comes back, while it is being loaded.
(module
  (func $start (loop $for_ever (br $for_ever)))
  (start $start)
  (func (export "price") (param $cents i64) (result i64) (local.get $cents)))
