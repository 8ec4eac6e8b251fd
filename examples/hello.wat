;; Writes a line to standard output, through WASI preview 1.
;;   waxwing examples/hello.wat
(module $hello
  ;; fd_write(descriptor, list of buffers, their number, where to store the number of bytes written)
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "Hello, world!\n")

  (func (export "_start")
    ;; One buffer, whose address and size stand at address 0.
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 14))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (call $proc_exit (i32.const 1))))))
