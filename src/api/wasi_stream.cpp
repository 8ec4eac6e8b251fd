// Standard streams of files, bytes and functions as vfs::File; clocks and randomness of the
// embedder's as the sources of a world.
#include "api/wasi_stream.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "wasi/errno.h"
#include "wasi/stream_file.h"

namespace waxwing {

using detail::StoreCore;
using detail::StreamSource;

// The public types.

WasiBuffer::WasiBuffer(size_t max_bytes) : state_(std::make_shared<State>(max_bytes)) {}

std::string WasiBuffer::text() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->bytes;
}

std::string WasiBuffer::take() {
  const std::scoped_lock lock(state_->mutex);
  return std::exchange(state_->bytes, {});
}

bool WasiBuffer::has_overflowed() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->has_overflowed;
}

vfs::FileError api::error_of(WasiErrno number) {
  constexpr vfs::FileError all[] = {
#define FILE_ERROR(ID, ERRNO, TEXT) vfs::FileError::ID,
#include "platform/file_errors.def"
  };
  const auto found = std::ranges::find(all, wasi::Errno(number), &wasi::to_errno);
  return found == std::end(all) ? vfs::FileError::io : *found;
}

namespace {
std::shared_ptr<const StreamSource> make_source(auto what) {
  return std::make_shared<const StreamSource>(StreamSource{std::move(what)});
}
}  // namespace

WasiStream::WasiStream(const WasiBuffer& buffer) : source_(make_source(buffer.state_)) {}
WasiStream WasiStream::file(std::string path) {
  return WasiStream(make_source(StreamSource::File{.path = std::move(path)}));
}
WasiStream WasiStream::append_to(std::string path) {
  return WasiStream(make_source(StreamSource::File{.path = std::move(path), .appends = true}));
}
WasiStream WasiStream::descriptor(int descriptor) {
  return WasiStream(make_source(StreamSource::Descriptor{descriptor}));
}
WasiStream WasiStream::bytes(std::string bytes) {
  return WasiStream(make_source(std::make_shared<const std::string>(std::move(bytes))));
}
WasiStream WasiStream::make_reader(GuardedReader read) {
  return WasiStream(make_source(StreamSource::Reader(std::move(read))));
}
WasiStream WasiStream::make_writer(GuardedWriter write) {
  return WasiStream(make_source(StreamSource::Writer(std::move(write))));
}

namespace {

// Files.

/// To a guest as one end of a pipe.
class StreamFile : public vfs::File {
 public:
  vfs::FileKind kind() const override { return vfs::FileKind::fifo; }
  vfs::FileResult<vfs::FileStat> stat() const override { return vfs::FileStat{.kind = kind()}; }
};

/// Has `transfer` see the buffers until it does not do all of one, and counts what it did.
template <typename Buffer, typename Transfer>
vfs::FileResult<size_t> transfer_all(std::span<const Buffer> buffers, Transfer transfer) {
  size_t done = 0;
  for (const Buffer& buffer : buffers) {
    if (buffer.size == 0) continue;
    const vfs::FileResult<size_t> count = transfer(buffer);
    if (!count && done == 0) return count;
    if (!count) return done;
    done += *count;
    if (*count < buffer.size) break;
  }
  return done;
}

class BytesReader final : public StreamFile {
 public:
  explicit BytesReader(StreamSource::Bytes bytes) : bytes_(std::move(bytes)) {}

  vfs::FileResult<vfs::FileStat> stat() const override {
    return vfs::FileStat{.kind = kind(), .size_bytes = bytes_->size()};
  }
  vfs::FileResult<size_t> read(std::span<const vfs::IoBuffer> buffers) override {
    return transfer_all(buffers, [this](const vfs::IoBuffer& to) -> vfs::FileResult<size_t> {
      const size_t count = std::min(to.size, bytes_->size() - at_);
      std::memcpy(to.data, bytes_->data() + at_, count);
      at_ += count;
      return count;
    });
  }
  /// Guests have no right to it; a poll asks how much is left.
  vfs::FileResult<uint64_t> seek(int64_t delta, platform::Whence whence) override {
    if (delta != 0 || whence != platform::Whence::current)
      return std::unexpected(vfs::FileError::spipe);
    return at_;
  }

 private:
  StreamSource::Bytes bytes_;
  size_t at_ = 0;
};

class BufferWriter final : public StreamFile {
 public:
  explicit BufferWriter(StreamSource::Buffer buffer) : buffer_(std::move(buffer)) {}

