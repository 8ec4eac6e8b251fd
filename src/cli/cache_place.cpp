// See cache_place.h.
#include "cli/cache_place.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "engine/version.h"
#include "platform/file.h"
#include "platform/file_contents.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

constexpr size_t min_secret_bytes = 16;
constexpr size_t max_secret_bytes = 4096;

bool is_missing(platform::FileError error) {
  return error == platform::FileError::noent || error == platform::FileError::notdir;
}

/// Root that works in another user's home, as with sudo, would leave files there which that user
/// can neither use nor remove. Who owns what `path`, which is absolute, is to be made in, where it
/// is not there yet, tells whose it is.
bool is_anothers(std::string path) {
  constexpr uint32_t root = 0;
  if (platform::effective_user_id() != root) return false;
  auto nearest = platform::open_host_path(path, {});
  while (!nearest && is_missing(nearest.error()) && path != "/") {
    path.resize(std::max<size_t>(path.find_last_of('/'), 1));
    nearest = platform::open_host_path(path, {});
  }
  if (!nearest) return true;
  const auto stat = nearest->stat();
  return !stat || stat->owner_id != root;
}

CachePlace nowhere(std::string why) { return {{}, false, std::move(why)}; }

CachePlace in(std::string directory) { return {std::move(directory), false, {}}; }

/// In the user's home, which only those who make users make.
CachePlace place_in_home(const std::string& home) {
  const auto folder = platform::open_host_path(home, {});
  const bool is_none =
      folder ? folder->kind() != platform::FileKind::directory : is_missing(folder.error());
  if (is_none) return nowhere("HOME names no directory");
  const std::string caches = home + "/.cache";
  if (is_anothers(home) || is_anothers(caches)) return nowhere("HOME is another user's");
  return in(caches + "/waxwing");
}

std::unexpected<Failure> refuse_secret(const std::string& path, std::string_view what,
                                       std::string hint) {
  return fail(exit_code::usage,
              "--cache-secret-file: " + runtime::printable(path) + " " + std::string(what),
              std::move(hint));
}

}  // namespace

CachePlace cache_place(const CacheSettings& settings) {
  if (!settings.is_on) return nowhere("it is switched off");
  if (!settings.directory.empty()) return {settings.directory, true, {}};
  if (const char* named = std::getenv("WAXWING_CACHE_DIR")) {
    return *named == '\0' ? nowhere("WAXWING_CACHE_DIR is empty") : in(named);
  }
  const char* const caches = std::getenv("XDG_CACHE_HOME");
  if (caches != nullptr && *caches == '/') {
    if (is_anothers(caches)) return nowhere("XDG_CACHE_HOME is another user's");
    return in(std::string(caches) + "/waxwing");
  }
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return place_in_home(home);
  return nowhere("HOME names no directory");
}

bool is_wrong_use(const CachePlace& place) {
  if (!place.is_named) return false;
  const auto named = platform::open_host_path(place.directory, {});
  return named && named->kind() != platform::FileKind::directory;
}

cache::DirectoryOptions directory_options(const CachePlace& place, const CacheSettings& settings) {
  return {.path = place.directory,
          .generation = std::string(engine::build_name()),
          .budget = {.max_bytes = settings.max_bytes},
          .read_only = settings.is_read_only};
}

Fallible<std::vector<uint8_t>> read_secret(const std::string& path) {
  if (path.empty()) return std::vector<uint8_t>();
  const auto file = platform::open_host_path(path, {.read = true, .nonblock = true});
  if (!file) {
    return refuse_secret(path, std::string(platform::file_error_text(file.error())), {});
  }
  const auto stat = file->stat();
  if (!stat || stat->kind != platform::FileKind::regular_file) {
    return refuse_secret(path, "is no regular file", {});
  }
  constexpr uint16_t rights_of_others = 077;
  const bool is_ours = stat->owner_id == platform::effective_user_id() || stat->owner_id == 0;
  if (!is_ours || (stat->permissions & rights_of_others) != 0) {
    return refuse_secret(path, "can be read or written by others, so it is no secret",
                         "make another one for yourself alone: chmod 600 FILE");
  }
  const auto contents = platform::FileContents::read(*file, path, max_secret_bytes);
  if (!contents) {
    return refuse_secret(path, "cannot be read, or has more than 4096 bytes", {});
  }
  const base::ByteSpan bytes = contents->bytes();
  if (bytes.size() < min_secret_bytes) {
    return refuse_secret(path, "has less than 16 bytes",
                         "make a key that nobody guesses: head -c 32 /dev/urandom > FILE");
  }
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

}  // namespace waxwing::cli
