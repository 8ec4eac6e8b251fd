// Getting, putting and removing entries; who may, and how names lie, is in directory_layout.h.
#include "cache/directory_store.h"

#include <utility>

#include "cache/directory_scan.h"
#include "cache/directory_state.h"
#include "cache/eviction.h"
#include "platform/beneath.h"
#include "platform/clock.h"
#include "platform/directory.h"
#include "platform/file_lock.h"
#include "platform/file_mapping.h"
#include "platform/output_file.h"
#include "platform/virtual_memory.h"

namespace waxwing::cache {
namespace {

using platform::File;
using platform::FileError;

constexpr size_t max_listed_entries = size_t{1} << 20;
constexpr uint64_t scan_interval_ns = 3'600'000'000'000;
constexpr int max_reopenings = 3;
constexpr uint64_t counters_interval_ns = 10'000'000'000;
constexpr uint16_t directory_mode = 0700;
constexpr uint16_t entry_mode = 0600;

StoreResult<Blob> read_entry(std::shared_ptr<const File> file, size_t size,
                             const std::string& path) {
  auto buffer = platform::Buffer::allocate(size);
  if (!buffer) {
    return std::unexpected(StoreFailure{StoreFault::exhausted, path, buffer.error().message()});
  }
  for (size_t done = 0; done < size;) {
    const platform::IoBuffer part = {buffer->data() + done, size - done};
    const auto count = file->read_at({&part, 1}, done);
    if (!count) return std::unexpected(failure_of(count.error(), path, StoreFault::unreadable));
    if (*count == 0) {
      return std::unexpected(StoreFailure{StoreFault::damaged, path, "it was shortened"});
    }
    done += *count;
  }
  auto owner = std::make_shared<const platform::Buffer>(std::move(*buffer));
  return Blob(owner->bytes(), owner, std::move(file));
}

StoreResult<Blob> map_entry(std::shared_ptr<const File> file, size_t size,
                            const std::string& path) {
  auto mapping = platform::FileMapping::map(*file, size);
  if (!mapping && mapping.error() != FileError::nomem)
    return read_entry(std::move(file), size, path);
  if (!mapping) return std::unexpected(failure_of(mapping.error(), path, StoreFault::unreadable));
  auto owner = std::make_shared<const platform::FileMapping>(std::move(*mapping));
  return Blob(owner->bytes(), owner, std::move(file));
}

/// A lock on a key, for as long as it lives.
class HeldKey {
 public:
  HeldKey(DirectoryState state, const Digest& key) : state_(std::move(state)), key_(key) {}
  HeldKey(const HeldKey&) = delete;
  HeldKey& operator=(const HeldKey&) = delete;
  ~HeldKey() { state_.unlock_key(key_); }

 private:
  DirectoryState state_;
  Digest key_;
};

/// A name that has gone, or the directory that it was in.
bool is_missing(FileError error) { return error == FileError::noent || error == FileError::stale; }

StoreFailure write_failure(FileError error, std::string_view path) {
  return failure_of(error, path,
                    is_missing(error) ? StoreFault::lost_race : StoreFault::unwritable);
}

}  // namespace

struct DirectoryStore::Handles {
  File root;
  File generation;  // not open where it is missing
};

/// A file with a name of its own in the directory of its entry, which it loses again unless it
/// becomes the entry.
class DirectoryStore::EntryWriter {
 public:
  EntryWriter(const File& directory, const Digest& key, std::string_view path)
      : directory_(directory), entry_(key.hex()), path_(path) {}
  EntryWriter(const EntryWriter&) = delete;
  EntryWriter& operator=(const EntryWriter&) = delete;
  ~EntryWriter() {
    if (file_.is_open()) (void)platform::unlink({directory_, name_});
  }

