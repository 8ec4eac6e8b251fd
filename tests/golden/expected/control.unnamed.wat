(module
  (type (;0;) (func (param i32 i32) (result i32 i32)))
  (type (;1;) (func (param i32)))
  (type (;2;) (func (param i32) (result i32)))
  (type (;3;) (func (param i32 i32) (result i64)))
  (tag (;0;) (type 1) (param i32))
  (func (;0;) (type 0) (param i32 i32) (result i32 i32)
    (local.get 1)
    (local.get 0))
  (func (;1;) (export "choose") (type 2) (param i32) (result i32)
    (block ;; label = @1
      (block ;; label = @2
        (block ;; label = @3
          (br_table 0 (;@3;) 1 (;@2;) 2 (;@1;) (local.get 0)))
        (return (i32.const 10)))
      (return (select (i32.const 20) (i32.const 30) (local.get 0))))
    (block (result i32) ;; label = @1
      (try_table (catch 0 0 (;@1;)) ;; label = @2
        (throw 0 (i32.sub (call 0 (i32.const 1) (i32.const 2)))))
      (unreachable)))
  (func (;2;) (type 3) (param i32 i32) (result i64)
    (local i64 f32 f32)
    (loop ;; label = @1
      (local.set 2 (i64.add (local.get 2) (i64.extend_i32_u (local.get 0))))
      (br_if 0 (;@1;) (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 1))))
    (local.get 2))
)
