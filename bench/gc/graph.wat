;; A graph with cycles: an array of 65,536 nodes; n times one is replaced by a new one with three edges to others.
(module
  (type $node (struct
    (field $number i64) (field $a (mut (ref null $node))) (field $b (mut (ref null $node)))
    (field $c (mut (ref null $node)))))
  (type $nodes (array (mut (ref null $node))))
  (func (export "run") (param $n i32) (result i32)
    (local $nodes (ref $nodes)) (local $new (ref $node)) (local $old (ref null $node)) (local $x i32)
    (local $i i32)
    (local $sum i64)
    (local.set $nodes (array.new_default $nodes (i32.const 65536)))
    (local.set $x (i32.const 12345))
    (loop $again
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $old (array.get $nodes (local.get $nodes)
        (i32.and (i32.shr_u (local.get $x) (i32.const 8)) (i32.const 65535))))
      (local.set $new (struct.new $node
        (i64.extend_i32_u (local.get $i))
        (array.get $nodes (local.get $nodes) (i32.shr_u (local.get $x) (i32.const 16)))
        (array.get $nodes (local.get $nodes)
          (i32.and (i32.shr_u (local.get $x) (i32.const 4)) (i32.const 65535)))
        (ref.null $node)))
      (if (i32.eqz (ref.is_null (local.get $old)))
        (then
          ;; A cycle, and an end to long chains of garbage.
          (struct.set $node $c (local.get $old) (local.get $new))
          (struct.set $node $a (local.get $old) (ref.null $node))
          (struct.set $node $b (local.get $old) (ref.null $node))))
      (array.set $nodes (local.get $nodes)
        (i32.and (i32.shr_u (local.get $x) (i32.const 8)) (i32.const 65535)) (local.get $new))
      (br_if $again (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $more
      (local.set $old (array.get $nodes (local.get $nodes) (local.get $i)))
      (if (i32.eqz (ref.is_null (local.get $old)))
        (then (local.set $sum (i64.add (local.get $sum) (struct.get $node $number (local.get $old))))))
      (br_if $more (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536))))
    (i32.wrap_i64 (local.get $sum))))
