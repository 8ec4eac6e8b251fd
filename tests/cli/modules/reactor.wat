;; Answers 42, once it is initialized.
(module
  (global $base (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $base (i32.const 41)))
  (func (export "answer") (result i32)
    (i32.add (global.get $base) (i32.const 1))))
