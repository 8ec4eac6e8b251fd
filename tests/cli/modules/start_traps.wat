;; Fails before anything can be called.
(module
  (func $main unreachable)
  (start $main)
  (func (export "_start")))
