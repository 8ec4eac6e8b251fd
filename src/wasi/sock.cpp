// sock_*: sockets that the guest was given, and connections that it accepts; nothing makes others.
#include "wasi/functions.h"
#include "wasi/io.h"

namespace waxwing::wasi {
namespace {

struct OpenSocket {
  Descriptor& descriptor;
  vfs::Socket& socket;
};

WasiResult<OpenSocket> get_socket(Call& call, uint32_t fd, Rights needed) {
  vfs::Socket* const socket = TRY(call.context.fds().get(fd))->socket();
  if (socket == nullptr) return fail(Errno::notsock);
  return OpenSocket{*TRY(call.context.fds().get(fd, needed)), *socket};
}

using Receipt = WasiResult<platform::Received>;

Receipt receive(Call& call, const OpenSocket& from, ReadBuffers& buffers, bool peek) {
  return until_ready(call, from.descriptor, Direction::read,
                     [&] { return from.socket.receive(buffers.parts(), peek); });
}

/// Fills what is left of `buffers` after `first`, or receives to the end. A failure is the next
/// call's, unless it ends the guest.
Receipt receive_rest(Call& call, const OpenSocket& from, ReadBuffers& buffers,
                     platform::Received first) {
  platform::Received sum = first;
  for (size_t size = first.size_bytes; size != 0;) {
    buffers.drop(size);
    if (buffers.empty()) break;
    platform::PollItem item{.file = from.descriptor.file->host_file(), .want_read = true};
    const auto waited = wait(call, std::span(&item, 1), std::nullopt);
    if (call.outcome != runtime::Outcome::returned) return fail(Errno::intr);
    if (!waited || item.failed) break;
    const Receipt more = receive(call, from, buffers, false);
    if (call.outcome != runtime::Outcome::returned) return more;
    size = more ? more->size_bytes : 0;
    sum.size_bytes += size;
  }
  return sum;
}

}  // namespace

/// The connection has the rights that the listener inherits, and is non-blocking where `flags` ask
/// for it; other flags are of files. Where there is no descriptor for it, it is closed.
WasiResult<uint32_t> sock_accept(Call& call, uint32_t fd, uint32_t flags) {
  const OpenSocket listener = TRY(get_socket(call, fd, rights::sock_accept));
  if (flags > fd_flags::all) return fail(Errno::inval);
  if ((flags & ~fd_flags::nonblock) != 0) return fail(Errno::notsup);
  Descriptor accepted;
  accepted.file = TRY(until_ready(call, listener.descriptor, Direction::read,
                                  [&] { return listener.socket.accept(); }));
  accepted.type = file_type(accepted.file->kind());
  accepted.rights_base = listener.descriptor.rights_inheriting;
  accepted.flags = flags;
  accepted.blocking = Blocking::reported;
  return call.context.fds().insert(std::move(accepted));
}

/// `waitall` fills the buffers of a blocking connection; what is peeked at, and datagrams, come as
/// they are. [POSIX.1-2017 recv]
WasiResult<Received> sock_recv(Call& call, uint32_t fd, GuestVector target, uint32_t flags) {
  const OpenSocket from = TRY(get_socket(call, fd, rights::fd_read));
  if ((flags & ~(receive_flags::peek | receive_flags::waitall)) != 0) return fail(Errno::notsup);
  ReadBuffers buffers;
  TRY(buffers.gather(call.memory, target));
  if (buffers.empty()) return Received{};
  const bool peek = (flags & receive_flags::peek) != 0;
  platform::Received received = TRY(receive(call, from, buffers, peek));
  const bool wants_all = (flags & receive_flags::waitall) != 0 && !peek;
  const bool is_blocking_stream =
      from.descriptor.type == FileType::socket_stream && !from.descriptor.is_nonblocking();
  if (wants_all && is_blocking_stream) {
    received = TRY(receive_rest(call, from, buffers, received));
  }
  return Received{.size_bytes = static_cast<uint32_t>(received.size_bytes),
                  .flags = received.is_truncated ? received_flags::data_truncated : uint16_t{0}};
}

/// No flag has a meaning.
WasiResult<uint32_t> sock_send(Call& call, uint32_t fd, GuestVector source, uint32_t flags) {
  const OpenSocket to = TRY(get_socket(call, fd, rights::fd_write));
  if (flags != 0) return fail(Errno::notsup);
  WriteBuffers buffers;
  TRY(buffers.gather(call.memory, source));
  return write_to(call, to.descriptor, buffers);
}

WasiResult<> sock_shutdown(Call& call, uint32_t fd, uint32_t how) {
  const OpenSocket open = TRY(get_socket(call, fd, rights::sock_shutdown));
  switch (how) {
    case shutdown_flags::receiving: return as_wasi(open.socket.shut_down(vfs::ShutDown::receiving));
    case shutdown_flags::sending: return as_wasi(open.socket.shut_down(vfs::ShutDown::sending));
    case shutdown_flags::receiving | shutdown_flags::sending:
      return as_wasi(open.socket.shut_down(vfs::ShutDown::both));
  }
  return fail(Errno::inval);
}

}  // namespace waxwing::wasi
