// waxwing cache: what is kept of compiled modules, and getting rid of it. [docs/cache.md, "On the
// command line"]
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/cache_inventory.h"
#include "cli/cache_place.h"
#include "cli/commands.h"
#include "cli/module_file.h"
#include "cli/units.h"
#include "cli/warming.h"
#include "engine/cache_events.h"
#include "engine/version.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

using cache::DirectoryStore;
using Action = CacheCommandOptions::Action;
using Json = nlohmann::ordered_json;

/// Null where there is no directory yet.
using Store = std::shared_ptr<DirectoryStore>;

std::string to_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::unexpected<Failure> store_failure(const cache::StoreFailure& failure) {
  return fail(exit_code::cannot_load, failure.message());
}

/// `text` in a column of `width`, to its left or right end.
std::string left(std::string_view text, size_t width) {
  return std::string(text).append(width - std::min(width, text.size()), ' ');
}
std::string right(std::string_view text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ').append(text);
}

Fallible<CachePlace> find_place(const CacheSettings& settings) {
  CachePlace place = cache_place(settings);
  if (!place.directory.empty()) return place;
  return fail(exit_code::cannot_load, "there is no cache: " + place.why_nowhere,
              "--cache-dir DIR names one");
}

enum class Access : uint8_t { read, write };

/// Makes no directory.
Fallible<Store> open_store(const CachePlace& place, CacheSettings settings, Access access) {
  settings.is_read_only = access == Access::read;
  if (const auto found = platform::open_host_path(place.directory, {}); !found) {
    if (found.error() == platform::FileError::noent) return nullptr;
    return fail(exit_code::cannot_load, runtime::printable(place.directory) +
                                            " cannot be looked into: " +
                                            std::string(platform::file_error_text(found.error())));
  }
  auto opened = DirectoryStore::open(directory_options(place, settings));
  if (opened) return *std::move(opened);
  return fail(is_wrong_use(place) ? exit_code::usage : exit_code::cannot_load,
              opened.error().message());
}

std::string path_of(const Store& store, const CachePlace& place) {
  return store ? store->path() : place.directory;
}

// path

Fallible<int> show_path(const CacheCommandOptions& options) {
  const CachePlace place = TRY(find_place(options.cache));
  const Store store = TRY(open_store(place, options.cache, Access::read));
  const std::string path = path_of(store, place);
  const Json json = {
      {"path", path}, {"generation", engine::build_name()}, {"exists", store != nullptr}};
  TRY(print(options.as_json ? to_text(json) : path + "\n"));
  return exit_code::success;
}

// stats

struct Generation {
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

struct Stats {
  std::string path;
  std::map<std::string, Generation, std::less<>> generations;
  Generation total;
  cache::CounterValues counters;

