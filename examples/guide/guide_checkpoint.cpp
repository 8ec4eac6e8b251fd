// The guide's checkpoints: a guest's setjmp and longjmp are two host functions.
#include <cstdint>
#include <iostream>
#include <map>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view parser = R"((module
  (import "env" "setjmp" (func $setjmp (param i32) (result i32)))
  (import "env" "longjmp" (func $longjmp (param i32 i32)))
  (func $parse (param $depth i32)
    (if (i32.eqz (local.get $depth)) (then (call $longjmp (i32.const 1) (i32.const 42))))
    (call $parse (i32.sub (local.get $depth) (i32.const 1))))
  (func (export "run") (result i32) (local $code i32)
    (local.set $code (call $setjmp (i32.const 1)))
    (if (i32.eqz (local.get $code)) (then (call $parse (i32.const 100))))
    (local.get $code))))";

int main() {
  Engine engine({.checkpoints = true});
  Store store = Store::create(engine).value();
  Linker linker;

  std::map<int32_t, Checkpoint> jumps;  // by the guest's jmp_buf
  auto setjmp = [&](Caller& caller, int32_t buffer) -> Result<int32_t> {
    auto checkpoint = caller.checkpoint();
    if (!checkpoint) return std::unexpected(checkpoint.error());
    jumps.insert_or_assign(buffer, *checkpoint);
    return 0;
  };
  auto longjmp = [&](Caller& caller, int32_t buffer, int32_t value) -> Result<> {
    const auto found = jumps.find(buffer);
    if (found == jumps.end()) return std::unexpected(Error(ErrorCode::not_found, "no setjmp"));
    return caller.restore(found->second, {value});
  };
  linker.func("env", "setjmp", setjmp).value();
  linker.func("env", "longjmp", longjmp).value();

  Instance instance =
      linker.instantiate(store, engine.compile(wat_to_wasm(parser).value()).value()).value();
  std::cout << "came back with " << instance.func<int32_t()>("run").value()().value() << "\n";
}
