// What the standard streams and sources of waxwing/wasi.h are to the layers below.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "api/core.h"
#include "wasi/context.h"
#include "waxwing/wasi.h"

namespace waxwing {

struct WasiBuffer::State {
  explicit State(size_t max) : max_bytes(max) {}

  const size_t max_bytes;
  std::mutex mutex;
  std::string bytes;  // guarded by `mutex`, as what follows
  bool has_overflowed = false;
};

namespace detail {

struct StreamSource {
  struct File {
    std::string path;
    bool appends = false;
  };
  struct Descriptor {
    int number = -1;
  };
  using Bytes = std::shared_ptr<const std::string>;
  using Buffer = std::shared_ptr<WasiBuffer::State>;
  using Reader = std::function<WasiStream::Transferred(std::span<uint8_t>, detail::StreamThrown&)>;
  using Writer =
      std::function<WasiStream::Transferred(std::span<const uint8_t>, detail::StreamThrown&)>;

  std::variant<File, Descriptor, Bytes, Buffer, Reader, Writer> what;
};

}  // namespace detail

namespace api {

/// The failure of that number; `io` for what is none.
platform::FileError error_of(WasiErrno number);

/// Gives `world` the streams, clocks and randomness that `config` says. The files among them are
/// opened; fails with `invalid_argument` where one does not fit its direction, and with what
/// `platform::describe` says where it cannot be opened. The world ends before `core`.
base::Result<> add_sources(detail::StoreCore& core, const WasiConfig& config,
                           wasi::ContextConfig& world);

}  // namespace api

}  // namespace waxwing
