// The guide's program about streams and clocks: the guest writes what it reads, and asks the time.
#include <iostream>
#include <memory>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "echo")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 64))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "now") (result i64)
    (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))
    (i64.load (i32.const 8)))))";

// A clock that stands still until the guest sleeps.
class GameClock final : public WasiClocks {
 public:
  uint64_t time_ns(WasiClock) noexcept override { return now_ns_; }
  uint64_t wait_ns(uint64_t timeout_ns) noexcept override {
    now_ns_ += timeout_ns;
    return 0;  // no real time passes
  }

 private:
  uint64_t now_ns_ = 1'000'000'000;
};

int main() {
  WasiBuffer output;
  WasiConfig config;
  config.standard_input = WasiStream::bytes("a line\n");
  config.standard_output = output;
  config.standard_error = WasiStream::writer([](std::span<const uint8_t> bytes) {
    std::cout << "guest: " << std::string(bytes.begin(), bytes.end());
  });
  config.clocks = std::make_shared<GameClock>();
  config.random_seed = 7;
  Linker linker;
  linker.wasi(config).value();

  Engine engine;
  Store store = Store::create(engine).value();
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Instance instance = linker.instantiate(store, module).value();
  instance.func<void()>("echo").value()().value();
  std::cout << "collected: " << output.take();
  std::cout << "now: " << instance.func<int64_t()>("now").value()().value() << "\n";
}
