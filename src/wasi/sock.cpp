// sock_*: sockets that the guest was given as standard streams can be read and written; nothing
// makes others.
#include "wasi/functions.h"
#include "wasi/io.h"

namespace waxwing::wasi {
namespace {

WasiResult<Descriptor*> get_socket(Call& call, uint32_t fd, Rights needed) {
  if (!TRY(call.context.fds().get(fd))->is_socket()) return fail(Errno::notsock);
  return call.context.fds().get(fd, needed);
}

}  // namespace

WasiResult<uint32_t> sock_accept(Call& call, uint32_t fd, uint32_t) {
  static_cast<void>(TRY(get_socket(call, fd, rights::sock_accept)));
  return fail(Errno::notsup);
}

WasiResult<Received> sock_recv(Call& call, uint32_t fd, GuestVector target, uint32_t flags) {
  Descriptor* const socket = TRY(get_socket(call, fd, rights::fd_read));
  if (flags != 0) return fail(Errno::notsup);
  ReadBuffers buffers;
  TRY(buffers.gather(call.memory, target));
  return Received{.size_bytes = TRY(read_from(call, *socket, buffers))};
}

WasiResult<uint32_t> sock_send(Call& call, uint32_t fd, GuestVector source, uint32_t flags) {
  Descriptor* const socket = TRY(get_socket(call, fd, rights::fd_write));
  if (flags != 0) return fail(Errno::notsup);
  WriteBuffers buffers;
  TRY(buffers.gather(call.memory, source));
  return write_to(call, *socket, buffers);
}

WasiResult<> sock_shutdown(Call& call, uint32_t fd, uint32_t how) {
  static_cast<void>(TRY(get_socket(call, fd, rights::sock_shutdown)));
  constexpr uint32_t receive = 1, send = 2;
  if (how == 0 || how > (receive | send)) return fail(Errno::inval);
  return fail(Errno::notsup);
}

}  // namespace waxwing::wasi
