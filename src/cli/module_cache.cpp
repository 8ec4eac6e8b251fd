// See module_cache.h.
#include "cli/module_cache.h"

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "cache/layered_store.h"
#include "cli/units.h"
#include "runtime/text.h"

namespace waxwing::cli {

using engine::CacheEvent;
using Kind = engine::CacheEvent::Kind;

/// Keeps what happened, by threads, and counts it in the directory.
class ModuleCache::Recorder {
 public:
  /// `directory` and `remote` may be null.
  Recorder(std::shared_ptr<cache::DirectoryStore> directory,
           std::shared_ptr<const RemoteLayer> remote)
      : directory_(std::move(directory)), remote_(std::move(remote)) {}

  void record(CacheEvent event) {
    if (directory_) count(event);
    const std::lock_guard lock(mutex_);
    if (event.kind == Kind::store_hit && remote_) {
      const uint64_t hits = std::exchange(remote_hits_, remote_->hits());
      if (hits != remote_hits_) event.detail = "from " + remote_->name();
    }
    events_[std::this_thread::get_id()].push_back(std::move(event));
  }

  std::vector<CacheEvent> take() {
    const std::lock_guard lock(mutex_);
    const auto found = events_.extract(std::this_thread::get_id());
    return found ? std::move(found.mapped()) : std::vector<CacheEvent>();
  }

 private:
  void count(const CacheEvent& event) {
    switch (event.kind) {
      case Kind::memory_hit: directory_->count("memory_hits"); break;
      case Kind::store_hit:
        directory_->count("hits");
        directory_->count("hit_bytes", event.bytes);
        directory_->count("hit_ns", event.ns);
        break;
      case Kind::miss:
        directory_->count("misses");
        directory_->count("miss_" + std::string(engine::miss_reason_name(event.reason)));
        break;
      case Kind::compiled:
        directory_->count("compiled");
        directory_->count("compiled_bytes", event.bytes);
        directory_->count("compiled_ns", event.ns);
        break;
      case Kind::stored: break;  // the directory counts it
      case Kind::not_stored: directory_->count("not_stored"); break;
      case Kind::waited:
        directory_->count("waits");
        directory_->count("wait_ns", event.ns);
        break;
    }
  }

  const std::shared_ptr<cache::DirectoryStore> directory_;
  const std::shared_ptr<const RemoteLayer> remote_;
  std::mutex mutex_;
  uint64_t remote_hits_ = 0;
  std::map<std::thread::id, std::vector<CacheEvent>> events_;
};

Fallible<std::unique_ptr<ModuleCache>> ModuleCache::open(const CacheSettings& settings) {
  std::unique_ptr<ModuleCache> cache(new ModuleCache());
  cache->explains_ = settings.explains;
  cache->secret_ = TRY(read_secret(settings.secret_file));
  TRY(cache->open_directory(settings));
  if (settings.is_on) cache->remote_ = TRY(RemoteLayer::open(settings));
  if (!cache->directory_ && !cache->remote_) {
    if (!settings.requires_hit) return cache;
    return fail(
        exit_code::cannot_load,
        "--cache-require-hit: nothing may be compiled, and there is no cache: " + cache->why_none_);
  }
  cache->recorder_ = std::make_shared<Recorder>(cache->directory_, cache->remote_);
  engine::CacheOptions options;
  options.is_read_only = settings.is_read_only;
  options.requires_hit = settings.requires_hit;
  options.refreshes = settings.refreshes;
  options.verify = settings.verify;
  options.secret = cache->secret_;
  options.explains_misses = settings.explains;
  options.max_wait_ns = settings.max_wait_ns;
  options.on_event = [recorder = cache->recorder_](const CacheEvent& event) {
    recorder->record(event);
  };
  std::vector<std::shared_ptr<cache::CacheStore>> layers;
  if (cache->directory_) layers.push_back(cache->directory_);
  if (cache->remote_) layers.push_back(cache->remote_);
  cache->compilations_ = std::make_shared<engine::CompilationCache>(
      layers.size() == 1 ? layers[0] : std::make_shared<cache::LayeredStore>(layers),
      std::move(options));
  if (cache->directory_ && !settings.refreshes)
    cache->files_.emplace(cache->directory_, cache->secret_);
  return cache;
}

ModuleCache::~ModuleCache() {
  if (!remote_) return;
  for (const std::string& failure : remote_->finish()) {
    if (explains_) note("cache: " + failure);
  }
}

std::string ModuleCache::place() const {
  if (directory_) return runtime::printable(directory_->path());
  return remote_ ? remote_->name() : "nowhere";
}

Fallible<> ModuleCache::open_directory(const CacheSettings& settings) {
  const CachePlace place = cache_place(settings);
  why_none_ = place.why_nowhere;
  if (place.directory.empty()) return {};
  auto opened = cache::DirectoryStore::open(directory_options(place, settings));
  if (opened) {
    directory_ = *std::move(opened);
    return {};
  }
  const cache::StoreFailure& failure = opened.error();
  if (is_wrong_use(place)) {
    return fail(exit_code::usage, "--cache-dir: " + failure.message());
  }
  why_none_ = failure.message();
  if (place.is_named && !settings.requires_hit) {
    warn("--cache-dir: " + why_none_ + "; going on without it");
  }
  return {};
}

namespace {

void add(std::string& text, std::string_view part, std::string_view separator) {
  if (part.empty()) return;
  if (!text.empty()) text += separator;
  text += part;
}

/// Takes in one event after another: the last hit or compilation counts, and the miss before it.
void describe(CacheAccount& account, const CacheEvent& event) {
  const std::string took = duration_text(event.ns);
  const std::string size = size_text(event.bytes);
  account.module = event.module;
  switch (event.kind) {
    case Kind::memory_hit:
      account.outcome = CacheAccount::Outcome::hit;
      account.text = "hit in this process's memory";
      return;
    case Kind::store_hit:
      account.outcome = CacheAccount::Outcome::hit;
      account.bytes = event.bytes;
      account.ns = event.ns;
      account.text = "hit in " + took + ", " + size;
      add(account.text, event.detail, ", ");
      return;
    case Kind::miss:
      account.text = "miss: ";
      account.text += engine::miss_reason_text(event.reason);
      add(account.text, event.detail, ": ");
      return;
    case Kind::compiled:
      account.outcome = CacheAccount::Outcome::compiled;
      account.bytes = event.bytes;
      account.ns = event.ns;
      add(account.text, "compiled in " + took + ", " + size, "; ");
      return;
    case Kind::stored:
      account.is_kept = true;
      account.text += " kept";
      return;
    case Kind::not_stored: add(account.text, "not kept: " + event.detail, "; "); return;
    case Kind::waited: add(account.text, "waited " + took + " " + event.detail, "; "); return;
  }
}

}  // namespace

CacheAccount ModuleCache::take_account() const {
  CacheAccount account;
  if (!recorder_) return account;
  for (const CacheEvent& event : recorder_->take()) describe(account, event);
  return account;
}

void ModuleCache::explain(std::string_view name, const CacheAccount& account) const {
  if (!explains_) return;
  std::string line = "cache: " + std::string(name) + ": ";
  if (!compilations_) {
    line += "there is none: " + why_none_;
  } else if (account.text.empty()) {
    line += "not asked";
  } else {
    line += account.text + " (" + place() + ")";
  }
  note(line);
}

void ModuleCache::write_counters() const {
  if (directory_) directory_->write_counters();
}

}  // namespace waxwing::cli
