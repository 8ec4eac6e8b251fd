// Sockets of guests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "waxwing/error.h"
#include "waxwing/export.h"

namespace waxwing {

namespace detail {
struct Access;
struct SocketCore;
}  // namespace detail

struct WasiSocketOptions {
  /// Guests find it so: `sock_accept` is `again` where nobody connects, instead of waiting. Go's
  /// servers want that, who do not ask for it; C's and Rust's do not.
  bool nonblocking = false;
};

/// A socket of the host that guests may use: a listener, or a connection. Copies are the same
/// socket; it is closed with the last of them and of the stores that have it.
class WAXWING_API WasiSocket {
 public:
  /// Listens from now on at "127.0.0.1:8080", "[::1]:8080" or "localhost:8080": who connects waits
  /// until a guest accepts. Port 0 is any that is free. Fails with `invalid_argument` where that is
  /// no such address, and with `io` where it is taken or this process may not listen there.
  static Result<WasiSocket> listen(std::string_view address, WasiSocketOptions options = {});
  /// Takes over an open descriptor, of any kind of socket, and closes it in the end. A listener
  /// becomes non-blocking for all who have it open. Where that fails, with `invalid_argument`, the
  /// descriptor stays the caller's.
  static Result<WasiSocket> own(int descriptor, WasiSocketOptions options = {});

  /// Where it is bound, as in "127.0.0.1:40123"; empty where that is no address of IP.
  std::string address() const;
  /// Of that address; 0 where there is none.
  uint16_t port() const;

  // Copies and nothing else: one that was moved from stays what it was.
  WasiSocket(const WasiSocket&) = default;
  WasiSocket& operator=(const WasiSocket&) = default;
  ~WasiSocket() = default;

 private:
  friend struct detail::Access;
  explicit WasiSocket(std::shared_ptr<const detail::SocketCore> core) : core_(std::move(core)) {}
  std::shared_ptr<const detail::SocketCore> core_;
};

}  // namespace waxwing
