// The guide's fuel: how much a guest may compute, the same on every machine, and slices of it.
#include <cstdint>
#include <iostream>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (func (export "spin") (loop (br 0)))
  (func (export "sum") (param $n i64) (result i64)
    (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (local.get $n)))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $next (i64.ne (local.get $n) (i64.const 0))))
    (local.get $sum))))";

int main() {
  Engine engine({.fuel = true});
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Store store = Store::create(engine).value();
  Instance instance = Instance::create(store, module).value();

  auto sum = instance.func<int64_t(int64_t)>("sum").value();
  store.set_fuel(1'000'000);
  std::cout << "the sum is " << sum(100).value() << "\n";
  std::cout << "that used " << 1'000'000 - store.fuel() << "\n";

  store.set_fuel(100);
  std::cout << to_string(sum(100).error().trap()->code) << "\n";

  int slices = 0;
  store.set_fuel_source([&slices]() -> uint64_t { return ++slices <= 10 ? 1'000 : 0; });
  auto spin = instance.func<void()>("spin").value();
  std::cout << to_string(spin().error().trap()->code) << " after " << slices - 1 << " slices\n";
}
