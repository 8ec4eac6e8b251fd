// The guide's listener, which counts calls, and its hook for events.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "host" "note" (func $note (param i32)))
  (memory 1 2)
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
             (call $fib (i32.sub (local.get 0) (i32.const 2)))))
  (func $run (export "run") (param i32)
    (call $note (call $fib (local.get 0)))
    (drop (memory.grow (i32.const 1)))
    (unreachable))))";

class Counter : public FuncListener {
 public:
  bool before(const ListenedCall& call) override {
    ++calls[std::string(call.frame().name)];
    deepest = std::max(deepest, call.depth());
    return false;  // how it ends is of no interest
  }

  std::map<std::string, int> calls;
  size_t deepest = 0;
};

int main() {
  Config config;
  config.listeners = true;
  config.on_event = [](const Event& event) {
    if (event.kind == Event::Kind::memory_grown)
      std::cout << "memory grew by " << event.size << " bytes\n";
    if (event.kind == Event::Kind::trap) std::cout << "trap: " << to_string(*event.trap) << "\n";
  };
  Engine engine(config);
  Store store = Store::create(engine).value();
  auto counter = std::make_shared<Counter>();
  store.set_listener(counter).value();

  Linker linker;
  linker.func("host", "note", [](int32_t value) { std::cout << "note " << value << "\n"; }).value();
  Instance instance =
      linker.instantiate(store, engine.compile(wat_to_wasm(guest).value()).value()).value();
  auto run = instance.func<void(int32_t)>("run").value();
  if (run(10)) std::cout << "it did not trap?\n";

  for (const auto& [name, count] : counter->calls)
    std::cout << name << " was called " << count << " times\n";
  std::cout << "at most " << counter->deepest << " calls at once\n";
}
