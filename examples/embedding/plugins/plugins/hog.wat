;; Takes all the memory that it gets, a page of 64 KiB at a time, and does not mind where that ends.
(module
  (memory 1)
  (func (export "price") (param $cents i64) (result i64)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i64.extend_i32_u (memory.size))))
