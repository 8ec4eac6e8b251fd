;; A memory of 1 MiB (16 pages) that the module initializes: bench/run.py repeats the data to fill it.
(module
  (import "host" "nop" (func $nop))
  (import "host" "mix" (func $mix (param i32 i64 f64) (result f64)))
  (memory (export "memory") 16)
  (data (i32.const 0) "@DATA@")
  (func (export "empty")))