  /// What compiling would have taken where there were hits, as far as the compilations that were
  /// seen can tell, less what the hits took.
  uint64_t saved_ns() const {
    if (counters["compiled_bytes"] == 0) return 0;
    const double ns_per_byte = double(counters["compiled_ns"]) / double(counters["compiled_bytes"]);
    const double saved = ns_per_byte * double(counters["hit_bytes"]) - double(counters["hit_ns"]);
    return saved > 0 ? static_cast<uint64_t>(saved) : 0;
  }
};

Fallible<Stats> gather_stats(const CacheCommandOptions& options) {
  const CachePlace place = TRY(find_place(options.cache));
  const Store store = TRY(open_store(place, options.cache, Access::read));
  Stats stats;
  stats.path = path_of(store, place);
  stats.generations[std::string(engine::build_name())];
  if (!store) return stats;
  const auto entries = store->entries();
  if (!entries) return store_failure(entries.error());
  for (const cache::EntryInfo& entry : *entries) {
    for (Generation* sum : {&stats.generations[entry.generation], &stats.total}) {
      ++sum->entries;
      sum->bytes += entry.size_bytes;
    }
  }
  stats.counters = store->counters();
  return stats;
}

std::string counter_of(engine::MissReason reason) {
  return "miss_" + std::string(engine::miss_reason_name(reason));
}

Json to_json(const Stats& stats) {
  Json json = {{"path", stats.path},
               {"entries", stats.total.entries},
               {"bytes", stats.total.bytes},
               {"generations", Json::array()},
               {"since_ns", stats.counters.since_ns}};
  for (const auto& [name, generation] : stats.generations) {
    json["generations"].push_back({{"generation", name},
                                   {"is_current", name == engine::build_name()},
                                   {"entries", generation.entries},
                                   {"bytes", generation.bytes}});
  }
  for (const char* name : {"hits", "hit_bytes", "hit_ns", "memory_hits", "misses", "compiled",
                           "compiled_bytes", "compiled_ns", "stores", "stored_bytes", "not_stored",
                           "waits", "wait_ns", "evictions", "evicted_bytes"}) {
    json[name] = stats.counters[name];
  }
  Json& reasons = json["misses_by_reason"] = Json::object();
  for (size_t i = 0; i < engine::miss_reason_count; ++i) {
    const auto reason = static_cast<engine::MissReason>(i);
    reasons[std::string(engine::miss_reason_name(reason))] = stats.counters[counter_of(reason)];
  }
  json["saved_ns"] = stats.saved_ns();
  return json;
}

std::string to_text(const Stats& stats) {
  constexpr size_t name_width = 12;
  constexpr size_t number_width = 10;
  const auto line = [](std::string_view name, uint64_t number, std::string_view rest) {
    std::string text = left(name, name_width) + right(std::to_string(number), number_width);
    return rest.empty() ? text + "\n" : text.append("  ").append(rest).append("\n");
  };
  const auto& counters = stats.counters;
  std::string text = runtime::printable(stats.path) + "\n";
  for (const auto& [name, generation] : stats.generations) {
    text += line("entries", generation.entries,
                 left(size_text(generation.bytes), number_width) + "  " + name);
  }
  text += line("hits", counters["hits"],
               size_text(counters["hit_bytes"]) + " in " + duration_text(counters["hit_ns"]));
  std::string reasons;
  for (size_t i = 0; i < engine::miss_reason_count; ++i) {
    const auto reason = static_cast<engine::MissReason>(i);
    if (counters[counter_of(reason)] == 0) continue;
    if (!reasons.empty()) reasons += ", ";
    reasons += std::to_string(counters[counter_of(reason)]) + " ";
    reasons += engine::miss_reason_name(reason);
  }
  text += line("misses", counters["misses"], reasons);
  text +=
      line("compiled", counters["compiled"],
           size_text(counters["compiled_bytes"]) + " in " + duration_text(counters["compiled_ns"]));
  text += line("evicted", counters["evictions"], size_text(counters["evicted_bytes"]));
  return text + left("time saved", name_width) +
         right("about " + duration_text(stats.saved_ns()), number_width) + "\n";
}

Fallible<int> show_stats(const CacheCommandOptions& options) {
  const Stats stats = TRY(gather_stats(options));
  TRY(print(options.as_json ? to_text(to_json(stats)) : to_text(stats)));
  return exit_code::success;
}

// ls

Json to_json(const InventoryEntry& entry) {
  Json json = {{"key", entry.info.key.hex()},
               {"generation", entry.info.generation},
               {"size_bytes", entry.info.size_bytes},
               {"used_ns", entry.info.used_ns}};
  if (!entry.is_read()) {
    json["unread"] = entry.why_unread;
    return json;
  }
  const image::Summary& summary = entry.summary;
  json["module"] = summary.module_digest.hex();
  json["functions"] = summary.func_count;
  json["text_bytes"] = summary.text_bytes;
  json["content_bytes"] = summary.content_bytes;
  json["memory_bytes"] = summary.memory_bytes;
  json["is_signed"] = summary.is_signed;
  Json& compat = json["compat"] = Json::object();
  for (std::string_view rest = summary.compat; !rest.empty();) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    const size_t space = std::min(text.find(' '), text.size());
    compat[std::string(text.substr(0, space))] = text.substr(std::min(space + 1, text.size()));
  }
  return json;
}

std::string to_text(const InventoryEntry& entry, uint64_t now_ns) {
  constexpr size_t shown_digits = 12;
  const uint64_t age_ns = now_ns - std::min(now_ns, entry.info.used_ns);
  std::string text = entry.info.key.hex().substr(0, shown_digits) + "  " +
                     right(size_text(entry.info.size_bytes), 9) + "  " +
                     right(age_text(age_ns), 5) + "  ";
  if (!entry.is_read()) {
    return text + entry.info.generation + ": " + runtime::printable(entry.why_unread) + "\n";
  }
  const std::string_view compat = entry.summary.compat;
  text += entry.summary.module_digest.hex().substr(0, shown_digits) + "  ";
  text += left(compat_value(compat, "tier"), shown_digits) + "  ";
  text += compat_value(compat, "bounds");
  return text + " " + runtime::printable(compat_value(compat, "cpu")) + "\n";
}

Fallible<int> list(const CacheCommandOptions& options) {
  const CachePlace place = TRY(find_place(options.cache));
  const Store store = TRY(open_store(place, options.cache, Access::read));
  std::vector<InventoryEntry> entries;
  if (store) {
    auto taken = take_inventory(*store);
    if (!taken) return store_failure(taken.error());
    entries = *std::move(taken);
  }
  if (options.as_json) {
    Json json = {{"path", path_of(store, place)}, {"entries", Json::array()}};
    for (const InventoryEntry& entry : entries) json["entries"].push_back(to_json(entry));
    TRY(print(to_text(json)));
    return exit_code::success;
  }
  std::string text =
      entries.empty() ? "" : "KEY                SIZE   USED  MODULE        TIER          FOR\n";
  const uint64_t now_ns = platform::realtime_ns();
  for (const InventoryEntry& entry : entries) text += to_text(entry, now_ns);
  TRY(print(text));
  return exit_code::success;
}

// verify

