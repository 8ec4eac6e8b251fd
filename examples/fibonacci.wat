;; Fibonacci numbers, by a loop and by recursion.
;;   waxwing --invoke fibonacci examples/fibonacci.wat 90
;;   waxwing --invoke fibonacci_by_calls examples/fibonacci.wat 30
(module $fibonacci
  (func (export "fibonacci") (param $n i32) (result i64)
    (local $this i64)
    (local $next i64)
    (local.set $next (i64.const 1))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        ;; this, next = next, this + next
        (local.get $next)
        (local.set $next (i64.add (local.get $this) (local.get $next)))
        (local.set $this)
        (br $again)))
    (local.get $this))

  (func $by_calls (export "fibonacci_by_calls") (param $n i32) (result i64)
    (if (result i64) (i32.lt_u (local.get $n) (i32.const 2))
      (then (i64.extend_i32_u (local.get $n)))
      (else
        (i64.add
          (call $by_calls (i32.sub (local.get $n) (i32.const 1)))
          (call $by_calls (i32.sub (local.get $n) (i32.const 2))))))))
