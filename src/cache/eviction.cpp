// Entries by age, oldest first. What another process removes, replaces or uses meanwhile is its
// own business: at worst, an entry is made again.
#include "cache/eviction.h"

#include <algorithm>
#include <utility>

#include "cache/directory_layout.h"
#include "platform/beneath.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

constexpr size_t max_scanned_entries = size_t{1} << 20;

}  // namespace

DirectoryStore::PruneReport evict(const Eviction& eviction) {
  DirectoryScan scan = scan_directory(eviction.root, max_scanned_entries);
  const auto must_leave = [&](const DirectoryScan::Entry& entry) {
    return eviction.options.remove_other_generations &&
           scan.generations[entry.generation] != eviction.generation;
  };
  const uint64_t now_ns = platform::realtime_ns();
  for (DirectoryScan::Entry& entry : scan.entries) {
    // It would outlive all that is in use; its first use dates it anew.
    if (entry.used_ns > now_ns && entry.used_ns - now_ns > clock_tolerance_ns) entry.used_ns = 0;
  }
  // Those that must leave go first, so that the budget takes no more of the others than it needs.
  std::ranges::sort(scan.entries, {}, [&](const DirectoryScan::Entry& entry) {
    return std::pair(!must_leave(entry), entry.used_ns);
  });
  DirectoryStore::PruneReport report = {.kept_entries = scan.entries.size(),
                                        .kept_bytes = scan.bytes};
  const auto must_go = [&](const DirectoryScan::Entry& entry) {
    if (entry.key == eviction.spared_key) return false;
    if (!eviction.options.budget.holds(report.kept_bytes, report.kept_entries)) return true;
    if (entry.used_ns < now_ns && now_ns - entry.used_ns > eviction.options.max_age_ns) return true;
    return must_leave(entry);
  };
  for (const DirectoryScan::Entry& entry : scan.entries) {
    if (!must_go(entry)) continue;
    const auto removed = platform::unlink({eviction.root, scan.path_of(entry)});
    if (!removed && removed.error() != platform::FileError::noent) continue;
    if (removed) {
      ++report.removed_entries;
      report.removed_bytes += entry.size_bytes;
    }
    --report.kept_entries;
    report.kept_bytes -= entry.size_bytes;
  }
  report.removed_temporaries = collect_temporaries(eviction.root, scan);
  for (const std::string& generation : scan.generations) {
    if (generation != eviction.generation) remove_empty_directories(eviction.root, generation);
  }
  return report;
}

}  // namespace waxwing::cache
