// A guest's standard streams: this process's, files, descriptors, bytes in memory, functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "waxwing/detail/function.h"
#include "waxwing/export.h"
#include "waxwing/wasi_errno.h"

namespace waxwing {

namespace detail {
struct Access;
struct StreamSource;

/// What a stream's function threw.
struct StreamThrown {
  std::exception_ptr exception;
  std::string what;
};
}  // namespace detail

/// What guests write, kept for the host. Copies are the same buffer, which any threads may use, and
/// stores write to, at once.
class WAXWING_API WasiBuffer {
 public:
  static constexpr size_t usual_max_bytes = size_t{64} << 20;

  /// Holds `max_bytes` at most: what goes beyond is not written, and is `nospc` to the guest.
  explicit WasiBuffer(size_t max_bytes = usual_max_bytes);
  WasiBuffer(const WasiBuffer&) = default;  // moving copies: each has a buffer
  WasiBuffer& operator=(const WasiBuffer&) = default;
  ~WasiBuffer() = default;

  /// What was written and not taken.
  std::string text() const;
  /// The same, and the buffer is empty then.
  std::string take();
  /// Whether something did not fit since it was made.
  bool has_overflowed() const;

 private:
  friend struct detail::StreamSource;
  friend class WasiStream;
  struct State;
  std::shared_ptr<State> state_;
};

/// Where a standard stream of a guest comes from or goes to. A plain value. Each store that is made
/// a world opens it for itself, so that what cannot be opened, or does not fit the stream's
/// direction, fails then; what stores have in common all the same stands at each kind. A guest
/// takes a terminal for one, and nothing else.
class WAXWING_API WasiStream {
 public:
  enum Plain : uint8_t {
    null,     // reading finds the end, what is written is gone
    inherit,  // this process's
  };

  WasiStream(Plain plain = null) : plain_(plain) {}
  /// Output is collected there. Stores write to the same buffer.
  WasiStream(const WasiBuffer& buffer);

  /// A file of the host: input is read from its start, and guests cannot change it; output makes it
  /// or empties it. Each store has a position of its own, and empties it again. Of a FIFO, who
  /// reads or writes first waits until its other end is there, and interruptions end that.
  static WasiStream file(std::string path);
  /// Output goes to the end of a file of the host, also where several stores write to it. Guests
  /// cannot cut it.
  static WasiStream append_to(std::string path);
  /// A descriptor that is open, of a pipe, say. It stays yours: each store makes a duplicate, and
  /// closes that at its end. They share the position.
  static WasiStream descriptor(int descriptor);
  /// Input: these bytes, and then the end. Each store reads them from the start.
  static WasiStream bytes(std::string bytes);

  using Transferred = std::expected<size_t, WasiErrno>;

  /// Input: what `read` puts into the span, which has one byte at least, and how many bytes those
  /// are; 0 is the end.
  ///
  /// It is called in the thread that uses the store, in the middle of a call, and no call begins in
  /// that store meanwhile; several stores may call it at once. What it throws ends the call, as
  /// what a host function throws, and the host's call throws it on. It may wait, but then nothing
  /// interrupts it: that is left to you. `poll_oneoff` says that there is something to read.
  template <typename Read>
    requires std::is_invocable_r_v<Transferred, Read&, std::span<uint8_t>>
  static WasiStream reader(Read read) {
    return make_reader(
        [call = std::move(read)](std::span<uint8_t> to, detail::StreamThrown& thrown) mutable {
          return guarded([&]() -> Transferred { return call(to); }, thrown);
        });
  }

  /// Output: `write` gets bytes, one at least, and returns how many it took, or nothing, where it
  /// takes all. It is called as a reader is.
  template <typename Write>
    requires std::invocable<Write&, std::span<const uint8_t>>
  static WasiStream writer(Write write) {
    return make_writer([call = std::move(write)](std::span<const uint8_t> from,
                                                 detail::StreamThrown& thrown) mutable {
      return guarded(
          [&]() -> Transferred {
            if constexpr (std::is_void_v<std::invoke_result_t<Write&, std::span<const uint8_t>>>) {
              call(from);
              return from.size();
            } else {
              return call(from);
            }
          },
          thrown);
    });
  }

 private:
  friend struct detail::Access;
  using GuardedReader = std::function<Transferred(std::span<uint8_t>, detail::StreamThrown&)>;
  using GuardedWriter = std::function<Transferred(std::span<const uint8_t>, detail::StreamThrown&)>;

  explicit WasiStream(std::shared_ptr<const detail::StreamSource> source)
      : source_(std::move(source)) {}
  static WasiStream make_reader(GuardedReader read);
  static WasiStream make_writer(GuardedWriter write);

  template <typename Body>
  static Transferred guarded(Body body, detail::StreamThrown& thrown) {
#if defined(__cpp_exceptions)
    try {
      return body();
    } catch (const std::exception& exception) {
      thrown = {std::current_exception(), exception.what()};
    } catch (...) {
      thrown = {std::current_exception(), "what is no std::exception"};
    }
    return std::unexpected(WasiErrno::io);
#else
    static_cast<void>(thrown);
    return body();
#endif
  }

  Plain plain_ = null;
  std::shared_ptr<const detail::StreamSource> source_;  // null: `plain_`
};

}  // namespace waxwing
