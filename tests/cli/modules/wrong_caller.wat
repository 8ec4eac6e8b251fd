;; Imports with another type than the module has.
(module
  (import "host" "answer" (func $answer (param i64) (result i32)))
  (func (export "_start")))
