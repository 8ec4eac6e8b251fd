// The guide's first program: compile, instantiate, call.
#include <cstdint>
#include <iostream>
#include <waxwing/waxwing.h>

int main() {
  auto wasm = waxwing::wat_to_wasm(R"((module
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))))");

  waxwing::Engine engine;
  waxwing::Module module = engine.compile(wasm.value()).value();
  waxwing::Store store = waxwing::Store::create(engine).value();
  waxwing::Instance instance = waxwing::Instance::create(store, module).value();

  auto add = instance.func<int32_t(int32_t, int32_t)>("add").value();
  std::cout << "40 + 2 = " << add(40, 2).value() << "\n";
}
