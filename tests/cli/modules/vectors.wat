;; Needs SIMD, and says who made it.
(module
  (func (export "first") (param v128) (result i32)
    (i32x4.extract_lane 0 (local.get 0))))
