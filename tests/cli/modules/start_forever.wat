;; Does not come out of its start function.
(module
  (func $main (loop $again (br $again)))
  (start $main)
  (func (export "_start")))
