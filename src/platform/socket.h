// Sockets: what can be done with them beside reading and writing, and listeners of TCP. Nothing
// here waits: `again` says that it would have to. [POSIX.1-2017]
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/file.h"

namespace waxwing::platform {

/// An address of this machine.
struct TcpAddress {
  enum class Family : uint8_t { v4, v6 };

  Family family = Family::v4;
  std::array<uint8_t, 16> bytes = {};  // in the order of the network; the first 4 where it is v4
  uint16_t port = 0;                   // 0 to listen at one that the system chooses

  /// "127.0.0.1:8080", "[::1]:8080".
  std::string text() const;
};

/// The address that `text` writes as above, or "localhost:8080", which is 127.0.0.1. Other names
/// are not looked up. Fails with `invalid_argument`, and says what would be right.
base::Result<TcpAddress> parse_tcp_address(std::string_view text);

/// A listener at `address`, whose connections send at once what they are given, in packets however
/// small. Fails with `addrinuse` where somebody else listens there, with `acces` where this process
/// may not.
FileResult<File> listen(const TcpAddress& address);

/// Where a socket of TCP is bound; `afnosupport` for others.
FileResult<TcpAddress> local_address(const File& socket);

/// Whether connections can be accepted from it.
bool is_listening(const File& socket);

/// A connection that waits. The listener must be non-blocking, else this may wait for one.
FileResult<File> accept(const File& listener);

struct Received {
  size_t size_bytes = 0;      // 0 is the end, of a stream
  bool is_truncated = false;  // the rest of the datagram is gone
};

/// Reads as `File::read` does, without waiting; `peek` leaves the bytes to be read again.
FileResult<Received> receive(const File& socket, std::span<const IoBuffer> buffers, bool peek);

/// Writes as `File::write` does, without waiting. `pipe` where nobody reads, and no signal.
FileResult<size_t> send(const File& socket, std::span<const ConstIoBuffer> buffers);

enum class ShutDown : uint8_t { receiving, sending, both };

/// Ends one direction of a connection, or both, for everybody who has it open.
FileResult<> shut_down(const File& socket, ShutDown what);

}  // namespace waxwing::platform
