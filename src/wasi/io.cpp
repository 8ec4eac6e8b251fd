// Reading and writing, with the waiting that descriptors ask for.
#include "wasi/io.h"

namespace waxwing::wasi {
namespace {

enum class Direction : uint8_t { read, write };

/// What a descriptor that blocks takes without blocking, once it polls as writable: PIPE_BUF, or a
/// part of a socket's buffer.
constexpr size_t pipe_room_bytes = 4096;
constexpr size_t socket_room_bytes = 65536;

WasiResult<> wait_for(Call& call, Descriptor& descriptor, Direction direction) {
  platform::PollItem item{.file = descriptor.file->host_file(),
                          .want_read = direction == Direction::read,
                          .want_write = direction == Direction::write};
  const std::optional<uint64_t> deadline_ns =
      descriptor.is_nonblocking() ? std::optional<uint64_t>(0) : std::nullopt;
  const platform::PollOutcome outcome = TRY(wait(call, std::span(&item, 1), deadline_ns));
  if (outcome == platform::PollOutcome::timed_out) return fail(Errno::again);
  return {};
}

template <typename Operation>
WasiResult<uint32_t> transfer(Call& call, Descriptor& descriptor, Direction direction,
                              Operation operation) {
  if (descriptor.blocking == Blocking::asked) TRY(wait_for(call, descriptor, direction));
  for (;;) {
    const platform::FileResult<size_t> size = operation();
    if (size) return static_cast<uint32_t>(*size);
    const bool must_wait = size.error() == platform::FileError::again &&
                           descriptor.blocking != Blocking::never && !descriptor.is_nonblocking();
    if (!must_wait) {
      if (call.store.has_trap()) call.outcome = runtime::Outcome::trapped;  // an embedder's file
      return fail(to_errno(size.error()));
    }
    TRY(wait_for(call, descriptor, direction));
  }
}

}  // namespace

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
  if (buffers.empty()) return 0;
  if (descriptor.blocking == Blocking::asked) {
    buffers.limit(descriptor.is_socket() ? socket_room_bytes : pipe_room_bytes);
  }
  TRY(limit_by_quota(call, descriptor, buffers));
  const uint32_t size = TRY(transfer(call, descriptor, Direction::write,
                                     [&] { return descriptor.file->write(buffers.parts()); }));
  if (descriptor.mount != nullptr) call.context.quota().count_bytes(size);
  return size;
}

}  // namespace waxwing::wasi
