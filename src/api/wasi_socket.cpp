// Sockets that embedders give to guests.
#include "waxwing/wasi_socket.h"

#include "api/convert.h"
#include "api/core.h"
#include "platform/socket.h"

namespace waxwing {

using detail::Access;

Result<WasiSocket> WasiSocket::listen(std::string_view address, WasiSocketOptions options) {
  const auto parsed = platform::parse_tcp_address(address);
  if (!parsed) return api::fail(parsed.error());
  auto listener = platform::listen(*parsed);
  if (!listener) {
    return api::fail(
        platform::describe(listener.error(), "cannot listen at '" + std::string(address) + "'"));
  }
  return Access::socket({.socket = *std::move(listener), .nonblocking = options.nonblocking});
}

Result<WasiSocket> WasiSocket::own(int descriptor, WasiSocketOptions options) {
  const platform::File given = platform::File::borrow(descriptor);
  const bool is_socket = given.kind() == platform::FileKind::stream_socket ||
                         given.kind() == platform::FileKind::datagram_socket;
  const bool is_ready = is_socket && (!platform::is_listening(given) ||
                                      given.set_status_flags(false, true).has_value());
  if (!is_ready) {
    return api::fail(ErrorCode::invalid_argument,
                     "the descriptor " + std::to_string(descriptor) + " is no open socket");
  }
  return Access::socket(
      {.socket = platform::File::own(descriptor), .nonblocking = options.nonblocking});
}

std::string WasiSocket::address() const {
  const auto address = platform::local_address(core_->socket);
  return address ? address->text() : "";
}

uint16_t WasiSocket::port() const {
  const auto address = platform::local_address(core_->socket);
  return address ? address->port : 0;
}

}  // namespace waxwing
