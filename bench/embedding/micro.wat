;; What bench/native_speed.cpp and the peers' programs call: a page of memory and functions that do nothing much.
(module
  (import "host" "nop" (func $nop))
  (import "host" "mix" (func $mix (param i32 i64 f64) (result f64)))
  (memory (export "memory") 1)
  (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "call_nop") (param i32)
    (loop
      (call $nop)
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "call_mix") (param i32) (result f64)
    (local f64)
    (loop
      (local.set 1 (call $mix (local.get 0) (i64.const 3) (local.get 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "trap") unreachable)
  (func (export "fault") (result i32)
    (i32.load (i32.const 65536))))
