// Sockets of the system.
#include "platform/socket.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>

#include "platform/io_vector.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

/// An address as the system takes it.
struct SystemAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  SystemAddress() = default;
  explicit SystemAddress(const TcpAddress& address);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SystemAddress::SystemAddress(const TcpAddress& address) {
  if (address.family == TcpAddress::Family::v4) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), sizeof v4.sin_addr);
    std::memcpy(&storage, &v4, sizeof v4);
    size = sizeof v4;
  } else {
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
    std::memcpy(&storage, &v6, sizeof v6);
    size = sizeof v6;
  }
}

int system_family(TcpAddress::Family family) {
  return family == TcpAddress::Family::v4 ? AF_INET : AF_INET6;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// Without words for what is wrong.
std::optional<TcpAddress> parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const std::optional<uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  TcpAddress address{.port = *port};
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    address.family = TcpAddress::Family::v6;
  } else if (host == "localhost") {
    host = "127.0.0.1";
  }
  if (host.find('\0') != host.npos) return std::nullopt;
  const std::string name(host);
  if (::inet_pton(system_family(address.family), name.c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

FileResult<> set_option(const File& socket, int level, int name) {
  const int on = 1;
  return as_result(::setsockopt(socket.descriptor(), level, name, &on, sizeof on));
}

}  // namespace

std::string TcpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> name = {};
  ::inet_ntop(system_family(family), bytes.data(), name.data(), name.size());
  const std::string host(name.data());
  return (family == Family::v4 ? host : "[" + host + "]") + ":" + std::to_string(port);
}

base::Result<TcpAddress> parse_tcp_address(std::string_view text) {
  if (const std::optional<TcpAddress> address = parse_address(text)) return *address;
  std::string detail = "'" + std::string(text) + "' is no address of TCP; write IP:PORT, as in ";
  if (text.starts_with(':') && parse_port(text.substr(1))) {
    detail.append("127.0.0.1").append(text).append(", or 0.0.0.0").append(text);
    detail += " for all of this machine's";
  } else {
    detail += "127.0.0.1:8080, [::1]:8080 or localhost:0, where 0 is any free port";
  }
  return base::fail(base::ErrorCode::invalid_argument, std::move(detail));
}

FileResult<File> listen(const TcpAddress& address) {
  const int descriptor = ::socket(system_family(address.family),
                                  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (descriptor == -1) return last_failure();
  File listener = File::own(descriptor);
  // Connections of a process that has ended do not keep its address.
  TRY(set_option(listener, SOL_SOCKET, SO_REUSEADDR));
  // What is accepted inherits it; guests have no call for it.
  TRY(set_option(listener, IPPROTO_TCP, TCP_NODELAY));
  SystemAddress system(address);
  TRY(as_result(::bind(descriptor, system.get(), system.size)));
  TRY(as_result(::listen(descriptor, SOMAXCONN)));
  return listener;
}

FileResult<TcpAddress> local_address(const File& socket) {
  SystemAddress system;
  TRY(as_result(::getsockname(socket.descriptor(), system.get(), &system.size)));
  TcpAddress address;
  if (system.storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &system.storage, sizeof v4);
    std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    address.port = ntohs(v4.sin_port);
  } else if (system.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &system.storage, sizeof v6);
    std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    address.port = ntohs(v6.sin6_port);
    address.family = TcpAddress::Family::v6;
  } else {
    return std::unexpected(FileError::afnosupport);
  }
  return address;
}

bool is_listening(const File& socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  return ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
         listens != 0;
}

FileResult<File> accept(const File& listener) {
  const int descriptor = retry_interrupted([&] {
    return ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  });
  if (descriptor == -1) return last_failure();
  return File::own(descriptor);
}

FileResult<Received> receive(const File& socket, std::span<const IoBuffer> buffers, bool peek) {
  IoVector vector(buffers);
  msghdr message = {};
  message.msg_iov = vector.parts.data();
  message.msg_iovlen = static_cast<size_t>(vector.count);
  const int flags = MSG_DONTWAIT | (peek ? MSG_PEEK : 0);
  const size_t size = TRY(
      as_size(retry_interrupted([&] { return ::recvmsg(socket.descriptor(), &message, flags); })));
  return Received{.size_bytes = size, .is_truncated = (message.msg_flags & MSG_TRUNC) != 0};
}

FileResult<size_t> send(const File& socket, std::span<const ConstIoBuffer> buffers) {
  IoVector vector(buffers);
  msghdr message = {};
  message.msg_iov = vector.parts.data();
  message.msg_iovlen = static_cast<size_t>(vector.count);
  return as_size(retry_interrupted(
      [&] { return ::sendmsg(socket.descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

FileResult<> shut_down(const File& socket, ShutDown what) {
  switch (what) {
    case ShutDown::receiving: return as_result(::shutdown(socket.descriptor(), SHUT_RD));
    case ShutDown::sending: return as_result(::shutdown(socket.descriptor(), SHUT_WR));
    case ShutDown::both: break;
  }
  return as_result(::shutdown(socket.descriptor(), SHUT_RDWR));
}

}  // namespace waxwing::platform
