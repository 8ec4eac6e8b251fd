#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "interrupter.h"
#include "platform/clock.h"
#include "platform/socket.h"

namespace waxwing::wasi {
namespace {

using platform::File;

constexpr uint32_t listener_fd = 3;
constexpr uint32_t peek = receive_flags::peek, waitall = receive_flags::waitall;

struct Pair {
  File guests;
  File ours;
};

Pair socket_pair(int type) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {File::own(ends[0]), File::own(ends[1])};
}

PreopenedSocket preopen(File socket, bool nonblocking = false) {
  return {.socket = std::make_unique<vfs::HostSocket>(std::move(socket)),
          .nonblocking = nonblocking};
}

/// A client of a listener on the loopback interface. Not open where nobody listens any more.
File connect_to(const platform::TcpAddress& address) {
  File client = File::own(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in system = {};
  system.sin_family = AF_INET;
  system.sin_port = htons(address.port);
  system.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int status =
      ::connect(client.descriptor(), reinterpret_cast<const sockaddr*>(&system), sizeof system);
  return status == 0 ? std::move(client) : File();
}

/// A guest with a listener and, as descriptor 4, a connection whose other end is ours; 5 is a
/// socket of datagrams.
class Sock : public testing::Test {
 protected:
  explicit Sock(uint32_t max_descriptors = 4096, bool nonblocking = false) {
    File listener = std::move(*platform::listen(*platform::parse_tcp_address("127.0.0.1:0")));
    address_ = *platform::local_address(listener);
    Pair stream = socket_pair(SOCK_STREAM);
    Pair datagrams = socket_pair(SOCK_DGRAM);
    ours_ = std::move(stream.ours);
    our_datagrams_ = std::move(datagrams.ours);
    ContextConfig config;
    config.max_descriptors = max_descriptors;
    config.sockets.push_back(preopen(std::move(listener), nonblocking));
    config.sockets.push_back(preopen(std::move(stream.guests)));
    config.sockets.push_back(preopen(std::move(datagrams.guests)));
    guest_.emplace(std::move(config));
  }

  WasiResult<uint32_t> accept(uint32_t flags = 0) {
    return sock_accept(guest_->call(), listener_fd, flags);
  }
  /// What one sock_recv of at most `size` bytes gives.
  WasiResult<std::string> receive(uint32_t fd, uint32_t flags = 0, uint32_t size = 1000) {
    received_ = TRY(sock_recv(guest_->call(), fd,
                              guest_->vector(GuestBytes{Guest::room.address, size}), flags));
    return guest_->text({Guest::room.address, received_.size_bytes});
  }
  WasiResult<uint32_t> send(uint32_t fd, std::string_view text, uint32_t flags = 0) {
    return sock_send(guest_->call(), fd, guest_->vector(text), flags);
  }
  void set_nonblocking(uint32_t fd) {
    EXPECT_SUCCESS(fd_fdstat_set_flags(guest_->call(), fd, fd_flags::nonblock));
  }

  platform::TcpAddress address_;
  File ours_;
  File our_datagrams_;
  Received received_;
  std::optional<Guest> guest_;
};

TEST_F(Sock, descriptors_are_sockets_without_names) {
  const auto type = [&](uint32_t fd) { return fd_fdstat_get(guest_->call(), fd).value().type; };
  EXPECT_EQ(type(listener_fd), FileType::socket_stream);
  EXPECT_EQ(type(4), FileType::socket_stream);
  EXPECT_EQ(type(5), FileType::socket_dgram);
  for (const uint32_t fd : {3u, 4u, 5u}) {
    EXPECT_EQ(fd_fdstat_get(guest_->call(), fd).value().flags, 0u);
    EXPECT_EQ(file_type(fd_filestat_get(guest_->call(), fd).value().kind), type(fd));
    EXPECT_ERRNO(fd_prestat_get(guest_->call(), fd), badf);
    EXPECT_ERRNO(fd_seek(guest_->call(), fd, 0, 0), spipe);
    EXPECT_ERRNO(fd_tell(guest_->call(), fd), spipe);
    EXPECT_ERRNO(fd_readdir(guest_->call(), fd, Guest::room, 0), notdir);
    EXPECT_ERRNO(fd_filestat_set_size(guest_->call(), fd, 0), inval);
    EXPECT_ERRNO(fd_fdstat_set_flags(guest_->call(), fd, fd_flags::append), notsup);
  }
}

TEST_F(Sock, a_connection_is_accepted_read_and_written) {
  const File client = connect_to(address_);
  ASSERT_TRUE(write_text(client, "question"));
  const uint32_t fd = accept().value();
  EXPECT_EQ(fd, 6u);
  EXPECT_EQ(fd_fdstat_get(guest_->call(), fd).value().type, FileType::socket_stream);
  EXPECT_EQ(guest_->read(fd, 5).value(), "quest");
  EXPECT_EQ(receive(fd).value(), "ion");
  EXPECT_EQ(send(fd, "ans").value(), 3u);
  EXPECT_EQ(guest_->write(fd, "wer").value(), 3u);
  EXPECT_EQ(read_text(client), "answer");
  EXPECT_SUCCESS(fd_close(guest_->call(), fd));
  EXPECT_EQ(read_text(client), "") << "closed here is the end there";
  EXPECT_ERRNO(receive(fd), badf);
}

TEST_F(Sock, accepting_waits_for_somebody) {
  std::thread client([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(write_text(connect_to(address_), "late"));
  });
  const auto fd = accept();
  EXPECT_EQ(guest_->read(fd.value()).value(), "late");
  EXPECT_EQ(guest_->read(*fd).value(), "") << "the end";
  client.join();
}

TEST_F(Sock, who_does_not_block_is_told_again) {
  set_nonblocking(listener_fd);
  EXPECT_ERRNO(accept(), again);
  const File client = connect_to(address_);
  const uint32_t fd = accept(fd_flags::nonblock).value();
  EXPECT_EQ(fd_fdstat_get(guest_->call(), fd).value().flags, fd_flags::nonblock);
  EXPECT_ERRNO(receive(fd), again);
  EXPECT_ERRNO(receive(fd, waitall), again);
  EXPECT_ERRNO(guest_->read(fd), again);
  WasiResult<uint32_t> sent = 0;
  const std::string text(20000, 'x');
  while (sent) sent = send(fd, text);
  EXPECT_ERRNO(sent, again);
}

TEST_F(Sock, flags_are_those_that_have_a_meaning) {
  EXPECT_ERRNO(accept(fd_flags::all + 1), inval);
  EXPECT_ERRNO(accept(fd_flags::append), notsup);
  EXPECT_ERRNO(receive(4, 4), notsup);
  EXPECT_ERRNO(send(4, "x", 1), notsup);
  EXPECT_ERRNO(sock_shutdown(guest_->call(), 4, 0), inval);
  EXPECT_ERRNO(sock_shutdown(guest_->call(), 4, 4), inval);
}

TEST(sock, what_is_no_socket_says_so) {
  const platform::TemporaryDirectory directory;
  directory.write("file", "text");
  Guest guest(directory.path().string());
  const uint32_t file = guest.open("file").value();
  for (const uint32_t fd : {uint32_t{0}, uint32_t{1}, uint32_t{3}, file}) {
    EXPECT_ERRNO(sock_accept(guest.call(), fd, 0), notsock);
    EXPECT_ERRNO(sock_recv(guest.call(), fd, guest.vector(Guest::room), 0), notsock);
    EXPECT_ERRNO(sock_send(guest.call(), fd, guest.vector("x"), 0), notsock);
    EXPECT_ERRNO(sock_shutdown(guest.call(), fd, 3), notsock);
  }
  EXPECT_ERRNO(sock_accept(guest.call(), 99, 0), badf);
  EXPECT_ERRNO(sock_recv(guest.call(), 99, guest.vector(Guest::room), 0), badf);
  EXPECT_ERRNO(sock_send(guest.call(), 99, guest.vector("x"), 0), badf);
  EXPECT_ERRNO(sock_shutdown(guest.call(), 99, 3), badf);
}

TEST_F(Sock, sockets_do_what_their_kind_does) {
  EXPECT_ERRNO(sock_accept(guest_->call(), 4, 0), inval) << "a connection accepts none";
  EXPECT_ERRNO(sock_accept(guest_->call(), 5, 0), notsup) << "nor do datagrams";
  EXPECT_ERRNO(receive(listener_fd), notconn);
  EXPECT_ERRNO(guest_->read(listener_fd), notconn);
  EXPECT_ERRNO(send(listener_fd, "x"), pipe);
  EXPECT_ERRNO(sock_shutdown(guest_->call(), listener_fd, 3), notconn);
  EXPECT_TRUE(connect_to(address_).is_open()) << "the listener is as it was";
}

TEST_F(Sock, peeking_leaves_the_bytes) {
  ASSERT_TRUE(write_text(ours_, "12345"));
  EXPECT_EQ(receive(4, peek, 3).value(), "123");
  EXPECT_EQ(receive(4, peek | waitall).value(), "12345") << "what is there";
  EXPECT_EQ(receive(4).value(), "12345");
}

TEST_F(Sock, waiting_for_all_is_until_buffers_are_full_or_the_end) {
  std::thread peer([&] {
    for (const char* part : {"123", "456", "789"}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      EXPECT_TRUE(write_text(ours_, part));
    }
    ours_ = File();
  });
  const GuestBytes room = Guest::room;
  std::string parts(16, '\0');
  base::store_le(parts.data(), room.address);
  base::store_le(parts.data() + 4, uint32_t{2});
  base::store_le(parts.data() + 8, room.address + 2);
  base::store_le(parts.data() + 12, uint32_t{5});
  const GuestVector vector{guest_->put(parts).address, 2};
  EXPECT_EQ(sock_recv(guest_->call(), 4, vector, waitall).value().size_bytes, 7u);
  EXPECT_EQ(guest_->text({room.address, 7}), "1234567");
  EXPECT_EQ(receive(4, waitall, 100).value(), "89");
  EXPECT_EQ(receive(4, waitall, 100).value(), "");
  peer.join();
}

TEST_F(Sock, a_reset_is_told_after_what_came_before_it) {
  File client = connect_to(address_);
  const uint32_t fd = accept().value();
  ASSERT_TRUE(write_text(client, "123"));
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(client.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  client = File();
  EXPECT_EQ(receive(fd, waitall, 100).value(), "123");
  EXPECT_ERRNO(receive(fd, waitall, 100), connreset);
}

TEST(sock, messages_of_a_connection_come_whole) {
  Pair pair = socket_pair(SOCK_SEQPACKET);
  ContextConfig config;
  config.sockets.push_back(preopen(std::move(pair.guests)));
  Guest guest(std::move(config));
  for (const char* message : {"123", "456", "789"}) ASSERT_TRUE(write_text(pair.ours, message));
  pair.ours = File();
  const auto receive = [&](uint32_t size) {
    return sock_recv(guest.call(), 3, guest.vector(GuestBytes{Guest::room.address, size}), waitall);
  };
  EXPECT_EQ(receive(100).value().size_bytes, 3u) << "one, though more are there";
  const Received cut = receive(2).value();
  EXPECT_EQ(cut.size_bytes, 2u);
  EXPECT_EQ(cut.flags, received_flags::data_truncated);
  EXPECT_EQ(receive(100).value().size_bytes, 3u);
  EXPECT_EQ(guest.text({Guest::room.address, 3}), "789");
}

TEST_F(Sock, a_blocking_connection_takes_all) {
  std::string all;
  std::thread peer([&] {
    for (std::string part; all.size() < 3'000'000; all += part) part = read_text(ours_);
  });
  // One part again and again, as only a guest can: more than the socket's buffer holds.
  const GuestBytes text = guest_->put(std::string(30'000, 'x'));
  std::string parts;
  for (int i = 0; i < 50; ++i) {
    const GuestVector part = guest_->vector(text);
    parts += guest_->text({part.address, 8});
  }
  const GuestVector vector{guest_->put(parts).address, 50};
  EXPECT_EQ(sock_send(guest_->call(), 4, vector, 0).value(), 1'500'000u);
  EXPECT_EQ(fd_write(guest_->call(), 4, vector).value(), 1'500'000u);
  peer.join();
  EXPECT_EQ(all.size(), 3'000'000u);
}

TEST_F(Sock, what_is_shut_down_ends) {
  EXPECT_SUCCESS(sock_shutdown(guest_->call(), 4, shutdown_flags::sending));
  EXPECT_EQ(read_text(ours_), "") << "the end, for the other side";
  ASSERT_TRUE(write_text(ours_, "still open"));
  EXPECT_EQ(receive(4).value(), "still open");
  // SIGPIPE has its default here, which is the end of the process.
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  EXPECT_ERRNO(send(4, "x"), pipe);
  EXPECT_ERRNO(guest_->write(4, "x"), pipe);
  EXPECT_SUCCESS(sock_shutdown(guest_->call(), 4, shutdown_flags::receiving));
  EXPECT_EQ(receive(4).value(), "");

  const File client = connect_to(address_);
  const uint32_t fd = accept().value();
  EXPECT_SUCCESS(sock_shutdown(guest_->call(), fd, 3));
  EXPECT_EQ(read_text(client), "");
  EXPECT_EQ(guest_->read(fd).value(), "");
  EXPECT_ERRNO(send(fd, "x"), pipe);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
}

TEST_F(Sock, a_peer_that_has_gone_is_no_signal) {
  ours_ = File();
  EXPECT_ERRNO(send(4, "x"), pipe);
  EXPECT_EQ(receive(4).value(), "");
}

TEST_F(Sock, datagrams_come_and_go_whole) {
  ASSERT_TRUE(write_text(our_datagrams_, "12345"));
  ASSERT_TRUE(write_text(our_datagrams_, "abc"));
  EXPECT_EQ(receive(5, waitall, 3).value(), "123");
  EXPECT_EQ(received_.flags, received_flags::data_truncated);
  EXPECT_EQ(receive(5).value(), "abc");
  EXPECT_EQ(received_.flags, 0u);
  EXPECT_EQ(send(5, "one").value(), 3u);
  EXPECT_EQ(send(5, "").value(), 0u);
  EXPECT_EQ(send(5, "two").value(), 3u);
  EXPECT_EQ(read_text(our_datagrams_), "one");
  EXPECT_EQ(read_text(our_datagrams_), "");
  EXPECT_EQ(read_text(our_datagrams_), "two");
  std::string parts;
  for (int i = 0; i < 65; ++i) parts += guest_->text({guest_->vector("x").address, 8});
  const GuestVector vector{guest_->put(parts).address, 65};
  EXPECT_ERRNO(sock_send(guest_->call(), 5, vector, 0), msgsize)
      << "more parts than one call takes";
}

TEST_F(Sock, pointers_out_of_bounds_lose_nothing) {
  ASSERT_TRUE(write_text(ours_, "kept"));
  const GuestBytes outside{Guest::memory_size - 2, 4};
  EXPECT_ERRNO(sock_recv(guest_->call(), 4, guest_->vector(outside), 0), fault);
  EXPECT_ERRNO(sock_send(guest_->call(), 4, guest_->vector(outside), 0), fault);
  EXPECT_ERRNO(sock_recv(guest_->call(), 4, {Guest::memory_size - 4, 1}, 0), fault);
  EXPECT_EQ(receive(4).value(), "kept");
  EXPECT_EQ(receive(4, 0, 0).value(), "") << "no buffer, no waiting";
}

TEST_F(Sock, rights_are_inherited_and_given_up) {
  const RightsPair of_listener = {rights::of_stream, rights::of_stream};
  const FdStat before = fd_fdstat_get(guest_->call(), listener_fd).value();
  EXPECT_EQ(before.rights_base, of_listener.base);
  EXPECT_EQ(before.rights_inheriting, of_listener.inheriting);
  EXPECT_EQ(fd_fdstat_get(guest_->call(), 4).value().rights_inheriting, 0u);
  const RightsPair for_reading = {rights::sock_accept, rights::fd_read};
  EXPECT_SUCCESS(fd_fdstat_set_rights(guest_->call(), listener_fd, for_reading));
  const File client = connect_to(address_);
  ASSERT_TRUE(write_text(client, "in"));
  const uint32_t fd = accept().value();
  EXPECT_EQ(guest_->read(fd).value(), "in");
  EXPECT_ERRNO(send(fd, "out"), badf);
  EXPECT_ERRNO(sock_shutdown(guest_->call(), fd, 3), notcapable);
  EXPECT_SUCCESS(fd_fdstat_set_rights(guest_->call(), listener_fd, {}));
  EXPECT_ERRNO(accept(), notcapable);
}

TEST_F(Sock, numbers_can_change) {
  const File client = connect_to(address_);
  const uint32_t fd = accept().value();
  EXPECT_SUCCESS(fd_renumber(guest_->call(), fd, 4));
  EXPECT_ERRNO(receive(fd), badf);
  EXPECT_EQ(send(4, "x").value(), 1u);
  EXPECT_EQ(read_text(client), "x");
  EXPECT_EQ(read_text(ours_), "") << "what was there is closed";
}

class SockOfSevenDescriptors : public Sock {
 protected:
  SockOfSevenDescriptors() : Sock(7) {}
};

TEST_F(SockOfSevenDescriptors, one_more_is_closed_and_told) {
  const File first = connect_to(address_);
  const File second = connect_to(address_);
  const uint32_t fd = accept().value();
  const int free_before = ::dup(0);
  EXPECT_ERRNO(accept(), mfile);
  EXPECT_EQ(read_text(second), "") << "nobody is left to answer";
  const int free_after = ::dup(0);
  EXPECT_EQ(free_after, free_before + 1) << "no descriptor of the host is kept";
  ::close(free_before);
  ::close(free_after);
  EXPECT_SUCCESS(fd_close(guest_->call(), fd));
  const File third = connect_to(address_);
  EXPECT_EQ(accept().value(), fd);
}

TEST_F(Sock, a_guest_that_ends_leaves_nothing_open) {
  const File client = connect_to(address_);
  EXPECT_SUCCESS(accept());
  guest_.reset();
  EXPECT_EQ(read_text(client), "");
  EXPECT_EQ(read_text(ours_), "");
  EXPECT_FALSE(connect_to(address_).is_open()) << "nobody listens any more";
}

TEST_F(Sock, an_interruption_ends_every_wait) {
  const auto ends = [&](auto operation) {
    const auto waits = [&] {
      const Interrupter interrupter(guest_->store());
      EXPECT_ERRNO(operation(), intr);
      return guest_->call().outcome;
    };
    EXPECT_EQ(trap_of(*guest_, waits), syntax::TrapCode::interrupted);
    guest_->call().outcome = runtime::Outcome::returned;
  };
  const std::string text(20'000, 'x');
  ends([&] { return accept(); });
  ends([&] { return receive(4); });
  ends([&] { return receive(5, peek); });
  ends([&] {
    EXPECT_TRUE(write_text(ours_, "not all"));
    return receive(4, waitall);
  });
  const auto send_on = [&](uint32_t fd) {
    WasiResult<uint32_t> sent = 0;
    while (sent) sent = send(fd, text);
    return sent;
  };
  ends([&] { return send_on(4); });
  ends([&] { return send_on(5); });
}

struct Event {
  Errno error;
  uint64_t bytes_ready;
  uint16_t flags;
};

class SockPoll : public Sock {
 protected:
  /// The event for one descriptor, where it is ready now.
  std::optional<Event> poll(uint32_t fd, EventType type) {
    std::string entries(2 * size_t{layout::subscription::size}, '\0');
    base::store_le(entries.data() + layout::subscription::tag, type);
    base::store_le(entries.data() + layout::subscription::descriptor, fd);
    char* const clock = entries.data() + layout::subscription::size;  // of 0 ns
    base::store_le(clock + layout::subscription::userdata, uint64_t{1});
    const uint32_t at = Guest::room.address;
    const uint32_t told = poll_oneoff(guest_->call(), guest_->put(entries).address, at, 2).value();
    if (told == 0 || guest_->load<uint64_t>(at + layout::event::userdata) != 0) return {};
    return Event{guest_->load<Errno>(at + layout::event::error),
                 guest_->load<uint64_t>(at + layout::event::bytes),
                 guest_->load<uint16_t>(at + layout::event::flags)};
  }
};

TEST_F(SockPoll, a_listener_is_ready_where_a_connection_waits) {
  EXPECT_FALSE(poll(listener_fd, EventType::fd_read));
  const File client = connect_to(address_);
  const auto event = poll(listener_fd, EventType::fd_read);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->error, Errno::success);
  EXPECT_EQ(event->bytes_ready, 1u);
  EXPECT_EQ(event->flags, 0u);
  EXPECT_SUCCESS(accept());
  EXPECT_FALSE(poll(listener_fd, EventType::fd_read));
}

TEST_F(SockPoll, connections_tell_bytes_room_and_hanging_up) {
  EXPECT_FALSE(poll(4, EventType::fd_read));
  EXPECT_TRUE(poll(4, EventType::fd_write));
  ASSERT_TRUE(write_text(ours_, "12345"));
  EXPECT_EQ(poll(4, EventType::fd_read)->bytes_ready, 5u);
  EXPECT_EQ(poll(4, EventType::fd_read)->flags, 0u);
  ours_ = File();
  const auto event = poll(4, EventType::fd_read);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->flags, event_hangup);
  EXPECT_EQ(event->bytes_ready, 5u) << "what was sent before can be read";

  const File client = connect_to(address_);
  const uint32_t fd = accept(fd_flags::nonblock).value();
  const std::string text(20'000, 'x');
  while (send(fd, text)) {
  }
  EXPECT_FALSE(poll(fd, EventType::fd_write)) << "full";
  while (::shutdown(client.descriptor(), SHUT_WR) != 0) {
  }
  EXPECT_EQ(poll(fd, EventType::fd_read)->flags, 0u) << "half closed can still be answered";
}

class SockNonblocking : public Sock {
 protected:
  SockNonblocking() : Sock(4096, true) {}
};

TEST_F(SockNonblocking, a_listener_can_be_given_so) {
  EXPECT_EQ(fd_fdstat_get(guest_->call(), listener_fd).value().flags, fd_flags::nonblock);
  EXPECT_ERRNO(accept(), again);
}

TEST(sock, standard_streams_can_be_connections_but_accept_nothing) {
  Pair pair = socket_pair(SOCK_STREAM);
  const File listener = std::move(*platform::listen(*platform::parse_tcp_address("[::1]:0")));
  ContextConfig config;
  config.standard_input = std::move(pair.guests);
  config.standard_output = listener.borrowed();
  Guest guest(std::move(config));
  ASSERT_TRUE(write_text(pair.ours, "hello"));
  const GuestVector room = guest.vector(Guest::room);
  EXPECT_EQ(sock_recv(guest.call(), 0, room, peek).value().size_bytes, 5u);
  EXPECT_EQ(guest.read(0).value(), "hello");
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest.call(), 0, fd_flags::nonblock));
  EXPECT_ERRNO(guest.read(0), again);
  EXPECT_EQ(::fcntl(pair.ours.descriptor(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_SUCCESS(sock_shutdown(guest.call(), 0, shutdown_flags::sending));
  EXPECT_EQ(read_text(pair.ours), "");
  EXPECT_ERRNO(sock_accept(guest.call(), 1, 0), notcapable);
}

TEST(sock, descriptors_sent_along_are_not_taken) {
  Pair pair = socket_pair(SOCK_STREAM);
  const int own_end = pair.ours.descriptor();
  ContextConfig config;
  config.sockets.push_back(preopen(std::move(pair.guests)));
  Guest guest(std::move(config));
  platform::Pipe pipe = *platform::make_pipe();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  char byte = 'x';
  iovec part = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int sent = pipe.write_end.descriptor();
  std::copy_n(reinterpret_cast<const char*>(&sent), sizeof sent,
              reinterpret_cast<char*>(CMSG_DATA(header)));
  ASSERT_EQ(::sendmsg(own_end, &message, 0), 1);
  EXPECT_EQ(guest.read(3).value(), "x");
  pipe.write_end = File();
  EXPECT_EQ(read_text(pipe.read_end), "") << "nobody has the other end";
}

}  // namespace
}  // namespace waxwing::wasi
