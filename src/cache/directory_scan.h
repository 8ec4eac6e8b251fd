// Looks through a directory of entries: for lists, for eviction, and for what dead writers left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cache/store.h"
#include "platform/file.h"

namespace waxwing::cache {

/// What a directory held while it was looked through; others may change it at any time.
struct DirectoryScan {
  struct Entry {
    Digest key;
    uint32_t generation = 0;  // in `generations`
    uint64_t size_bytes = 0;
    uint64_t used_ns = 0;
  };
  struct Temporary {
    std::string path;  // from the root
    uint64_t modified_ns = 0;
  };

  std::vector<std::string> generations;
  std::vector<Entry> entries;
  std::vector<Temporary> temporaries;
  uint64_t bytes = 0;  // of all entries

  /// The path of `entry` from the root.
  std::string path_of(const Entry& entry) const;
};

/// Looks at all generations beneath `root`. What is not to be trusted, or no entry, is passed over;
/// past `max_entries` entries the rest is not seen. One system call an entry, about 1 us.
DirectoryScan scan_directory(const platform::File& root, size_t max_entries);

/// Removes those temporaries that no living writer holds. Returns how many.
uint64_t collect_temporaries(const platform::File& root, const DirectoryScan& scan);

/// Removes the directories of the generation that hold nothing any more.
void remove_empty_directories(const platform::File& root, std::string_view generation);

}  // namespace waxwing::cache
