// The guide's server: a guest answers somebody who connects.
#include <arpa/inet.h>
#include <iostream>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view guest = R"((module
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send"
    (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from the guest\n")
  (func (export "_start")
    (drop (call $accept (i32.const 3) (i32.const 0) (i32.const 8)))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 21))
    (drop (call $send (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 0)
                      (i32.const 12))))))";

/// What a client is told.
void connect_and_print(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    char text[100];
    const ssize_t size = read(client, text, sizeof text);
    if (size > 0) std::cout << std::string_view(text, static_cast<size_t>(size));
  }
  close(client);
}

int main() {
  WasiSocket listener = WasiSocket::listen("127.0.0.1:0").value();  // any free port
  Linker linker;
  linker.wasi({.sockets = {listener}}).value();

  Engine engine;
  Module module = engine.compile(wat_to_wasm(guest).value()).value();
  Store store = Store::create(engine).value();
  Instance instance = linker.instantiate(store, module).value();
  {
    std::jthread client(connect_and_print, listener.port());
    instance.run().value();
  }

  auto again = instance.run({.timeout = std::chrono::milliseconds(20)});
  if (!again && again.error().code() == ErrorCode::interrupted) {
    std::cout << "nobody came\n";
  }
}
