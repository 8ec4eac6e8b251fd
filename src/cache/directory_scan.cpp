// Three levels: generations, fan-out, entries.
#include "cache/directory_scan.h"

#include <functional>

#include "cache/directory_layout.h"
#include "platform/beneath.h"
#include "platform/clock.h"
#include "platform/directory.h"
#include "platform/file_lock.h"

namespace waxwing::cache {
namespace {

using platform::DirectoryReader;
using platform::File;
using platform::FileKind;

/// A writer locks what it writes at once, but not in the same instant as it makes it.
constexpr uint64_t fresh_ns = 60'000'000'000;
/// Where there are no locks, age alone tells.
constexpr uint64_t abandoned_ns = 3'600'000'000'000;
/// No cache has more; a directory that does is not ours to empty.
constexpr size_t max_generations = 4096;

/// Calls `visit` with each name in `directory`, until it returns false.
void for_each_name(const File& directory, const std::function<bool(std::string_view)>& visit) {
  auto reader = DirectoryReader::open(directory);
  if (!reader) return;
  for (;;) {
    const auto entry = reader->next();
    if (!entry || !entry->has_value() || !visit((*entry)->name)) return;
  }
}

class Scanner {
 public:
  Scanner(const File& root, size_t max_entries) : root_(root), max_entries_(max_entries) {}

  DirectoryScan run() && {
    for_each_name(root_, [this](std::string_view name) {
      if (generation_of(name)) scan_generation(name);
      return scan_.generations.size() < max_generations;
    });
    return std::move(scan_);
  }

 private:
  void scan_generation(std::string_view name) {
    const auto directory = open_trusted_directory(root_, name, name);
    if (!directory || !directory->is_open()) return;
    scan_.generations.emplace_back(*generation_of(name));
    for_each_name(*directory, [&](std::string_view fan_out) {
      if (is_fan_out_name(fan_out)) scan_fan_out(*directory, name, fan_out);
      return true;
    });
  }

  void scan_fan_out(const File& generation, std::string_view generation_name,
                    std::string_view name) {
    const auto directory = open_trusted_directory(generation, name, name);
    if (!directory || !directory->is_open()) return;
    for_each_name(*directory, [&](std::string_view entry) {
      if (const auto key = entry_key(name, entry)) {
        add_entry(*directory, entry, *key);
      } else if (is_temporary_name(entry)) {
        const std::string folder = std::string(generation_name) + "/" + std::string(name) + "/";
        add_temporary(*directory, entry, folder);
      }
      return scan_.entries.size() + scan_.temporaries.size() < max_entries_;
    });
  }

  void add_entry(const File& directory, std::string_view name, const Digest& key) {
    const auto stat = platform::stat_entry(directory, name);
    if (!stat || stat->kind != FileKind::regular_file || !check_trust(*stat, name)) return;
    scan_.bytes += stat->size_bytes;
    scan_.entries.push_back({.key = key,
                             .generation = static_cast<uint32_t>(scan_.generations.size() - 1),
                             .size_bytes = stat->size_bytes,
                             .used_ns = stat->modify_time_ns});
  }

  void add_temporary(const File& directory, std::string_view name, const std::string& folder) {
    const auto stat = platform::stat_entry(directory, name);
    if (!stat || stat->kind != FileKind::regular_file || !check_trust(*stat, name)) return;
    scan_.temporaries.push_back(
        {.path = folder + std::string(name), .modified_ns = stat->modify_time_ns});
  }

  const File& root_;
  size_t max_entries_;
  DirectoryScan scan_;
};

uint64_t age_of(const DirectoryScan::Temporary& temporary, uint64_t now_ns) {
  if (temporary.modified_ns <= now_ns) return now_ns - temporary.modified_ns;
  return temporary.modified_ns - now_ns <= clock_tolerance_ns ? 0 : UINT64_MAX;
}

/// Whether nobody writes the file at `path` any more.
bool is_abandoned(const File& root, const DirectoryScan::Temporary& temporary, uint64_t now_ns) {
  const uint64_t age_ns = age_of(temporary, now_ns);
  if (age_ns < fresh_ns) return false;
  const auto file = platform::open_beneath(
      {root, temporary.path}, {.write = true, .follow_final_symlink = false, .nonblock = true});
  if (!file) return false;
  const auto locked = platform::try_lock(*file, {});
  return locked ? *locked : age_ns >= abandoned_ns;
}

}  // namespace

std::string DirectoryScan::path_of(const Entry& entry) const {
  std::string path = generation_directory(generations[entry.generation]).value_or("");
  return path.append("/").append(fan_out_name(entry.key)).append("/").append(entry.key.hex());
}

DirectoryScan scan_directory(const File& root, size_t max_entries) {
  return Scanner(root, max_entries).run();
}

uint64_t collect_temporaries(const File& root, const DirectoryScan& scan) {
  const uint64_t now_ns = platform::realtime_ns();
  uint64_t count = 0;
  for (const DirectoryScan::Temporary& temporary : scan.temporaries) {
    if (!is_abandoned(root, temporary, now_ns)) continue;
    if (platform::unlink({root, temporary.path})) ++count;
  }
  return count;
}

void remove_empty_directories(const File& root, std::string_view generation) {
  const auto name = generation_directory(generation);
  if (!name) return;
  const auto directory = open_trusted_directory(root, *name, *name);
  if (!directory || !directory->is_open()) return;
  for_each_name(*directory, [&](std::string_view fan_out) {
    if (is_fan_out_name(fan_out)) (void)platform::remove_directory({*directory, fan_out});
    return true;
  });
  (void)platform::remove_directory({root, *name});
}

}  // namespace waxwing::cache
