;; Binary trees: makes and walks complete trees of depth n, 16 of them, each garbage when the next is made.
(module
  (type $node (struct (field $left (ref null $node)) (field $right (ref null $node))))
  (func $make (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new_default $node))
      (else (struct.new $node
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $count (param $node (ref $node)) (result i32)
    (local $left (ref null $node))
    (local.set $left (struct.get $node $left (local.get $node)))
    (if (result i32) (ref.is_null (local.get $left))
      (then (i32.const 1))
      (else (i32.add (i32.const 1) (i32.add
        (call $count (ref.as_non_null (local.get $left)))
        (call $count (ref.as_non_null (struct.get $node $right (local.get $node)))))))))
  (func (export "run") (param $n i32) (result i32)
    (local $round i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $count (call $make (local.get $n)))))
      (br_if $again (i32.lt_u
        (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 16))))
    (local.get $sum)))
