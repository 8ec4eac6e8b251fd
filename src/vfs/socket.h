// Sockets of guests: connections, listeners, ends of datagrams.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "platform/socket.h"
#include "vfs/object.h"

namespace waxwing::vfs {

using platform::Received;
using platform::ShutDown;

/// A file whose transfers never wait: they fail with `again`, and so do these.
class Socket : public File {
 public:
  Socket* socket() final;

  /// Never changes.
  virtual bool is_listener() const = 0;
  /// The next connection.
  virtual FileResult<std::unique_ptr<Socket>> accept() = 0;
  /// Reads, and says whether a datagram was cut. With `peek` it can be read again.
  virtual FileResult<Received> receive(std::span<const IoBuffer> buffers, bool peek) = 0;
  virtual FileResult<> shut_down(ShutDown what) = 0;
};

/// A socket of the host. Each operation is one system call.
class HostSocket final : public Socket {
 public:
  /// A listener must be non-blocking where connections are accepted from it.
  explicit HostSocket(platform::File socket)
      : socket_(std::move(socket)), is_listener_(platform::is_listening(socket_)) {}

  FileKind kind() const override { return socket_.kind(); }
  FileResult<FileStat> stat() const override { return socket_.stat(); }
  const platform::File* host_file() const override { return &socket_; }

  FileResult<size_t> read(std::span<const IoBuffer> buffers) override;
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override;

  bool is_listener() const override { return is_listener_; }
  FileResult<std::unique_ptr<Socket>> accept() override;
  FileResult<Received> receive(std::span<const IoBuffer> buffers, bool peek) override;
  /// `notconn` for a listener, which others may accept from too.
  FileResult<> shut_down(ShutDown what) override;

 private:
  platform::File socket_;
  bool is_listener_;
};

}  // namespace waxwing::vfs
