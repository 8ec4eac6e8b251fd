#include <fcntl.h>
#include <netinet/in.h>
#include <stop_token>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "api_case.h"

namespace waxwing {
namespace {

/// Accepts a connection from descriptor 3 and echoes what it receives there first; returns the
/// error number of what fails.
constexpr std::string_view echo = R"((module
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $receive (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send"
    (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\64\00\00\00")
  (func $echo (export "echo") (param $fd i32) (result i32)
    (local $error i32)
    (i32.store (i32.const 4) (i32.const 100))
    (local.set $error (call $receive (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0)
                                     (i32.const 4) (i32.const 8)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $send (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 12)))
  (func (export "accept") (result i32)
    (local $error i32)
    (local.set $error (call $accept (i32.const 3) (i32.const 0) (i32.const 16)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $error (call $echo (i32.load (i32.const 16))))
    (if (local.get $error) (then (return (local.get $error))))
    (call $close (i32.load (i32.const 16))))))";

constexpr int32_t again = 6;  // WASI's number

int connect_to(uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return client;
  ::close(client);
  return -1;
}

/// What the other end answers to `text`.
std::string ask(int socket, std::string_view text) {
  EXPECT_EQ(::write(socket, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  char answer[100];
  const ssize_t size = ::read(socket, answer, sizeof answer);
  return size < 0 ? "error" : std::string(answer, static_cast<size_t>(size));
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) != -1; }

class WasiSocketInTiers : public Tiers {};
INSTANTIATE_TEST_SUITE_P(tiers, WasiSocketInTiers, all_tiers, tier_name);

TEST_P(WasiSocketInTiers, stores_share_a_listener) {
  const WasiSocket listener = require(WasiSocket::listen("127.0.0.1:0"));
  EXPECT_EQ(listener.address(), "127.0.0.1:" + std::to_string(listener.port()));
  linker.wasi({.sockets = {listener}}).value();
  const Instance one = instantiate(echo);
  Store other_store = require(Store::create(engine));
  const Instance other = require(linker.instantiate(other_store, compile(engine, echo)));
  for (const Instance& instance : {one, other, one}) {
    const int client = connect_to(listener.port());
    std::string answer;
    std::thread asks([&] { answer = ask(client, "hello"); });
    EXPECT_EQ(instance.func<int32_t()>("accept").value()().value(), 0);
    asks.join();
    EXPECT_EQ(answer, "hello");
    ::close(client);
  }
}

TEST_P(WasiSocketInTiers, accepting_ends_when_the_call_has_to) {
  const WasiSocket listener = require(WasiSocket::listen("localhost:0"));
  linker.wasi({.sockets = {listener}}).value();
  const auto accept = instantiate(echo).func<int32_t()>("accept").value();
  const auto in_time = accept({.timeout = std::chrono::milliseconds(20)});
  ASSERT_FALSE(in_time);
  EXPECT_EQ(in_time.error().trap()->code, TrapCode::deadline_exceeded);
  std::stop_source source;
  std::jthread stops([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.request_stop();
  });
  const auto stopped = accept({.stop = source.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::interrupted);
}

TEST(wasi_socket, the_last_who_has_it_closes_it) {
  const Engine engine;
  std::optional<Store> store = require(Store::create(engine));
  uint16_t port = 0;
  {
    Linker linker;
    const WasiSocket listener = require(WasiSocket::listen("127.0.0.1:0", {.nonblocking = true}));
    port = listener.port();
    linker.wasi({.sockets = {listener}}).value();
    const Instance instance = require(linker.instantiate(*store, compile(engine, echo)));
    EXPECT_EQ(instance.func<int32_t()>("accept").value()().value(), again);
  }
  const int client = connect_to(port);
  EXPECT_NE(client, -1);
  ::close(client);
  store.reset();
  EXPECT_EQ(connect_to(port), -1);
}

TEST(wasi_socket, addresses_that_are_none_or_taken_are_errors) {
  for (const char* text : {"", "here", "127.0.0.1", ":80", "[::1]", "example.org:80"}) {
    const auto socket = WasiSocket::listen(text);
    ASSERT_FALSE(socket) << text;
    EXPECT_EQ(socket.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(socket.error().message().find("IP:PORT"), std::string::npos);
  }
  const WasiSocket first = require(WasiSocket::listen("127.0.0.1:0"));
  const auto second = WasiSocket::listen(first.address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::io);
  EXPECT_NE(second.error().message().find(first.address()), std::string::npos);
  EXPECT_NE(second.error().message().find("address in use"), std::string::npos);
}

TEST(wasi_socket, an_open_socket_is_taken_over) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  {
    const Engine engine;
    Store store = require(Store::create(engine));
    Linker linker;
    const WasiSocket socket = require(WasiSocket::own(ends[0]));
    EXPECT_EQ(socket.address(), "");
    EXPECT_EQ(socket.port(), 0);
    linker.wasi({.sockets = {socket}}).value();
    const Instance instance = require(linker.instantiate(store, compile(engine, echo)));
    std::string answer;
    std::thread asks([&] { answer = ask(ends[1], "pair"); });
    EXPECT_EQ(instance.func<int32_t(int32_t)>("echo").value()(3).value(), 0);
    asks.join();
    EXPECT_EQ(answer, "pair");
    EXPECT_TRUE(is_open(ends[0]));
  }
  EXPECT_FALSE(is_open(ends[0]));
  ::close(ends[1]);
}

TEST(wasi_socket, one_that_listens_later_is_a_listener_for_the_stores_after_that) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const WasiSocket socket = require(WasiSocket::own(descriptor));
  const Engine engine;
  Store early = require(Store::create(engine));
  Store late = require(Store::create(engine));
  Linker linker;
  linker.wasi({.sockets = {socket}}).value();
  const auto accept_of = [&](Store& store) {
    const Instance instance = require(linker.instantiate(store, compile(engine, echo)));
    return instance.func<int32_t()>("accept").value();
  };
  const auto of_early = accept_of(early);
  ASSERT_EQ(::listen(descriptor, 1), 0);
  const CallOptions soon{.timeout = std::chrono::milliseconds(20)};
  EXPECT_EQ(of_early(soon).value(), 28) << "inval";
  const auto waited = accept_of(late)(soon);
  ASSERT_FALSE(waited) << "nobody has come";
  EXPECT_EQ(waited.error().trap()->code, TrapCode::deadline_exceeded);
}

TEST(wasi_socket, what_is_no_socket_stays_the_callers) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  for (const int descriptor : {-1, ends[0], 1 << 20}) {
    const auto socket = WasiSocket::own(descriptor);
    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().code(), ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(is_open(ends[0]));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(wasi_socket, a_socket_beyond_the_limit_of_descriptors_is_an_error) {
  const Engine engine;
  Store store = require(Store::create(engine));
  Linker linker;
  const WasiSocket listener = require(WasiSocket::listen("127.0.0.1:0"));
  linker.wasi({.sockets = {listener, listener}, .max_descriptors = 4}).value();
  const auto instance = linker.instantiate(store, compile(engine, echo));
  ASSERT_FALSE(instance);
  EXPECT_NE(instance.error().message().find("too many descriptors"), std::string::npos);
}

}  // namespace
}  // namespace waxwing
