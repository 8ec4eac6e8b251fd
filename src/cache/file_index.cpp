// A table of 1024 sets of 8 records, which lies in the file sparsely:
//
//   8 magic, 8 device, 8 inode, 8 size, 8 modified, 8 changed, 8 noted at, 32 digest,
//   32 seal of all that (its checksum and zeros, or with a secret its HMAC), 8 zeros
//
// A file's device and inode choose its set, and another identity of it takes its record's place.
#include "cache/file_index.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cache/checksum.h"
#include "platform/file_system.h"

namespace waxwing::cache {
namespace {

constexpr uint64_t record_magic = 0x3130'454c'4946'5857;
constexpr size_t sealed_bytes = 88;
constexpr size_t record_bytes = 128;
constexpr size_t records_per_set = 8;
constexpr size_t set_bytes = record_bytes * records_per_set;
constexpr uint64_t set_count = 1024;

constexpr uint64_t second_ns = 1'000'000'000;
/// How long a file can be written to through a shared mapping without another stamp: until its
/// pages are written to the disk, for which the system takes 35 seconds. No clock that stamps files
/// is as coarse.
constexpr uint64_t granularity_ns = 60 * second_ns;

uint64_t set_offset(const FileIdentity& identity) {
  std::array<uint8_t, 16> name;
  base::store_le(&name[0], identity.device);
  base::store_le(&name[8], identity.inode);
  return checksum(name) % set_count * set_bytes;
}

/// Whether a change to the file from now on will show in its times.
bool is_settled(const FileIdentity& identity, uint64_t now_ns) {
  const auto is_past = [&](uint64_t time_ns) {
    return time_ns <= now_ns && now_ns - time_ns >= granularity_ns;
  };
  // Whole seconds are a sign of file systems such as FAT, whose time of change anybody can set.
  return is_past(identity.modified_ns) && is_past(identity.changed_ns) &&
         identity.changed_ns % second_ns != 0;
}

}  // namespace

struct FileIndex::Record {
  FileIdentity identity;
  uint64_t noted_ns = 0;
  Digest digest;

  bool is_of_same_file(const FileIdentity& other) const {
    return identity.device == other.device && identity.inode == other.inode;
  }
  void encode(uint8_t* to) const {
    base::store_le(to, record_magic);
    base::store_le(to + 8, identity.device);
    base::store_le(to + 16, identity.inode);
    base::store_le(to + 24, identity.size_bytes);
    base::store_le(to + 32, identity.modified_ns);
    base::store_le(to + 40, identity.changed_ns);
    base::store_le(to + 48, noted_ns);
    std::memcpy(to + 56, digest.bytes.data(), Digest::size);
  }
};

struct FileIndex::Set {
  std::array<std::optional<Record>, records_per_set> records;

  /// Where a record of the file goes: where one of it is, else where none is, else where the oldest
  /// is.
  size_t place_for(const FileIdentity& identity, uint64_t now_ns) const {
    const auto rank = [&](const std::optional<Record>& record) -> uint64_t {
      if (!record) return 1;
      if (record->is_of_same_file(identity)) return 0;
      // What was noted in the future was noted by a wrong clock.
      return record->noted_ns > now_ns ? 2 : std::max<uint64_t>(record->noted_ns, 2);
    };
    return static_cast<size_t>(std::ranges::min_element(records, {}, rank) - records.begin());
  }
};

std::optional<FileIdentity> FileIdentity::of(const platform::File& file) {
  const auto stat = file.stat();
  if (!stat || stat->kind != platform::FileKind::regular_file) return std::nullopt;
  return FileIdentity{.device = stat->device,
                      .inode = stat->inode,
                      .size_bytes = stat->size_bytes,
                      .modified_ns = stat->modify_time_ns,
                      .changed_ns = stat->change_time_ns};
}

FileIndex::FileIndex(std::shared_ptr<const DirectoryStore> store, base::ByteSpan secret,
                     Clock now_ns)
    : store_(std::move(store)), now_ns_(now_ns) {
  if (!secret.empty()) sealer_.emplace(secret);
}

Digest FileIndex::seal_of(base::ByteSpan sealed) const {
  Digest seal;
  if (sealer_) {
    HmacSha256 code = *sealer_;
    code.update(sealed);
    seal = code.finish();
  } else {
    base::store_le(seal.bytes.data(), checksum(sealed));
  }
  return seal;
}

std::optional<FileIndex::Record> FileIndex::decode(base::ByteSpan bytes) const {
  const uint8_t* const from = bytes.data();
  if (base::load_le<uint64_t>(from) != record_magic) return std::nullopt;
  Digest seal;
  std::memcpy(seal.bytes.data(), from + sealed_bytes, Digest::size);
  if (!equal_in_constant_time(seal, seal_of(bytes.first(sealed_bytes)))) return std::nullopt;
  Record record = {.identity = {.device = base::load_le<uint64_t>(from + 8),
                                .inode = base::load_le<uint64_t>(from + 16),
                                .size_bytes = base::load_le<uint64_t>(from + 24),
                                .modified_ns = base::load_le<uint64_t>(from + 32),
                                .changed_ns = base::load_le<uint64_t>(from + 40)},
                   .noted_ns = base::load_le<uint64_t>(from + 48),
                   .digest = {}};
  std::memcpy(record.digest.bytes.data(), from + 56, Digest::size);
  return record;
}

FileIndex::Set FileIndex::read_set(const platform::File& table,
                                   const FileIdentity& identity) const {
  std::array<uint8_t, set_bytes> bytes = {};  // what is past the end is no record
  const platform::IoBuffer buffer = {bytes.data(), bytes.size()};
  Set set;
  if (!table.read_at({&buffer, 1}, set_offset(identity))) return set;
  for (size_t i = 0; i < records_per_set; ++i) {
    set.records[i] = decode(base::ByteSpan(bytes).subspan(i * record_bytes, record_bytes));
  }
  return set;
}

std::optional<Digest> FileIndex::find(const FileIdentity& identity) const {
  if (identity.size_bytes < min_file_bytes) return std::nullopt;
  const auto table = store_->open_beside(files_file_name, FileUse::read);
  if (!table || !table->is_open()) return std::nullopt;
  for (const std::optional<Record>& record : read_set(*table, identity).records) {
    if (record && record->identity == identity) return record->digest;
  }
  return std::nullopt;
}

bool FileIndex::note(const FileIdentity& identity, const platform::File& file,
                     const Digest& digest) const {
  const uint64_t now_ns = now_ns_();
  if (identity.size_bytes < min_file_bytes || !is_settled(identity, now_ns)) return false;
  if (FileIdentity::of(file) != identity || !platform::shows_mapped_writes(file)) return false;
  const auto table = store_->open_beside(files_file_name, FileUse::write);
  if (!table) return false;
  const size_t place = read_set(*table, identity).place_for(identity, now_ns);
  const uint64_t offset = set_offset(identity) + place * record_bytes;
  if (offset + record_bytes > platform::file_size_limit()) return false;

  std::array<uint8_t, record_bytes> bytes = {};
  Record{.identity = identity, .noted_ns = now_ns, .digest = digest}.encode(bytes.data());
  const Digest seal = seal_of(base::ByteSpan(bytes).first(sealed_bytes));
  std::memcpy(&bytes[sealed_bytes], seal.bytes.data(), Digest::size);
  const platform::ConstIoBuffer buffer = {bytes.data(), bytes.size()};
  const auto written = table->write_at({&buffer, 1}, offset);
  return written && *written == bytes.size();
}

}  // namespace waxwing::cache