Fallible<int> verify(const CacheCommandOptions& options) {
  const std::vector<uint8_t> secret = TRY(read_secret(options.cache.secret_file));
  const CachePlace place = TRY(find_place(options.cache));
  const Store store =
      TRY(open_store(place, options.cache, options.repairs ? Access::write : Access::read));
  std::vector<cache::EntryInfo> entries;
  if (store) {
    auto listed = store->entries();
    if (!listed) return store_failure(listed.error());
    entries = *std::move(listed);
  }
  uint64_t whole = 0;
  uint64_t unread = 0;
  uint64_t remaining = 0;
  std::string text;
  Json damaged = Json::array();
  for (const cache::EntryInfo& entry : entries) {
    if (entry.generation != engine::build_name()) {
      ++unread;
      continue;
    }
    const std::string fault = find_fault(*store, entry.key, secret);
    if (fault.empty()) {
      ++whole;
      continue;
    }
    const bool is_removed = options.repairs && store->remove(entry.key).has_value();
    remaining += is_removed ? 0 : 1;
    damaged.push_back({{"key", entry.key.hex()}, {"what", fault}, {"is_removed", is_removed}});
    text += entry.key.hex() + " " + runtime::printable(fault) + (is_removed ? "; removed\n" : "\n");
  }
  text += std::to_string(whole) + " whole, " + std::to_string(damaged.size()) + " damaged, " +
          std::to_string(unread) + " of other versions\n";
  const Json json = {{"path", path_of(store, place)},
                     {"whole", whole},
                     {"damaged", damaged},
                     {"of_other_versions", unread}};
  TRY(print(options.as_json ? to_text(json) : text));
  return remaining == 0 ? exit_code::success : exit_code::output_failed;
}

// prune, clear

Fallible<int> show_removed(const CacheCommandOptions& options, const std::string& path,
                           const DirectoryStore::PruneReport& report) {
  const Json json = {{"path", path},
                     {"removed_entries", report.removed_entries},
                     {"removed_bytes", report.removed_bytes},
                     {"removed_temporaries", report.removed_temporaries},
                     {"kept_entries", report.kept_entries},
                     {"kept_bytes", report.kept_bytes}};
  const std::string text =
      std::to_string(report.removed_entries) + " removed, " + size_text(report.removed_bytes) +
      "; " + std::to_string(report.kept_entries) + " kept, " + size_text(report.kept_bytes) + "\n";
  TRY(print(options.as_json ? to_text(json) : text));
  return exit_code::success;
}

cache::StoreResult<DirectoryStore::PruneReport> prune_store(DirectoryStore& store,
                                                            const CacheCommandOptions& options) {
  DirectoryStore::PruneReport others;
  if (options.removes_other_builds) others = TRY(remove_other_builds(store));
  const bool says_nothing = options.budget.max_bytes == UINT64_MAX &&
                            options.budget.max_entries == UINT64_MAX && !options.max_age_ns &&
                            !options.removes_other_builds;
  cache::Budget budget = options.budget;
  if (says_nothing) budget.max_bytes = options.cache.max_bytes;
  auto report = TRY(store.prune({.budget = budget,
                                 .max_age_ns = options.max_age_ns.value_or(UINT64_MAX),
                                 .remove_other_generations = options.removes_other_builds}));
  report.removed_entries += others.removed_entries;
  report.removed_bytes += others.removed_bytes;
  return report;
}

Fallible<int> remove(const CacheCommandOptions& options) {
  const CachePlace place = TRY(find_place(options.cache));
  const Store store = TRY(open_store(place, options.cache, Access::write));
  if (!store) return show_removed(options, place.directory, {});
  const auto report =
      options.action == Action::clear ? store->clear() : prune_store(*store, options);
  if (!report) return store_failure(report.error());
  return show_removed(options, store->path(), *report);
}

// warm

/// All files are looked at; the exit code is that of the first one that failed.
Fallible<int> warm(const CacheCommandOptions& options) {
  const std::unique_ptr<Warming> warming = TRY(Warming::start(
      {.features = options.features, .tier = options.tier, .codegen = options.codegen},
      options.cache));
  int status = exit_code::success;
  Json json = Json::array();
  for (const std::string& file : options.files) {
    const auto account = warming->warm(file);
    if (!account) {
      report(account.error());
      if (status == exit_code::success) status = account.error().exit_code;
      json.push_back({{"file", file}, {"error", account.error().what}});
    } else if (options.as_json) {
      const bool is_hit = account->outcome == CacheAccount::Outcome::hit;
      json.push_back({{"file", file},
                      {"module", account->module ? account->module->hex() : ""},
                      {"outcome", is_hit ? "hit" : "compiled"},
                      {"bytes", account->bytes},
                      {"ns", account->ns}});
    } else {
      TRY(print(warming->told(file, *account)));
    }
  }
  if (options.as_json) TRY(print(to_text(json)));
  return status;
}

}  // namespace

Fallible<int> cache_command(const CacheCommandOptions& options) {
  switch (options.action) {
    case Action::stats: return show_stats(options);
    case Action::ls: return list(options);
    case Action::verify: return verify(options);
    case Action::prune:
    case Action::clear: return remove(options);
    case Action::warm: return warm(options);
    case Action::path: return show_path(options);
  }
  return exit_code::usage;
}

}  // namespace waxwing::cli
