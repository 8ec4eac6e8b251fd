// The guide's limits: memory, stack, time, and three ways of stopping a call.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>
#include <waxwing/waxwing.h>

using namespace std::chrono_literals;
using namespace waxwing;

constexpr std::string_view guest = R"((module
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $down (export "recurse") (call $down))
  (func (export "spin") (loop (br 0)))))";

static std::string_view why(const Result<>& result) {
  if (result) return "it returned";
  const Trap* trap = result.error().trap();
  return trap ? to_string(trap->code) : to_string(result.error().code());
}

int main() {
  Engine engine;
  const StoreLimits limits{
      .memory_bytes = 1 << 20,   // of all memories together
      .table_elements = 10'000,  // of all tables together
      .heap_bytes = 1 << 20,     // of objects that are collected
      .instances = 10,
      .stack_bytes = 256 << 10,
  };
  Store store = Store::create(engine, limits).value();
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Instance instance = Instance::create(store, module).value();

  auto grow = instance.func<int32_t(int32_t)>("grow").value();
  std::cout << "growing by 10 pages: " << grow(10).value() << "\n";
  std::cout << "growing by 10 more: " << grow(10).value() << "\n";

  auto recurse = instance.func<void()>("recurse").value();
  std::cout << "endless recursion: " << why(recurse()) << "\n";

  auto spin = instance.func<void()>("spin").value();
  std::cout << "20 ms: " << why(spin({.timeout = 20ms})) << "\n";

  std::stop_source source;
  std::jthread user([&] {
    std::this_thread::sleep_for(20ms);
    source.request_stop();
  });
  std::cout << "a stop token: " << why(spin({.stop = source.get_token()})) << "\n";

  Interrupter interrupter = store.interrupter();
  std::jthread watchdog([interrupter](std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(20ms);
      interrupter.interrupt();
    }
  });
  std::cout << "an interrupter: " << why(spin()) << "\n";

  const CompileLimits small{.module_bytes = 8 << 20, .funcs = 20'000, .code_bytes = 64 << 20};
  Engine careful(Config{.limits = small});
  const std::vector<uint8_t> upload(9 << 20);
  Result<Module> refused = careful.compile(upload, {.timeout = 500ms});
  std::cout << "a module of 9 MiB: " << to_string(refused.error().code()) << "\n";
}
