// The guide's errors: what each kind of failure tells, and what a host function throws.
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <vector>
#include <waxwing/waxwing.h>

using namespace waxwing;

static void show(const Error& error) {
  std::cout << "[" << to_string(error.code()) << "] " << error.message() << "\n";
}

constexpr std::string_view calculator = R"((module $calculator
  (import "host" "check" (func $check (param i32)))
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "ratio") (param i32 i32) (result i32)
    (call $check (local.get 0))
    (call $divide (local.get 0) (local.get 1)))))";

int main() {
  Engine engine;
  Store store = Store::create(engine).value();
  Linker linker;

  const std::vector<uint8_t> version_2 = {0, 'a', 's', 'm', 2, 0, 0, 0};
  show(engine.compile(version_2).error());

  Module module = engine.compile(wat_to_wasm(calculator).value()).value();
  linker.func("host", "chek", [](int32_t) {}).value();
  show(linker.instantiate(store, module).error());

  auto check = [](int32_t value) -> Result<> {
    if (value < 0) return std::unexpected(Error(ErrorCode::invalid_argument, "below zero"));
    if (value > 100) throw std::out_of_range("above a hundred");
    return {};
  };
  linker.func("host", "check", check).value();
  Instance instance = linker.instantiate(store, module).value();
  show(instance.func<int32_t(int64_t)>("ratio").error());

  auto ratio = instance.func<int32_t(int32_t, int32_t)>("ratio").value();
  if (Result<int32_t> result = ratio(1, 0); !result) {
    show(result.error());
    const Trap& trap = *result.error().trap();
    std::cout << trap.frames.size() << " frames, innermost " << trap.frames[0].func_name << "\n";
  }
  show(ratio(-1, 1).error());
  try {
    ratio(1000, 1).value();
  } catch (const std::out_of_range& exception) {  // the object that the host function threw
    std::cout << "caught: " << exception.what() << "\n";
  }
  std::cout << ratio(84, 2).value() << "\n";  // the instance is as good as before
}