  vfs::FileResult<size_t> write(std::span<const vfs::ConstIoBuffer> buffers) override {
    const std::scoped_lock lock(buffer_->mutex);
    return transfer_all(buffers, [this](const vfs::ConstIoBuffer& from) -> vfs::FileResult<size_t> {
      const size_t room = buffer_->max_bytes - buffer_->bytes.size();
      const size_t count = std::min(from.size, room);
      if (count < from.size) buffer_->has_overflowed = true;
      if (count == 0) return std::unexpected(vfs::FileError::nospc);
      buffer_->bytes.append(reinterpret_cast<const char*>(from.data), count);
      return count;
    });
  }

 private:
  StreamSource::Buffer buffer_;
};

/// Calls the embedder's `function` for one buffer. Where it threw, the store has a trap.
template <typename Function, typename Bytes>
vfs::FileResult<size_t> ask(StoreCore& core, const Function& function, Bytes bytes) {
  detail::StreamThrown thrown;
  WasiStream::Transferred count;
  {
    const detail::Silence silence(core);
    count = function(bytes, thrown);
  }
  if (thrown.exception) {
    core.exception = std::move(thrown.exception);
    static_cast<void>(core.store->set_trap(syntax::TrapCode::host_error,
                                           "a function of a standard stream threw " + thrown.what));
    return std::unexpected(vfs::FileError::io);
  }
  if (!count) return std::unexpected(api::error_of(count.error()));
  if (*count > bytes.size()) return std::unexpected(vfs::FileError::io);
  return *count;
}

class FunctionReader final : public StreamFile {
 public:
  FunctionReader(StoreCore& core, std::shared_ptr<const StreamSource> source)
      : core_(core), source_(std::move(source)) {}

  /// One buffer: whoever waits for more has not shown what it has.
  vfs::FileResult<size_t> read(std::span<const vfs::IoBuffer> buffers) override {
    for (const vfs::IoBuffer& to : buffers) {
      if (to.size != 0)
        return ask(core_, std::get<StreamSource::Reader>(source_->what),
                   std::span(to.data, to.size));
    }
    return 0;
  }

 private:
  StoreCore& core_;
  std::shared_ptr<const StreamSource> source_;
};

class FunctionWriter final : public StreamFile {
 public:
  FunctionWriter(StoreCore& core, std::shared_ptr<const StreamSource> source)
      : core_(core), source_(std::move(source)) {}

  vfs::FileResult<size_t> write(std::span<const vfs::ConstIoBuffer> buffers) override {
    const vfs::FileResult<size_t> size =
        transfer_all(buffers, [this](const vfs::ConstIoBuffer& from) {
          return ask(core_, std::get<StreamSource::Writer>(source_->what),
                     std::span(from.data, from.size));
        });
    if (core_.store->has_trap())
      return std::unexpected(vfs::FileError::io);  // whatever went before
    return size;
  }

 private:
  StoreCore& core_;
  std::shared_ptr<const StreamSource> source_;
};

// Opening.

/// One of the three.
struct Place {
  const char* name;
  bool is_input;
  platform::File (*inherited)();
};

using Opened = base::Result<wasi::StandardStream>;

Opened wrong_direction(const Place& place) {
  return base::fail(base::ErrorCode::invalid_argument,
                    std::string(place.name) + (place.is_input ? ": it is a stream for output"
                                                              : ": it is a stream for input"));
}

Opened open_file(const Place& place, const StreamSource::File& file) {
  if (place.is_input && file.appends) return wrong_direction(place);
  const std::string what = std::string(place.name) + " '" + file.path + "'";
  auto opened = wasi::open_stream_file(file.path, place.is_input ? wasi::StreamUse::read
                                                  : file.appends ? wasi::StreamUse::append
                                                                 : wasi::StreamUse::write);
  if (!opened) return std::unexpected(platform::describe(opened.error(), what));
  return *std::move(opened);
}

Opened open_descriptor(const Place& place, const StreamSource::Descriptor& descriptor) {
  const std::string what =
      std::string(place.name) + ", descriptor " + std::to_string(descriptor.number);
  const platform::File borrowed = platform::File::borrow(descriptor.number);
  auto file = borrowed.duplicate();
  if (file && file->kind() == platform::FileKind::directory)
    file = std::unexpected(vfs::FileError::isdir);
  const auto flags = file ? file->status_flags() : std::unexpected(file.error());
  if (!flags) return std::unexpected(platform::describe(flags.error(), what));
  if (place.is_input ? !flags->read : !flags->write) return wrong_direction(place);
  return *std::move(file);
}

Opened open_stream(StoreCore& core, const Place& place,
                   const std::shared_ptr<const StreamSource>& source) {
  const auto file = [&]<typename T>(bool fits, auto&&... args) -> Opened {
    if (!fits) return wrong_direction(place);
    return std::unique_ptr<vfs::File>(std::make_unique<T>(args...));
  };
  return std::visit(
      [&](const auto& what) -> Opened {
        using What = std::remove_cvref_t<decltype(what)>;
        if constexpr (std::is_same_v<What, StreamSource::File>) {
          return open_file(place, what);
        } else if constexpr (std::is_same_v<What, StreamSource::Descriptor>) {
          return open_descriptor(place, what);
        } else if constexpr (std::is_same_v<What, StreamSource::Bytes>) {
          return file.template operator()<BytesReader>(place.is_input, what);
        } else if constexpr (std::is_same_v<What, StreamSource::Buffer>) {
          return file.template operator()<BufferWriter>(!place.is_input, what);
        } else if constexpr (std::is_same_v<What, StreamSource::Reader>) {
          return file.template operator()<FunctionReader>(place.is_input, core, source);
        } else {
          return file.template operator()<FunctionWriter>(!place.is_input, core, source);
        }
      },
      source->what);
}

// Clocks and randomness. A guest that ran meanwhile could close what a poll waits for.

class EmbedderClocks final : public wasi::Clocks {
 public:
  EmbedderClocks(StoreCore& core, std::shared_ptr<WasiClocks> clocks)
      : core_(core), clocks_(std::move(clocks)) {}

