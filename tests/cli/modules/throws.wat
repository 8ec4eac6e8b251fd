;; Throws what nobody catches.
(module
  (tag $problem (param i32))
  (func (export "_start") (throw $problem (i32.const 5))))
