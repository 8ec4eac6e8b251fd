;; Starts with 100 pages (6.25 MiB), and grows by a page as often as it may.
(module
  (memory (export "memory") 100)
  (func (export "pages") (result i32)
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size)))
