// Locks by polling: the kernel can wait, but not for a bounded time.
#include "cache/directory_state.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "cache/directory_layout.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

constexpr uint64_t hint_magic = 0x3130'5355'5857'5857;
constexpr platform::LockRange housekeeping_range = {.begin = uint64_t{1} << 62};
constexpr platform::LockRange hint_range = {.begin = (uint64_t{1} << 62) + 1};
constexpr uint64_t hint_timeout_ns = 20'000'000;

platform::LockRange range_of(const Digest& key) {
  return {.begin = base::load_le<uint64_t>(key.bytes.data()) >> 2};
}

}  // namespace

Lease::State lock_within(const platform::File& file, platform::LockRange range, uint64_t timeout_ns,
                         const base::StopFlag* stop) {
  constexpr uint64_t first_pause_ns = 100'000;
  constexpr uint64_t last_pause_ns = 10'000'000;
  const uint64_t start_ns = platform::monotonic_ns();
  for (uint64_t pause_ns = first_pause_ns;; pause_ns = std::min(2 * pause_ns, last_pause_ns)) {
    const platform::FileResult<bool> locked = platform::try_lock(file, range);
    if (!locked) return Lease::State::unavailable;
    if (*locked) return Lease::State::held;
    const uint64_t passed_ns = platform::monotonic_ns() - start_ns;
    if (passed_ns >= timeout_ns || base::is_stopped(stop)) return Lease::State::timed_out;
    const uint64_t left_ns = timeout_ns - passed_ns;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(pause_ns, left_ns)));
  }
}

StoreResult<DirectoryState> DirectoryState::open(const platform::File& root,
                                                 std::string_view path) {
  return DirectoryState(TRY(open_trusted_file(root, state_file_name, path, FileUse::write)));
}

Lease::State DirectoryState::lock_key(const Digest& key, uint64_t timeout_ns,
                                      const base::StopFlag* stop) const {
  return lock_within(file_, range_of(key), timeout_ns, stop);
}

void DirectoryState::unlock_key(const Digest& key) const {
  (void)platform::unlock(file_, range_of(key));
}

bool DirectoryState::lock_housekeeping() const {
  return platform::try_lock(file_, housekeeping_range).value_or(true);
}

void DirectoryState::unlock_housekeeping() const {
  (void)platform::unlock(file_, housekeeping_range);
}

DirectoryState::Hint DirectoryState::read_hint() const {
  std::array<uint8_t, 32> bytes = {};
  const platform::IoBuffer buffer = {bytes.data(), bytes.size()};
  const auto size = file_.read_at({&buffer, 1}, 0);
  if (!size || *size != bytes.size() || base::load_le<uint64_t>(&bytes[0]) != hint_magic) return {};
  return {.bytes = base::load_le<uint64_t>(&bytes[8]),
          .entries = base::load_le<uint64_t>(&bytes[16]),
          .scanned_ns = base::load_le<uint64_t>(&bytes[24])};
}

DirectoryState::Hint DirectoryState::add_entry(uint64_t size_bytes) const {
  const Lease::State lock = lock_within(file_, hint_range, hint_timeout_ns);
  Hint hint = read_hint();
  constexpr uint64_t implausible = uint64_t{1} << 60;
  if (hint.scanned_ns == 0 || hint.bytes > implausible || hint.entries > implausible) hint = {};
  if (hint.scanned_ns != 0) {
    hint.bytes += size_bytes;
    ++hint.entries;
    write_hint(hint);
  }
  if (lock == Lease::State::held) (void)platform::unlock(file_, hint_range);
  return hint;
}

void DirectoryState::write_hint(const Hint& hint) const {
  std::array<uint8_t, 32> bytes;
  if (platform::file_size_limit() < bytes.size()) return;
  base::store_le(&bytes[0], hint_magic);
  base::store_le(&bytes[8], hint.bytes);
  base::store_le(&bytes[16], hint.entries);
  base::store_le(&bytes[24], hint.scanned_ns);
  const platform::ConstIoBuffer buffer = {bytes.data(), bytes.size()};
  (void)file_.write_at({&buffer, 1}, 0);
}

}  // namespace waxwing::cache
