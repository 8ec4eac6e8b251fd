// The guide's threads: one engine, module and linker for all of them, one store for each.
#include <atomic>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "env" "count" (func $count))
  (func (export "square") (param i64) (result i64)
    (call $count)
    (i64.mul (local.get 0) (local.get 0)))))";

int main() {
  Engine engine;
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  std::atomic<int> calls = 0;
  Linker linker;
  linker.func("env", "count", [&calls] { ++calls; }).value();  // threads call it at once

  std::atomic<int64_t> sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int64_t number = 1; number <= 4; ++number) {
      threads.emplace_back([&, number] {
        Store store = Store::create(engine).value();
        Instance instance = linker.instantiate(store, module).value();
        auto square = instance.func<int64_t(int64_t)>("square").value();
        sum += square(number).value();
      });
    }
  }
  std::cout << calls << " calls, sum " << sum << "\n";
}
