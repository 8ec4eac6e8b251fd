// Standard streams, clocks and randomness of C.
#include "c_api/wasi.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "c_api/store.h"
#include "c_api/vec.h"
#include "waxwing/c.h"

struct waxwing_wasi_buffer_t {
  waxwing::WasiBuffer buffer;
};

using waxwing::WasiErrno;
using waxwing::WasiStream;
using waxwing::c_api::HostInfo;

namespace {

/// Null where there is no such stream.
WasiStream* find_stream(waxwing_wasi_config_t* config, waxwing_stream_t which) {
  if (!config) return nullptr;
  switch (which) {
    case WAXWING_STDIN: return &config->config.standard_input;
    case WAXWING_STDOUT: return &config->config.standard_output;
    case WAXWING_STDERR: return &config->config.standard_error;
    default: return nullptr;  // a byte of C, not an enum
  }
}

bool set(WasiStream* stream, WasiStream to) {
  if (stream) *stream = std::move(to);
  return stream != nullptr;
}

/// The same for what is no stream for input.
WasiStream* find_output(waxwing_wasi_config_t* config, waxwing_stream_t which) {
  return which == WAXWING_STDIN ? nullptr : find_stream(config, which);
}

WasiStream::Transferred transferred(waxwing_errno_t error, size_t count) {
  if (error != 0) return std::unexpected(WasiErrno(error));
  return count;
}

class CClocks final : public waxwing::WasiClocks {
 public:
  explicit CClocks(const waxwing_wasi_clocks_t& functions)
      : functions_(functions), env_(functions.env, functions.finalizer) {}

  uint64_t time_ns(waxwing::WasiClock clock) noexcept override {
    return functions_.time_ns(env_.data(), waxwing_clock_t(clock));
  }
  uint64_t resolution_ns(waxwing::WasiClock clock) noexcept override {
    if (!functions_.resolution_ns) return WasiClocks::resolution_ns(clock);
    return functions_.resolution_ns(env_.data(), waxwing_clock_t(clock));
  }
  uint64_t wait_ns(uint64_t timeout_ns) noexcept override {
    if (!functions_.wait_ns) return WasiClocks::wait_ns(timeout_ns);
    return functions_.wait_ns(env_.data(), timeout_ns);
  }
  void yield() noexcept override {
    if (functions_.yield) functions_.yield(env_.data());
  }

 private:
  const waxwing_wasi_clocks_t functions_;
  const HostInfo env_;
};

class CRandom final : public waxwing::WasiRandom {
 public:
  CRandom(waxwing_wasi_random_t function, HostInfo env)
      : function_(function), env_(std::move(env)) {}

  bool fill(std::span<uint8_t> bytes) noexcept override {
    return function_(env_.data(), bytes.data(), bytes.size());
  }

 private:
  const waxwing_wasi_random_t function_;
  const HostInfo env_;
};

}  // namespace

// -- Standard streams

bool waxwing_wasi_config_set_stream_file(waxwing_wasi_config_t* config, waxwing_stream_t which,
                                         const char* path) {
  return path && set(find_stream(config, which), WasiStream::file(path));
}

bool waxwing_wasi_config_set_stream_append(waxwing_wasi_config_t* config, waxwing_stream_t which,
                                           const char* path) {
  return path && set(find_output(config, which), WasiStream::append_to(path));
}

bool waxwing_wasi_config_set_stream_descriptor(waxwing_wasi_config_t* config,
                                               waxwing_stream_t which, int descriptor) {
  return set(find_stream(config, which), WasiStream::descriptor(descriptor));
}

bool waxwing_wasi_config_set_stdin_bytes(waxwing_wasi_config_t* config, const void* bytes,
                                         size_t size) {
  if (!bytes && size != 0) return false;
  std::string copy(static_cast<const char*>(bytes), size);
  return set(find_stream(config, WAXWING_STDIN), WasiStream::bytes(std::move(copy)));
}

waxwing_wasi_buffer_t* waxwing_wasi_buffer_new(size_t max_bytes) {
  return new (std::nothrow) waxwing_wasi_buffer_t{waxwing::WasiBuffer(max_bytes)};
}
void waxwing_wasi_buffer_delete(waxwing_wasi_buffer_t* buffer) { delete buffer; }

void waxwing_wasi_buffer_take(waxwing_wasi_buffer_t* buffer, wasm_byte_vec_t* out) {
  if (!out) return;
  *out = {.size = 0, .data = nullptr};
  if (buffer) waxwing::c_api::bytes_from(out, buffer->buffer.take());
}

bool waxwing_wasi_buffer_has_overflowed(const waxwing_wasi_buffer_t* buffer) {
  return buffer && buffer->buffer.has_overflowed();
}

bool waxwing_wasi_config_set_stream_buffer(waxwing_wasi_config_t* config, waxwing_stream_t which,
                                           const waxwing_wasi_buffer_t* buffer) {
  return buffer && set(find_output(config, which), buffer->buffer);
}

bool waxwing_wasi_config_set_stdin_reader(waxwing_wasi_config_t* config, waxwing_wasi_read_t read,
                                          void* env, void (*finalizer)(void*)) {
  auto owned = std::make_shared<const HostInfo>(env, finalizer);
  if (!read) return false;
  return set(find_stream(config, WAXWING_STDIN),
             WasiStream::reader([read, owned = std::move(owned)](std::span<uint8_t> to) {
               size_t count = 0;
               const waxwing_errno_t error = read(owned->data(), to.data(), to.size(), &count);
               return transferred(error, count);
             }));
}

bool waxwing_wasi_config_set_stream_writer(waxwing_wasi_config_t* config, waxwing_stream_t which,
                                           waxwing_wasi_write_t write, void* env,
                                           void (*finalizer)(void*)) {
  auto owned = std::make_shared<const HostInfo>(env, finalizer);
  if (!write) return false;
  return set(find_output(config, which),
             WasiStream::writer([write, owned = std::move(owned)](std::span<const uint8_t> from) {
               size_t count = from.size();
               const waxwing_errno_t error = write(owned->data(), from.data(), from.size(), &count);
               return transferred(error, count);
             }));
}

// -- Clocks and randomness

bool waxwing_wasi_config_set_clocks(waxwing_wasi_config_t* config,
                                    const waxwing_wasi_clocks_t* functions) {
  const auto clocks = functions ? std::make_shared<CClocks>(*functions) : nullptr;
  if (!config || (functions && !functions->time_ns)) return false;
  config->config.clocks = clocks;
  return true;
}

void waxwing_wasi_config_set_random(waxwing_wasi_config_t* config, waxwing_wasi_random_t function,
                                    void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  if (!config) return;
  config->config.random =
      function ? std::make_shared<CRandom>(function, std::move(owned)) : nullptr;
}

void waxwing_wasi_config_set_random_seed(waxwing_wasi_config_t* config, uint64_t seed) {
  if (config) config->config.random_seed = seed;
}
