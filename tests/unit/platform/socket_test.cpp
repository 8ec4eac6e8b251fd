#include "platform/socket.h"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace waxwing::platform {
namespace {

TEST(socket, a_listener_tells_its_port_and_who_waits) {
  const auto listener = listen(*parse_tcp_address("127.0.0.1:0"));
  ASSERT_TRUE(listener);
  EXPECT_TRUE(is_listening(*listener));
  EXPECT_EQ(listener->kind(), FileKind::stream_socket);
  const TcpAddress address = local_address(*listener).value();
  EXPECT_NE(address.port, 0);
  EXPECT_EQ(address.text(), "127.0.0.1:" + std::to_string(address.port));
  EXPECT_EQ(accept(*listener).error(), FileError::again);

  const File client = File::own(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in system = {};
  system.sin_family = AF_INET;
  system.sin_port = htons(address.port);
  system.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      ::connect(client.descriptor(), reinterpret_cast<const sockaddr*>(&system), sizeof system), 0);
  const auto connection = accept(*listener);
  ASSERT_TRUE(connection);
  EXPECT_FALSE(is_listening(*connection));
  EXPECT_EQ(local_address(*connection)->port, address.port);
  EXPECT_EQ(::fcntl(connection->descriptor(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(connection->descriptor(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST(socket, an_address_is_listened_at_once) {
  const auto listener = listen(*parse_tcp_address("127.0.0.1:0"));
  ASSERT_TRUE(listener);
  const auto second = listen(*local_address(*listener));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), FileError::addrinuse);
  EXPECT_EQ(listen(*parse_tcp_address("192.0.2.1:0")).error(), FileError::addrnotavail)
      << "an address for documents, which no machine has";
}

TEST(socket, addresses_of_other_families_are_no_addresses) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const File ours = File::own(ends[0]), theirs = File::own(ends[1]);
  EXPECT_EQ(local_address(ours).error(), FileError::afnosupport);
  EXPECT_FALSE(is_listening(ours));
  EXPECT_EQ(local_address(File()).error(), FileError::badf);
  EXPECT_FALSE(is_listening(File()));
}

TEST(socket, transfers_do_not_wait) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const File ours = File::own(ends[0]);
  File theirs = File::own(ends[1]);
  std::array<uint8_t, 4096> bytes = {};
  const IoBuffer room{bytes.data(), bytes.size()};
  const ConstIoBuffer source{bytes.data(), bytes.size()};
  EXPECT_EQ(receive(ours, {&room, 1}, false).error(), FileError::again);
  FileResult<size_t> sent = size_t{0};
  while (sent) sent = send(ours, {&source, 1});
  EXPECT_EQ(sent.error(), FileError::again);
  EXPECT_EQ(receive(theirs, {&room, 1}, true)->size_bytes, bytes.size());
  EXPECT_TRUE(shut_down(theirs, ShutDown::both));
  EXPECT_EQ(send(ours, {&source, 1}).error(), FileError::pipe);
  EXPECT_EQ(receive(ours, {&room, 1}, false)->size_bytes, 0u);
}

}  // namespace
}  // namespace waxwing::platform