  StoreResult<> create(const Digest& key) {
    constexpr int max_attempts = 8;
    platform::FileResult<File> file = std::unexpected(FileError::exist);
    for (int i = 0; i < max_attempts && !file && file.error() == FileError::exist; ++i) {
      name_ = temporary_name(key);
      file = platform::open_beneath({directory_, name_}, {.write = true,
                                                          .create = true,
                                                          .exclusive = true,
                                                          .follow_final_symlink = false,
                                                          .nonblock = true,
                                                          .mode = entry_mode});
    }
    if (!file) return std::unexpected(write_failure(file.error(), path_));
    file_ = std::move(*file);
    // Shows that the writer lives. Where there are no locks, its age must do.
    (void)platform::try_lock(file_, {});
    return {};
  }

  StoreResult<> write(base::ByteSpan bytes, bool sync) {
    if (bytes.size() > platform::file_size_limit()) {
      return std::unexpected(write_failure(FileError::fbig, path_));
    }
    platform::FileResult<> written = platform::write_all(file_, bytes);
    if (written && sync) written = file_.sync_data();
    if (!written) return std::unexpected(write_failure(written.error(), path_));
    return {};
  }

  /// Gives the file the entry's name.
  StoreResult<> publish() {
    platform::FileResult<> renamed = platform::rename({directory_, name_}, {directory_, entry_});
    if (!renamed && renamed.error() == FileError::isdir) {
      // An empty directory is in nobody's way but ours.
      (void)platform::remove_directory({directory_, entry_});
      renamed = platform::rename({directory_, name_}, {directory_, entry_});
    }
    if (!renamed) return std::unexpected(write_failure(renamed.error(), path_));
    file_ = File();
    return {};
  }

