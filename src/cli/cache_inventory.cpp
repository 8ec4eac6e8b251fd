// See cache_inventory.h.
#include "cli/cache_inventory.h"

#include <algorithm>
#include <utility>

#include "engine/build_id.h"
#include "engine/code_target.h"

namespace waxwing::cli {
namespace {

void read_summary(cache::DirectoryStore& store, InventoryEntry& entry) {
  if (entry.info.generation != store.options().generation) {
    entry.why_unread = "is another version's";
    return;
  }
  const auto blob = store.get(entry.info.key);
  if (!blob || !*blob) {
    entry.why_unread = blob ? "was removed meanwhile" : blob.error().message();
    return;
  }
  auto summary = image::Summary::read(blob->bytes());
  if (summary) {
    entry.summary = *std::move(summary);
  } else {
    entry.why_unread = summary.error().message();
  }
}

}  // namespace

cache::StoreResult<std::vector<InventoryEntry>> take_inventory(cache::DirectoryStore& store) {
  auto infos = store.entries();
  if (!infos) return std::unexpected(std::move(infos).error());
  std::ranges::sort(*infos, [](const cache::EntryInfo& left, const cache::EntryInfo& right) {
    return std::tie(right.used_ns, left.key) < std::tie(left.used_ns, right.key);
  });
  std::vector<InventoryEntry> entries;
  entries.reserve(infos->size());
  for (cache::EntryInfo& info : *infos) {
    InventoryEntry& entry = entries.emplace_back();
    entry.info = std::move(info);
    read_summary(store, entry);
  }
  return entries;
}

std::string_view compat_value(std::string_view compat, std::string_view name) {
  while (!compat.empty()) {
    const std::string_view line = compat.substr(0, compat.find('\n'));
    compat.remove_prefix(std::min(line.size() + 1, compat.size()));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(' ')) {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

std::string find_fault(cache::DirectoryStore& store, const cache::Digest& key,
                       base::ByteSpan secret) {
  auto blob = store.get(key);
  if (!blob) return blob.error().message();
  if (!*blob) return {};  // removed meanwhile
  const auto opened =
      image::Image::open(*std::move(blob), {.verify = image::Verify::everything, .secret = secret});
  if (!opened) return opened.error().message();
  const engine::ImageKey right_key(opened->module_digest, std::string(opened->compat));
  return right_key.digest == key ? std::string() : "is another entry under this name";
}

cache::StoreResult<cache::DirectoryStore::PruneReport> remove_other_builds(
    cache::DirectoryStore& store) {
  cache::DirectoryStore::PruneReport report;
  for (const InventoryEntry& entry : TRY(take_inventory(store))) {
    if (!entry.is_read() || compat_value(entry.summary.compat, "build") == engine::build_id()) {
      continue;
    }
    TRY(store.remove(entry.info.key));
    ++report.removed_entries;
    report.removed_bytes += entry.info.size_bytes;
  }
  return report;
}

}  // namespace waxwing::cli
