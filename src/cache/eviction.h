// Chooses and removes the entries that a directory can do without.
#pragma once

#include <optional>

#include "cache/directory_scan.h"
#include "cache/directory_store.h"

namespace waxwing::cache {

struct Eviction {
  const platform::File& root;
  DirectoryStore::PruneOptions options = {};
  std::string_view generation;                      // the one that is in use
  std::optional<Digest> spared_key = std::nullopt;  // stays, whatever the budget
};

/// Looks through the directory and removes entries until the options hold.
DirectoryStore::PruneReport evict(const Eviction& eviction);

}  // namespace waxwing::cache
