// The guide's host functions: what parameters and results of C++ become in Wasm.
#include <cmath>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <waxwing/waxwing.h>

using namespace waxwing;

struct Point {
  float x, y;
};

constexpr std::string_view guest = R"((module
  (import "env" "power" (func $power (param f64 i32) (result f64)))
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "sum" (func $sum (param i32 i32) (result i64)))
  (import "env" "mirror" (func $mirror (param i32)))
  (import "env" "divide" (func $divide (param i32 i32) (result i32 i32)))
  (import "env" "open" (func $open (param i32 i32) (result externref)))
  (import "env" "name" (func $name (param externref) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "guests speak too")
  (data (i32.const 64) "\01\00\00\00\02\00\00\00\03\00\00\00")
  (func (export "run") (result f64)
    (call $log (i32.const 16) (i32.const 16))
    (drop (call $sum (i32.const 64) (i32.const 3)))
    (call $mirror (i32.const 128))
    (drop (drop (call $divide (i32.const 17) (i32.const 5))))
    (drop (call $name (call $open (i32.const 16) (i32.const 6))))
    (call $power (f64.const 1.5) (i32.const 2)))
  (func (export "reach") (call $log (i32.const 65530) (i32.const 100)))))";

int main() {
  Engine engine;
  Store store = Store::create(engine).value();
  Linker linker;

  auto power = [](double base, int32_t exponent) { return std::pow(base, exponent); };
  auto log = [](std::string_view text) { std::cout << text << "\n"; };
  auto sum = [](std::span<const int32_t> values) {
    int64_t total = 0;
    for (int32_t value : values) total += value;
    std::cout << "sum: " << total << "\n";
    return total;
  };
  auto mirror = [](GuestPtr<Point> point) { point->x = -point->x; };
  auto divide = [](int32_t a, int32_t b) -> Result<std::tuple<int32_t, int32_t>> {
    if (b == 0) return std::unexpected(Error(ErrorCode::invalid_argument, "division by nothing"));
    return std::tuple(a / b, a % b);
  };
  linker.func("env", "power", power).value();
  linker.func("env", "log", log).value();
  linker.func("env", "sum", sum).value();
  linker.func("env", "mirror", mirror).value();
  linker.func("env", "divide", divide).value();

  // A value of the host's: the guest keeps it and hands it back, and cannot look into it.
  auto open = [](Caller& caller, std::string_view name) -> Result<ExternRef> {
    return Ref::host(caller.store(), std::string(name));
  };
  auto name = [](ExternRef file) -> Result<int32_t> {
    const std::string* text = file.host<std::string>();
    if (!text) return std::unexpected(Error(ErrorCode::wrong_type, "that is no file"));
    std::cout << "file: " << *text << "\n";
    return static_cast<int32_t>(text->size());
  };
  linker.func("env", "open", open).value();
  linker.func("env", "name", name).value();

  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Instance instance = linker.instantiate(store, module).value();
  std::cout << instance.func<double()>("run").value()().value() << "\n";

  Result<> reach = instance.func<void()>("reach").value()();
  std::cout << to_string(reach.error().trap()->code) << "\n";
}