 private:
  const File& directory_;
  std::string entry_;
  std::string_view path_;
  std::string name_;
  File file_;
};

DirectoryStore::DirectoryStore(DirectoryOptions options, std::string path)
    : options_(std::move(options)), path_(std::move(path)) {}

DirectoryStore::~DirectoryStore() { write_counters(); }

StoreResult<std::shared_ptr<DirectoryStore>> DirectoryStore::open(DirectoryOptions options) {
  if (!generation_directory(options.generation)) {
    return std::unexpected(StoreFailure{StoreFault::bad_name, "\"" + options.generation + "\""});
  }
  const auto path = platform::absolute_path(options.path);
  if (!path) {
    return std::unexpected(failure_of(path.error(), options.path, StoreFault::unreadable));
  }
  std::string root = *path;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  std::shared_ptr<DirectoryStore> store(new DirectoryStore(std::move(options), std::move(root)));
  store->handles_ =
      TRY(store->open_handles(store->options_.read_only ? IfMissing::leave : IfMissing::make));
  return store;
}

StoreResult<std::shared_ptr<const DirectoryStore::Handles>> DirectoryStore::open_handles(
    IfMissing if_missing) const {
  if (if_missing == IfMissing::make) {
    const auto made = platform::make_directories(path_, directory_mode);
    if (!made) return std::unexpected(write_failure(made.error(), path_));
  }
  auto root = platform::open_host_path(path_, {.directory = true});
  if (!root && if_missing == IfMissing::make && is_missing(root.error())) {
    return std::unexpected(write_failure(root.error(), path_));
  }
  if (!root) return std::unexpected(failure_of(root.error(), path_, StoreFault::unreadable));
  const auto stat = root->stat();
  if (!stat) return std::unexpected(failure_of(stat.error(), path_, StoreFault::unreadable));
  TRY(check_trust(*stat, path_));

  const std::string name = generation_directory(options_.generation).value_or("");
  const std::string generation_path = path_ + "/" + name;
  File generation = TRY(open_trusted_directory(*root, name, generation_path));
  if (!generation.is_open() && if_missing == IfMissing::make) {
    const auto made = platform::make_directory({*root, name}, directory_mode);
    if (!made && made.error() != FileError::exist) {
      return std::unexpected(write_failure(made.error(), generation_path));
    }
    generation = TRY(open_trusted_directory(*root, name, generation_path));
  }
  return std::make_shared<const Handles>(std::move(*root), std::move(generation));
}

std::shared_ptr<const DirectoryStore::Handles> DirectoryStore::handles() const {
  const std::lock_guard lock(mutex_);
  return handles_;
}

StoreResult<> DirectoryStore::reopen(IfMissing if_missing) {
  std::shared_ptr<const Handles> fresh = TRY(open_handles(if_missing));
  const std::lock_guard lock(mutex_);
  handles_.swap(fresh);
  return {};
}

bool DirectoryStore::has_lost_directory() const {
  const std::shared_ptr<const Handles> open = handles();
  if (!open->generation.is_open()) return true;
  const auto stat = open->generation.stat();
  return stat && stat->link_count == 0;
}

std::string DirectoryStore::entry_path(const Digest& key) const {
  const std::string hex = key.hex();
  return path_ + "/" + generation_directory(options_.generation).value_or("") + "/" +
         hex.substr(0, 2) + "/" + hex;
}

StoreResult<File> DirectoryStore::open_fan_out(const Digest& key, IfMissing if_missing) {
  const std::shared_ptr<const Handles> open = handles();
  if (!open->generation.is_open()) return File();
  const std::string name = fan_out_name(key);
  const std::string path =
      path_ + "/" + generation_directory(options_.generation).value_or("") + "/" + name;
  File directory = TRY(open_trusted_directory(open->generation, name, path));
  if (directory.is_open() || if_missing == IfMissing::leave) return directory;
  const auto made = platform::make_directory({open->generation, name}, directory_mode);
  if (!made && made.error() != FileError::exist && !is_missing(made.error())) {
    return std::unexpected(failure_of(made.error(), path, StoreFault::unwritable));
  }
  return open_trusted_directory(open->generation, name, path);
}

StoreResult<Blob> DirectoryStore::read(const Digest& key, Use use) {
  File directory = TRY(open_fan_out(key, IfMissing::leave));
  if (!directory.is_open() && has_lost_directory() && reopen(IfMissing::leave)) {
    // Others may have made it again.
    directory = TRY(open_fan_out(key, IfMissing::leave));
  }
  if (!directory.is_open()) return Blob();
  const std::string path = entry_path(key);
  auto file = platform::open_beneath(
      {directory, key.hex()}, {.read = true, .follow_final_symlink = false, .nonblock = true});
  if (!file && is_missing(file.error())) return Blob();
  if (!file) return std::unexpected(failure_of(file.error(), path, StoreFault::unreadable));
  return load(std::move(*file), path, use);
}

StoreResult<Blob> DirectoryStore::load(File file, const std::string& path, Use use) const {
  const auto stat = file.stat();
  if (!stat) return std::unexpected(failure_of(stat.error(), path, StoreFault::unreadable));
  if (stat->kind != platform::FileKind::regular_file) {
    return std::unexpected(StoreFailure{StoreFault::damaged, path, "it is no regular file"});
  }
  TRY(check_trust(*stat, path));
  if (stat->size_bytes == 0) {
    return std::unexpected(StoreFailure{StoreFault::damaged, path, "it is empty"});
  }
  if (stat->size_bytes > options_.max_entry_bytes || stat->size_bytes > SIZE_MAX / 2) {
    return std::unexpected(
        StoreFailure{StoreFault::too_large, path, std::to_string(stat->size_bytes) + " bytes"});
  }
  if (use == Use::noted && is_touched_after(stat->modify_time_ns)) {
    (void)file.set_times({}, {.kind = platform::NewTime::Kind::now});
  }
  const size_t size = static_cast<size_t>(stat->size_bytes);
  auto shared = std::make_shared<const File>(std::move(file));
  return size < options_.read_below_bytes ? read_entry(std::move(shared), size, path)
                                          : map_entry(std::move(shared), size, path);
}

bool DirectoryStore::is_touched_after(uint64_t used_ns) const {
  if (options_.read_only) return false;
  const uint64_t now_ns = platform::realtime_ns();
  // A time in the future is somebody's wrong clock.
  const uint64_t distance_ns = now_ns > used_ns ? now_ns - used_ns : used_ns - now_ns;
  return distance_ns >= options_.touch_after_ns;
}

StoreResult<> DirectoryStore::touch(const Digest& key) {
  const File directory = TRY(open_fan_out(key, IfMissing::leave));
  if (!directory.is_open()) return {};
  const std::string name = key.hex();
  const auto stat = platform::stat_entry(directory, name);
  if (!stat || !is_touched_after(stat->modify_time_ns)) return {};
  const auto touched = platform::set_times_beneath({directory, name}, platform::FinalLink::keep, {},
                                                   {.kind = platform::NewTime::Kind::now});
  if (touched || is_missing(touched.error())) return {};
  return std::unexpected(failure_of(touched.error(), entry_path(key), StoreFault::unwritable));
}

StoreResult<> DirectoryStore::put(const Digest& key, const Blob& blob) {
  TRY(refuse_if_read_only());
  if (blob.size() == 0) {
    return std::unexpected(StoreFailure{StoreFault::damaged, entry_path(key), "it is empty"});
  }
  if (blob.size() > options_.max_entry_bytes || !options_.budget.holds(blob.size(), 1)) {
    return std::unexpected(StoreFailure{StoreFault::too_large, entry_path(key),
                                        std::to_string(blob.size()) + " bytes"});
  }
  StoreResult<> written = write_entry(key, blob.bytes());
  const auto lost_race = [&] { return !written && written.error().fault == StoreFault::lost_race; };
  // Others may remove the directory more than once.
  for (int i = 0; i < max_reopenings && lost_race(); ++i) {
    written = reopen(IfMissing::make);
    if (written) written = write_entry(key, blob.bytes());
  }
  if (!written) return written;
  account(key, blob.size());
  count("stored_bytes", blob.size());
  count("stores");
  return written;
}

StoreResult<> DirectoryStore::write_entry(const Digest& key, base::ByteSpan bytes) {
  const std::string path = entry_path(key);
  const File directory = TRY(open_fan_out(key, IfMissing::make));
  if (!directory.is_open()) {
    return std::unexpected(StoreFailure{StoreFault::lost_race, path, "its directory has gone"});
  }
  EntryWriter writer(directory, key, path);
  TRY(writer.create(key));
  TRY(writer.write(bytes, options_.sync));
  return writer.publish();
}

StoreResult<> DirectoryStore::remove(const Digest& key) {
  TRY(refuse_if_read_only());
  const File directory = TRY(open_fan_out(key, IfMissing::leave));
  if (!directory.is_open()) return {};
  const std::string name = key.hex();
  platform::FileResult<> removed = platform::unlink({directory, name});
  if (!removed && removed.error() == FileError::isdir) {
    removed = platform::remove_directory({directory, name});
  }
  if (removed || is_missing(removed.error())) return {};
  return std::unexpected(failure_of(removed.error(), entry_path(key), StoreFault::unwritable));
}

Lease DirectoryStore::lease(const Digest& key, uint64_t timeout_ns, const base::StopFlag* stop) {
  if (options_.read_only) return Lease(Lease::State::unavailable);
  const std::string path = path_ + "/" + std::string(state_file_name);
  auto state = DirectoryState::open(handles()->root, path);
  if (!state) {
    // Perhaps the directory was removed.
    if (!reopen(IfMissing::make)) return Lease(Lease::State::unavailable);
    state = DirectoryState::open(handles()->root, path);
    if (!state) return Lease(Lease::State::unavailable);
  }
  Lease::State got = state->lock_key(key, 0);
  const bool is_taken = got == Lease::State::timed_out;
  if (is_taken && timeout_ns != 0) got = state->lock_key(key, timeout_ns, stop);
  if (got != Lease::State::held) return Lease(got);
  return Lease::held(std::make_shared<const HeldKey>(std::move(*state), key), is_taken);
}

StoreResult<std::vector<EntryInfo>> DirectoryStore::entries() {
  const std::shared_ptr<const Handles> open = TRY(open_handles(IfMissing::leave));
  const DirectoryScan scan = scan_directory(open->root, max_listed_entries);
  std::vector<EntryInfo> result;
  result.reserve(scan.entries.size());
  for (const DirectoryScan::Entry& entry : scan.entries) {
    result.push_back({.key = entry.key,
                      .generation = scan.generations[entry.generation],
                      .size_bytes = entry.size_bytes,
                      .used_ns = entry.used_ns});
  }
  return result;
}

StoreResult<File> DirectoryStore::open_beside(std::string_view name, FileUse use) const {
  if (use == FileUse::write) TRY(refuse_if_read_only());
  return open_trusted_file(handles()->root, name, path_ + "/" + std::string(name), use);
}

StoreResult<> DirectoryStore::refuse_if_read_only() const {
  if (!options_.read_only) return {};
  return std::unexpected(StoreFailure{StoreFault::refused, "writing to " + path_});
}

void DirectoryStore::account(const Digest& key, uint64_t size_bytes) {
  const std::shared_ptr<const Handles> open = handles();
  const auto state = DirectoryState::open(open->root, path_ + "/" + std::string(state_file_name));
  const DirectoryState::Hint hint = state ? state->add_entry(size_bytes) : DirectoryState::Hint();
  const uint64_t now_ns = platform::realtime_ns();
  const bool is_recent = hint.scanned_ns <= now_ns && now_ns - hint.scanned_ns < scan_interval_ns;
  const Budget& budget = options_.budget;
  if (is_recent && budget.holds(hint.bytes, hint.entries)) return;
  const bool is_alone = state && state->lock_housekeeping();
  // Somebody is at it; but where that does not help, perhaps he was stopped.
  if (state && !is_alone && budget.holds(hint.bytes / 2, hint.entries / 2)) return;
  // Some room is made at once, so that not every entry that follows is a look at all.
  Budget target = budget;
  if (!budget.holds(hint.bytes, hint.entries)) {
    target = {.max_bytes = budget.max_bytes - budget.max_bytes / 10,
              .max_entries = budget.max_entries - budget.max_entries / 10};
  }
  const PruneReport report = evict({.root = open->root,
                                    .options = {.budget = target},
                                    .generation = options_.generation,
                                    .spared_key = key});
  if (state) state->write_hint({report.kept_bytes, report.kept_entries, now_ns});
  if (is_alone) state->unlock_housekeeping();
  if (report.removed_entries == 0) return;
  evicted_entries_.fetch_add(report.removed_entries, std::memory_order_relaxed);
  evicted_bytes_.fetch_add(report.removed_bytes, std::memory_order_relaxed);
  count("evictions", report.removed_entries);
  count("evicted_bytes", report.removed_bytes);
}

void DirectoryStore::count(std::string_view name, uint64_t amount) {
  if (options_.read_only) return;
  counters_.count(name, amount);
  if (counters_.is_due(counters_interval_ns)) write_counters();
}

void DirectoryStore::write_counters() {
  if (!counters_.is_due(0)) return;
  const auto file = open_beside(counters_file_name, FileUse::write);
  if (file) counters_.write_to(*file);
}

CounterValues DirectoryStore::counters() const {
  return counters_.read(open_beside(counters_file_name, FileUse::read).value_or(File()));
}

StoreResult<DirectoryStore::PruneReport> DirectoryStore::prune(const PruneOptions& options) {
  TRY(refuse_if_read_only());
  const std::shared_ptr<const Handles> open = TRY(open_handles(IfMissing::leave));
  const PruneReport report = evict({.root = open->root,
                                    .options = options,
                                    .generation = options_.generation,
                                    .spared_key = std::nullopt});
  const auto state = DirectoryState::open(open->root, path_ + "/" + std::string(state_file_name));
  if (state) state->write_hint({report.kept_bytes, report.kept_entries, platform::realtime_ns()});
  return report;
}

StoreResult<DirectoryStore::PruneReport> DirectoryStore::clear() {
  TRY(refuse_if_read_only());
  const std::shared_ptr<const Handles> open = TRY(open_handles(IfMissing::leave));
  (void)platform::unlink({open->root, files_file_name});
  return prune({.budget = {.max_bytes = 0, .max_entries = 0}, .remove_other_generations = true});
}

}  // namespace waxwing::cache
