// Digests of files that were seen before, so that they are neither hashed nor read again: a table
// in a file beside the entries of a directory. A hint, safe to lose, and damage in it is a miss.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "cache/digest.h"
#include "cache/directory_store.h"
#include "platform/clock.h"
#include "platform/file.h"

namespace waxwing::cache {

/// What changes whenever a file's contents change: the system sets `changed_ns`, and lets nobody
/// set it to anything but the time that it is.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size_bytes = 0;
  uint64_t modified_ns = 0;  // since 1970
  uint64_t changed_ns = 0;   // since 1970

  /// That of an open file; none where it is no regular file.
  static std::optional<FileIdentity> of(const platform::File& file);

  bool operator==(const FileIdentity&) const = default;
};

/// Finds the digests of files that any process noted in the directory. What is found decides which
/// code runs for a file; so the table is trusted as entries are (see DirectoryStore), and whoever
/// seals entries with a secret seals its records with the same. As thread-safe as the store.
class FileIndex {
 public:
  /// Smaller files are read and hashed sooner than looked up; they are neither noted nor found.
  static constexpr uint64_t min_file_bytes = uint64_t{16} << 10;

  /// Nanoseconds since 1970.
  using Clock = uint64_t (*)();

  /// `store` is not null. An empty `secret` seals nothing: then a checksum finds damage.
  explicit FileIndex(std::shared_ptr<const DirectoryStore> store, base::ByteSpan secret = {},
                     Clock now_ns = platform::realtime_ns);

  /// What the file digests to, where that was noted. Four system calls.
  std::optional<Digest> find(const FileIdentity& identity) const;

  /// Notes that `file`, which was `identity` before its first byte was read, digests to `digest`;
  /// whether it could be noted. It is not where the file is another by now; where its file system
  /// keeps no exact times, or none of writes through shared mappings; and where it was changed less
  /// than a minute ago: such a mapping stamps a file at its first write, and then not before the
  /// system wrote the page to the disk, about half a minute later.
  bool note(const FileIdentity& identity, const platform::File& file, const Digest& digest) const;

 private:
  struct Record;
  struct Set;

  Digest seal_of(base::ByteSpan sealed) const;
  std::optional<Record> decode(base::ByteSpan bytes) const;
  /// The records that may be about the file `identity`; damaged ones are none.
  Set read_set(const platform::File& table, const FileIdentity& identity) const;

  std::shared_ptr<const DirectoryStore> store_;
  std::optional<HmacSha256> sealer_;
  Clock now_ns_;
};

}  // namespace waxwing::cache
