;; Counts in fractions.
(module
  (func (export "price") (param $euros f64) (result f64) (local.get $euros)))
