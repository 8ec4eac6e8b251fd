// The file: 8 magic, 8 checksum of what follows, 8 when counting began, 40 zeros, and 64 records of
// 24 name (zeros behind it) and 8 value. What is not just so counts as empty.
#include "cache/directory_counters.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "cache/checksum.h"
#include "cache/directory_state.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

constexpr uint64_t file_magic = 0x3130'4e54'4e43'5857;
constexpr size_t max_counters = 64;
constexpr size_t name_bytes = 24;
constexpr size_t record_bytes = name_bytes + 8;
constexpr size_t header_bytes = 64;
constexpr size_t file_bytes = header_bytes + max_counters * record_bytes;
constexpr size_t summed_from = 16;
constexpr uint64_t lock_timeout_ns = 20'000'000;

using FileBytes = std::array<uint8_t, file_bytes>;

bool is_counter_name(std::string_view name) {
  return !name.empty() && name.size() < name_bytes &&
         std::ranges::all_of(
             name,
             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

uint64_t checksum_of(const FileBytes& bytes) {
  return checksum(base::ByteSpan(bytes).subspan(summed_from));
}

CounterValues decode(const FileBytes& bytes) {
  CounterValues counters;
  if (base::load_le<uint64_t>(&bytes[0]) != file_magic) return counters;
  if (base::load_le<uint64_t>(&bytes[8]) != checksum_of(bytes)) return counters;
  counters.since_ns = base::load_le<uint64_t>(&bytes[16]);
  for (size_t at = header_bytes; at < file_bytes; at += record_bytes) {
    const char* const name = reinterpret_cast<const char*>(&bytes[at]);
    const size_t size = static_cast<size_t>(std::find(name, name + name_bytes, '\0') - name);
    counters.add(std::string_view(name, size), base::load_le<uint64_t>(&bytes[at + name_bytes]));
  }
  return counters;
}

void encode(const CounterValues& counters, FileBytes& bytes) {
  bytes = {};
  base::store_le(&bytes[16], counters.since_ns);
  size_t at = header_bytes;
  for (const CounterValue& counter : counters.values) {
    std::ranges::copy(counter.name, &bytes[at]);
    base::store_le(&bytes[at + name_bytes], counter.value);
    at += record_bytes;
  }
  base::store_le(&bytes[0], file_magic);
  base::store_le(&bytes[8], checksum_of(bytes));
}

CounterValues read_file(const platform::File& file) {
  FileBytes bytes = {};
  const platform::IoBuffer buffer = {bytes.data(), bytes.size()};
  const auto size = file.read_at({&buffer, 1}, 0);
  return size && *size == bytes.size() ? decode(bytes) : CounterValues();
}

bool write_file(const platform::File& file, const CounterValues& counters) {
  if (platform::file_size_limit() < file_bytes) return false;
  FileBytes bytes;
  encode(counters, bytes);
  const platform::ConstIoBuffer buffer = {bytes.data(), bytes.size()};
  const auto size = file.write_at({&buffer, 1}, 0);
  return size && *size == bytes.size();
}

/// Whether it could.
bool add_to_file(const platform::File& file, const CounterValues& added) {
  constexpr platform::LockRange lock_range = {};
  const Lease::State locked = lock_within(file, lock_range, lock_timeout_ns);
  if (locked == Lease::State::timed_out) return false;
  CounterValues counters = read_file(file);
  if (counters.since_ns == 0) counters = {.since_ns = platform::realtime_ns(), .values = {}};
  for (const CounterValue& each : added.values) counters.add(each.name, each.value);
  const bool written = write_file(file, counters);
  if (locked == Lease::State::held) (void)platform::unlock(file, lock_range);
  return written;
}

}  // namespace

uint64_t CounterValues::operator[](std::string_view name) const {
  const auto found = std::ranges::find(values, name, &CounterValue::name);
  return found == values.end() ? 0 : found->value;
}

void CounterValues::add(std::string_view name, uint64_t amount) {
  if (!is_counter_name(name)) return;
  const auto found = std::ranges::find(values, name, &CounterValue::name);
  if (found != values.end()) {
    found->value += std::min(amount, UINT64_MAX - found->value);
  } else if (values.size() < max_counters) {
    values.push_back({std::string(name), amount});
  }
}

DirectoryCounters::DirectoryCounters() : written_ns_(platform::monotonic_ns()) {}

void DirectoryCounters::count(std::string_view name, uint64_t amount) {
  const std::lock_guard lock(mutex_);
  pending_.add(name, amount);
}

bool DirectoryCounters::is_due(uint64_t age_ns) const {
  const std::lock_guard lock(mutex_);
  return !pending_.values.empty() && platform::monotonic_ns() - written_ns_ >= age_ns;
}

void DirectoryCounters::write_to(const platform::File& file) {
  CounterValues taken;
  {
    const std::lock_guard lock(mutex_);
    std::swap(taken, pending_);
    written_ns_ = platform::monotonic_ns();  // also where it fails: not to be tried at once again
  }
  if (taken.values.empty() || add_to_file(file, taken)) return;
  const std::lock_guard lock(mutex_);
  for (const CounterValue& each : taken.values) pending_.add(each.name, each.value);
}

CounterValues DirectoryCounters::read(const platform::File& file) const {
  CounterValues counters;
  // Somebody may be writing: a torn file counts as empty.
  constexpr int max_attempts = 4;
  for (int i = 0; file.is_open() && i < max_attempts && counters.since_ns == 0; ++i) {
    counters = read_file(file);
  }
  const std::lock_guard lock(mutex_);
  for (const CounterValue& each : pending_.values) counters.add(each.name, each.value);
  return counters;
}

}  // namespace waxwing::cache
