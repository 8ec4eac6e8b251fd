// Reading and writing, with the waiting that descriptors ask for.
#include "wasi/io.h"

namespace waxwing::wasi {
namespace {

/// What a pipe that blocks takes without blocking, once it polls as writable: PIPE_BUF.
constexpr size_t pipe_room_bytes = 4096;

template <typename Operation>
WasiResult<uint32_t> transfer(Call& call, Descriptor& descriptor, Direction direction,
                              Operation operation) {
  if (descriptor.blocking == Blocking::asked) TRY(wait_for(call, descriptor, direction));
  return static_cast<uint32_t>(TRY(until_ready(call, descriptor, direction, operation)));
}

/// Writes what is left of `buffers` after the first `size_bytes`, and returns how much that is
/// together. A failure is the next call's, unless it ends the guest.
WasiResult<uint32_t> write_rest(Call& call, Descriptor& connection, WriteBuffers& buffers,
                                uint32_t size_bytes) {
  uint32_t sum = size_bytes;
  for (buffers.drop(size_bytes); !buffers.empty(); buffers.drop(size_bytes)) {
    const auto waited = wait_for(call, connection, Direction::write);
    if (call.outcome != runtime::Outcome::returned) return fail(Errno::intr);
    if (!waited) break;
    const auto size = until_ready(call, connection, Direction::write,
                                  [&] { return connection.file->write(buffers.parts()); });
    if (call.outcome != runtime::Outcome::returned) return fail(Errno::intr);
    if (!size) break;
    size_bytes = static_cast<uint32_t>(*size);
    sum += size_bytes;
  }
  return sum;
}

}  // namespace

WasiResult<> wait_for(Call& call, Descriptor& descriptor, Direction direction) {
  const platform::File* const host = descriptor.file->host_file();
  if (host == nullptr) {
    if (descriptor.is_nonblocking()) return fail(Errno::again);
    static_cast<void>(TRY(wait(call, {}, platform::monotonic_ns() + try_again_ns)));
    return {};
  }
  platform::PollItem item{.file = host,
                          .want_read = direction == Direction::read,
                          .want_write = direction == Direction::write};
  const std::optional<uint64_t> deadline_ns =
      descriptor.is_nonblocking() ? std::optional<uint64_t>(0) : std::nullopt;
  const platform::PollOutcome outcome = TRY(wait(call, std::span(&item, 1), deadline_ns));
  if (outcome == platform::PollOutcome::timed_out) return fail(Errno::again);
  return {};
}

WasiResult<uint32_t> read_from(Call& call, Descriptor& descriptor, ReadBuffers& buffers) {
  if (buffers.empty()) return 0;
  return transfer(call, descriptor, Direction::read,
                  [&] { return descriptor.file->read(buffers.parts()); });
}

WasiResult<> limit_by_quota(Call& call, const Descriptor& file, WriteBuffers& buffers) {
  const Quota& quota = call.context.quota();
  if (file.mount == nullptr || !quota.limits_bytes()) return {};
  buffers.limit(TRY(quota.room_bytes()));
  return {};
}

WasiResult<uint32_t> write_to(Call& call, Descriptor& descriptor, WriteBuffers& buffers) {
  const bool is_datagram = descriptor.type == FileType::socket_dgram;
  if (buffers.empty() && !is_datagram) return 0;
  if (buffers.is_cut() && is_datagram) return fail(Errno::msgsize);
  if (descriptor.blocking == Blocking::asked) buffers.limit(pipe_room_bytes);
  TRY(limit_by_quota(call, descriptor, buffers));
  const uint32_t size = TRY(transfer(call, descriptor, Direction::write,
                                     [&] { return descriptor.file->write(buffers.parts()); }));
  if (descriptor.mount != nullptr) call.context.quota().count_bytes(size);
  const bool is_connection =
      descriptor.type == FileType::socket_stream && descriptor.socket() != nullptr;
  if (is_connection && !descriptor.is_nonblocking()) {
    return write_rest(call, descriptor, buffers, size);
  }
  return size;
}

}  // namespace waxwing::wasi
