// A guest without code: a memory, a world with one directory, and the typed functions called
// directly.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <vector>

#include "../platform/temporary_directory.h"
#include "runtime/store.h"
#include "wasi/functions.h"

namespace waxwing::wasi {

using platform::read_text;
using platform::TemporaryDirectory;
using platform::write_text;

/// The error's name, "success" where there is none.
template <typename T>
std::string error_of(const WasiResult<T>& result) {
  return std::string(errno_name(result ? Errno::success : result.error()));
}

#define EXPECT_ERRNO(expression, error) EXPECT_EQ(error_of(expression), #error)
#define EXPECT_SUCCESS(expression) EXPECT_EQ(error_of(expression), "success")

class Guest {
 public:
  static constexpr uint32_t memory_size = 65536;

  /// Preopens `root` as "/", descriptor 3.
  explicit Guest(const std::string& root, bool read_only = false)
      : Guest(config(root, read_only)) {}

  explicit Guest(ContextConfig config) {
    types_ = std::make_shared<runtime::TypeRegistry>();
    store_ = std::move(*runtime::Store::create(types_, {}));
    memory_ = *store_->add_memory({.limits_pages = {.min = 1, .max = 1}});
    auto context = Context::create(std::move(config));
    if (!context) {
      ADD_FAILURE() << context.error().message();
      ::abort();
    }
    context_ = std::move(*context);
    call_.emplace(Call{.context = *context_, .memory = GuestMemory(*memory_), .store = *store_});
  }

  static ContextConfig config(const std::string& root, bool read_only = false) {
    ContextConfig result;
    result.preopens.push_back({.host_path = root, .guest_path = "/", .read_only = read_only});
    return result;
  }

  Call& call() { return *call_; }
  Context& context() { return *context_; }
  runtime::Store& store() { return *store_; }
  uint8_t* memory() { return memory_->base(); }

  /// Places text in the memory, behind what was placed before, and at the start again when that is
  /// full.
  GuestBytes put(std::string_view text) {
    if (next_ + text.size() > memory_size / 2) next_ = 1024;
    const GuestBytes place{next_, static_cast<uint32_t>(text.size())};
    std::copy(text.begin(), text.end(), memory() + next_);
    next_ += place.size_bytes + 8;
    return place;
  }
  std::string text(GuestBytes place) {
    return {reinterpret_cast<const char*>(memory() + place.address), place.size_bytes};
  }
  /// One iovec.
  GuestVector vector(GuestBytes bytes) {
    std::string entry(8, '\0');
    base::store_le(entry.data(), bytes.address);
    base::store_le(entry.data() + 4, bytes.size_bytes);
    return {put(entry).address, 1};
  }
  GuestVector vector(std::string_view source) { return vector(put(source)); }

  /// The upper half of the memory, for what the guest is told.
  static constexpr GuestBytes room{memory_size / 2, memory_size / 2};

  template <typename T>
  T load(uint32_t address) {
    return base::load_le<T>(memory() + address);
  }

  WasiResult<uint32_t> open(std::string_view path, Rights base = rights::all,
                            uint32_t open_flags = 0, uint32_t directory = 3) {
    const Rights granted = base & ~(base == rights::all ? rights::fd_write : 0);
    return path_open(call(), {directory, lookup_symlink_follow, put(path)}, open_flags,
                     {granted, rights::all}, 0);
  }
  WasiResult<uint32_t> create(std::string_view path) {
    return open(path, rights::of_file, open_flags::creat);
  }
  WasiResult<uint32_t> write(uint32_t fd, std::string_view source) {
    return fd_write(call(), fd, vector(source));
  }
  /// What one fd_read of at most `size` bytes gives.
  WasiResult<std::string> read(uint32_t fd, uint32_t size = 1000) {
    const uint32_t count = TRY(fd_read(call(), fd, vector(GuestBytes{room.address, size})));
    return text({room.address, count});
  }

 private:
  std::shared_ptr<runtime::TypeRegistry> types_;
  std::unique_ptr<runtime::Store> store_;
  runtime::Memory* memory_ = nullptr;
  std::shared_ptr<Context> context_;
  std::optional<Call> call_;
  uint32_t next_ = 1024;
};

}  // namespace waxwing::wasi