  uint64_t time_ns(platform::Clock clock) override {
    const detail::Silence silence(core_);
    return clocks_->time_ns(WasiClock(clock));
  }
  uint64_t resolution_ns(platform::Clock clock) override {
    const detail::Silence silence(core_);
    return std::max<uint64_t>(clocks_->resolution_ns(WasiClock(clock)), 1);
  }
  uint64_t deadline_ns(uint64_t timeout_ns) override {
    const detail::Silence silence(core_);
    const uint64_t wait_ns = clocks_->wait_ns(timeout_ns);
    if (wait_ns == 0) return 0;
    const uint64_t now_ns = platform::monotonic_ns();
    constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    return wait_ns > never - now_ns ? never : now_ns + wait_ns;
  }
  void yield() override {
    const detail::Silence silence(core_);
    clocks_->yield();
  }

 private:
  StoreCore& core_;
  std::shared_ptr<WasiClocks> clocks_;
};
static_assert(int(WasiClock::realtime) == int(platform::Clock::realtime) &&
              int(WasiClock::monotonic) == int(platform::Clock::monotonic) &&
              int(WasiClock::process_cpu) == int(platform::Clock::process_cpu) &&
              int(WasiClock::thread_cpu) == int(platform::Clock::thread_cpu));

class EmbedderRandom final : public wasi::RandomSource {
 public:
  EmbedderRandom(StoreCore& core, std::shared_ptr<WasiRandom> random)
      : core_(core), random_(std::move(random)) {}

  bool fill(std::span<uint8_t> bytes) override {
    const detail::Silence silence(core_);
    return random_->fill(bytes);
  }

 private:
  StoreCore& core_;
  std::shared_ptr<WasiRandom> random_;
};

std::shared_ptr<wasi::Clocks> clocks_of(StoreCore& core, const WasiConfig& config) {
  if (config.clocks) return std::make_shared<EmbedderClocks>(core, config.clocks);
  return config.host_clocks ? wasi::host_clocks() : wasi::counting_clocks();
}

std::shared_ptr<wasi::RandomSource> random_of(StoreCore& core, const WasiConfig& config) {
  if (config.random) return std::make_shared<EmbedderRandom>(core, config.random);
  return config.host_random ? wasi::host_random() : wasi::seeded_random(config.random_seed);
}

}  // namespace

base::Result<> api::add_sources(StoreCore& core, const WasiConfig& config,
                                wasi::ContextConfig& world) {
  const auto open = [&core](const WasiStream& stream, const Place& place) -> Opened {
    if (const auto& source = detail::Access::source(stream))
      return open_stream(core, place, source);
    return detail::Access::plain(stream) == WasiStream::inherit ? place.inherited()
                                                                : platform::File();
  };
  using platform::File;
  world.standard_input =
      TRY(open(config.standard_input, {"standard input", true, &File::standard_input}));
  world.standard_output =
      TRY(open(config.standard_output, {"standard output", false, &File::standard_output}));
  world.standard_error =
      TRY(open(config.standard_error, {"standard error", false, &File::standard_error}));
  world.clocks = clocks_of(core, config);
  world.random = random_of(core, config);
  return {};
}

}  // namespace waxwing
