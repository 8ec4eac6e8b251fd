// The guide's WASI program: it gets streams and a directory, and nothing else of this machine.
#include <iostream>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from the guest\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 21))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.const 3)))))";

int main() {
  WasiConfig config{
      .args = {"greet", "--loud"},
      .env = {"LANG=C.UTF-8"},
      .directories = {{.host_path = ".", .guest_path = "/data", .read_only = true}},
      .standard_output = WasiStream::inherit,
      .standard_error = WasiStream::inherit,
  };
  Linker linker;
  linker.wasi(config).value();

  Engine engine;
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Store store = Store::create(engine).value();
  Instance instance = linker.instantiate(store, module).value();
  std::cout << "exit status: " << instance.run().value() << "\n";
}
