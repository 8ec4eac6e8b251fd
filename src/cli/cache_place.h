// Where the command line's cache is: what options and environment say, and the key that seals it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/directory_store.h"
#include "cli/messages.h"
#include "cli/options.h"

namespace waxwing::cli {

struct CachePlace {
  std::string directory;    // empty: nowhere
  bool is_named = false;    // by --cache-dir
  std::string why_nowhere;  // in words, where it is nowhere
};

/// --cache-dir, else WAXWING_CACHE_DIR, which may be empty for none, else waxwing in
/// XDG_CACHE_HOME, else in .cache in HOME. [XDG Base Directory Specification]
CachePlace cache_place(const CacheSettings& settings);

/// Whether an option names something that is there and no directory.
bool is_wrong_use(const CachePlace& place);

/// What the store of `place`, which is somewhere, is opened with.
cache::DirectoryOptions directory_options(const CachePlace& place, const CacheSettings& settings);

/// The key in the file `path`; none where `path` is empty. Fails where others could know it, or it
/// is too short to be one.
Fallible<std::vector<uint8_t>> read_secret(const std::string& path);

}  // namespace waxwing::cli
