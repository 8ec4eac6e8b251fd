// The guide's snapshot: what took long to get ready is got ready once, and copied.
#include <cstdint>
#include <iostream>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "getting ready")
  (global $next (mut i32) (i32.const 0))
  (func (export "prepare")
    (call $log (i32.const 0) (i32.const 13))
    (global.set $next (i32.const 100)))
  (func (export "next") (result i32)
    (global.set $next (i32.add (global.get $next) (i32.const 1)))
    (global.get $next))))";

int main() {
  Engine engine;
  Linker linker;
  auto log = [](std::string_view text) { std::cout << text << "\n"; };
  linker.func("env", "log", log).value();

  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Store first = Store::create(engine).value();
  Instance instance = linker.instantiate(first, module).value();
  instance.func<void()>("prepare").value()().value();
  Snapshot ready = instance.snapshot().value();

  for (int request = 1; request <= 2; ++request) {
    Store store = Store::create(engine).value();
    Instance copy = linker.instantiate(store, ready).value();
    std::cout << copy.func<int32_t()>("next").value()().value() << "\n";
  }
}
