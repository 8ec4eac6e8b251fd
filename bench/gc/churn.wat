;; A queue of 100,000 boxes of varying size: n times the oldest goes and a new one comes, then all are added up.
(module
  (type $bytes (array (mut i8)))
  (type $link (struct (field $value i64) (field $bytes (ref $bytes)) (field $next (mut (ref null $link)))))
  (func (export "run") (param $n i32) (result i32)
    (local $first (ref null $link)) (local $last (ref null $link)) (local $new (ref null $link))
    (local $i i32) (local $sum i64)
    (local.set $first (local.tee $last
      (struct.new $link (i64.const 0) (array.new_default $bytes (i32.const 1)) (ref.null $link))))
    (loop $again
      (local.set $new (struct.new $link
        (i64.extend_i32_u (local.get $i))
        (array.new_default $bytes (i32.and (i32.mul (local.get $i) (i32.const 7919)) (i32.const 127)))
        (ref.null $link)))
      (struct.set $link $next (local.get $last) (local.get $new))
      (local.set $last (local.get $new))
      (if (i32.gt_u (local.get $i) (i32.const 100000))
        (then (local.set $first (struct.get $link $next (local.get $first)))))
      (br_if $again (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $more
      (local.set $sum (i64.add (local.get $sum) (i64.add (struct.get $link $value (local.get $first))
        (i64.extend_i32_u (array.len (struct.get $link $bytes (local.get $first)))))))
      (br_if $more (i32.eqz (ref.is_null
        (local.tee $first (struct.get $link $next (local.get $first)))))))
    (i32.wrap_i64 (local.get $sum))))
