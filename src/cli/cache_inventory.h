// What is in a directory of compiled modules, for waxwing cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cache/directory_store.h"
#include "image/image.h"

namespace waxwing::cli {

struct InventoryEntry {
  cache::EntryInfo info;
  /// What the image says of itself, or why it says nothing. That of another generation is not read.
  image::Summary summary;
  std::string why_unread;

  bool is_read() const { return why_unread.empty(); }
};

/// All entries, those that were used last first; of those of this build's generation the images'
/// metadata are read.
cache::StoreResult<std::vector<InventoryEntry>> take_inventory(cache::DirectoryStore& store);

/// The value of the line `name` of a compat text; "" where it has no such line.
std::string_view compat_value(std::string_view compat, std::string_view name);

/// Why the entry is not used, all of its bytes verified; "" where nothing is wrong with it.
std::string find_fault(cache::DirectoryStore& store, const cache::Digest& key,
                       base::ByteSpan secret);

/// Removes the entries that other builds of Waxwing with this version made.
cache::StoreResult<cache::DirectoryStore::PruneReport> remove_other_builds(
    cache::DirectoryStore& store);

}  // namespace waxwing::cli
