;; A command with other exports too.
(module
  (func (export "_start") unreachable)
  (func (export "seven") (result i32) (i32.const 7)))
