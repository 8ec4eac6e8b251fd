;; A linked list of structures, which the garbage collector owns: reversed, and summed up.
;;   waxwing --invoke sum_of_list examples/list.wat 100
;;   waxwing --invoke first_of_reversed examples/list.wat 100
(module $list
  (type $node (struct (field $value i64) (field $next (mut (ref null $node)))))

  ;; The list 1, 2, ... n.
  (func $numbers (param $n i64) (result (ref null $node))
    (local $list (ref null $node))
    (block $done
      (loop $again
        (br_if $done (i64.eqz (local.get $n)))
        (local.set $list (struct.new $node (local.get $n) (local.get $list)))
        (local.set $n (i64.sub (local.get $n) (i64.const 1)))
        (br $again)))
    (local.get $list))

  ;; Turns the nodes round in place.
  (func $reverse (param $list (ref null $node)) (result (ref null $node))
    (local $reversed (ref null $node))
    (local $node (ref $node))
    (block $done
      (loop $again
        (local.set $node (br_on_null $done (local.get $list)))
        (local.set $list (struct.get $node $next (local.get $node)))
        (struct.set $node $next (local.get $node) (local.get $reversed))
        (local.set $reversed (local.get $node))
        (br $again)))
    (local.get $reversed))

  (func (export "sum_of_list") (param $n i64) (result i64)
    (local $list (ref null $node))
    (local $sum i64)
    (local.set $list (call $numbers (local.get $n)))
    (block $done
      (loop $again
        (br_if $done (ref.is_null (local.get $list)))
        (local.set $sum
          (i64.add (local.get $sum) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $again)))
    (local.get $sum))

  (func (export "first_of_reversed") (param $n i64) (result i64)
    (struct.get $node $value (call $reverse (call $numbers (local.get $n))))))
