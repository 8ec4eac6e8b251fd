// The guide's program about files: a directory of the program's own, which a guest changes.
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <waxwing/file_system.h>
#include <waxwing/waxwing.h>

using namespace waxwing;

// Prints the file "motd" after it has written "H" to its beginning.
constexpr std::string_view guest = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite"
    (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\01\00\00\00")
  (data (i32.const 8) "\40\00\00\00\64\00\00\00")
  (data (i32.const 32) "Hmotd")
  (func (export "_start")
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 33) (i32.const 4) (i32.const 0)
      (i64.const 0x46) (i64.const 0) (i32.const 0) (i32.const 24)))
    (drop (call $fd_pwrite (i32.load (i32.const 24)) (i32.const 0) (i32.const 1) (i64.const 0)
      (i32.const 12)))
    (i32.store (i32.const 12) (i32.const 100))
    (drop (call $fd_read (i32.load (i32.const 24)) (i32.const 8) (i32.const 1) (i32.const 12)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 24))))))";

int main() {
  const std::map<std::string, std::string> contents = {
      {"motd", "hello\n"},
      {"lib/tables.txt", "1 2 3\n"},
  };
  WasiConfig config;
  config.overlays = {{.guest_path = "/", .files = make_files(contents).value()}};
  WasiBuffer output;
  config.standard_output = output;
  Linker linker;
  linker.wasi(config).value();

  Engine engine;
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  for (int i = 0; i < 2; ++i) {
    Store store = Store::create(engine).value();
    linker.instantiate(store, module).value().run().value();
    std::cout << output.take();
  }
}
