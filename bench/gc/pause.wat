;; A live tree of depth n in a table (2^(n+1) nodes of 32 bytes: 1 GiB at 24), then 100 million short-lived objects and
;; changes of the tree beside it.
(module
  (type $node (struct (field $left (mut (ref null $node))) (field $right (mut (ref null $node))) (field i64)))
  (table $kept 1 (ref null $node))
  (func $make (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new_default $node))
      (else (struct.new $node
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (i64.extend_i32_u (local.get $depth))))))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $at (ref null $node)) (local $child (ref null $node))
    (table.set $kept (i32.const 0) (call $make (local.get $n)))
    (loop $again
      (local.set $at (table.get $kept (i32.const 0)))
      ;; Swaps the children of a node near the root, where marking may not have been.
      (local.set $child (struct.get $node $left (local.get $at)))
      (struct.set $node $left (local.get $at) (struct.get $node $right (local.get $at)))
      (struct.set $node $right (local.get $at) (local.get $child))
      (drop (struct.new $node (local.get $at) (ref.null $node) (i64.const 1)))
      (br_if $again (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000000))))
    (local.get $i)))
