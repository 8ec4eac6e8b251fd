// The platform's sockets under the interface of all sockets.
#include "vfs/socket.h"

namespace waxwing::vfs {

// Not inline, so that programs with RTTI find the class here.
Socket* Socket::socket() { return this; }

FileResult<size_t> HostSocket::read(std::span<const IoBuffer> buffers) {
  return TRY(platform::receive(socket_, buffers, false)).size_bytes;
}

FileResult<size_t> HostSocket::write(std::span<const ConstIoBuffer> buffers) {
  return platform::send(socket_, buffers);
}

FileResult<std::unique_ptr<Socket>> HostSocket::accept() {
  const bool is_datagram = kind() == FileKind::datagram_socket;
  if (!is_listener_) return std::unexpected(is_datagram ? FileError::notsup : FileError::inval);
  return std::make_unique<HostSocket>(TRY(platform::accept(socket_)));
}

FileResult<Received> HostSocket::receive(std::span<const IoBuffer> buffers, bool peek) {
  return platform::receive(socket_, buffers, peek);
}

FileResult<> HostSocket::shut_down(ShutDown what) {
  if (is_listener_) return std::unexpected(FileError::notconn);
  return platform::shut_down(socket_, what);
}

}  // namespace waxwing::vfs
