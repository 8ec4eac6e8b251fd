// The guide's look into a module, which needs no store and runs nothing.
#include <cstdint>
#include <iostream>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module $counter
  (import "env" "tick" (func (param i32)))
  (memory (export "memory") 1 4)
  (func $next (export "next") (param i32 i64) (result f64) (f64.const 0))))";

int main() {
  Engine engine;
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  std::cout << module.name() << "\n";
  for (const ImportType& import : module.imports())
    std::cout << "needs " << import.module << "." << import.name << ": " << to_string(import.type)
              << "\n";
  for (const ExportType& entry : module.exports())
    std::cout << "has " << entry.name << ": " << to_string(entry.type) << "\n";
  std::cout << "function 1 is called " << module.func_name(1) << "\n";
  std::cout << "vectors: " << module.features_used().has(Feature::simd) << "\n";
}
