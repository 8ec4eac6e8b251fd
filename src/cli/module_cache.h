// What commands take compiled modules from: the compilation cache, the index of files seen, and the
// account of what they did.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/directory_store.h"
#include "cache/file_index.h"
#include "cli/cache_place.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/remote_layer.h"
#include "engine/compilation_cache.h"

namespace waxwing::cli {

/// What a cache did about a module, in words.
struct CacheAccount {
  enum class Outcome : uint8_t { none, hit, compiled };

  Outcome outcome = Outcome::none;
  std::optional<cache::Digest> module;
  bool is_kept = false;  // compiled, and in the cache now
  uint64_t bytes = 0;    // of the image
  uint64_t ns = 0;       // to load or to compile it
  std::string text;  // "hit in 0.41 ms, 1.2 MiB", "miss: ...; compiled in 12.3 ms, 1.2 MiB kept"
};

/// A directory, a server, or one below the other.
class ModuleCache {
 public:
  /// Fails where options are used wrongly. Whatever else is wrong, there is no cache then, which is
  /// told where --cache-dir names one, and an error where nothing may be compiled.
  static Fallible<std::unique_ptr<ModuleCache>> open(const CacheSettings& settings);
  /// Waits for what is given to the server, within its bound.
  ~ModuleCache();
  ModuleCache(const ModuleCache&) = delete;
  ModuleCache& operator=(const ModuleCache&) = delete;

  /// For engines; null where there is no cache.
  const std::shared_ptr<engine::CompilationCache>& compilations() const { return compilations_; }
  /// Null where there is none.
  const cache::FileIndex* files() const { return files_ ? &*files_ : nullptr; }
  base::ByteSpan secret() const { return secret_; }
  /// Why there is no cache; empty where there is.
  const std::string& why_none() const { return why_none_; }
  /// The directory, or the server where there is none, for people.
  std::string place() const;

  /// What happened in this thread since the last call: to be called for each module.
  CacheAccount take_account() const;
  /// Tells the account of the module `name` on standard error, where --explain-cache wants that.
  void explain(std::string_view name, const CacheAccount& account) const;
  /// Writes what was counted, since guests may run for long and be killed.
  void write_counters() const;

 private:
  class Recorder;

  ModuleCache() = default;
  Fallible<> open_directory(const CacheSettings& settings);

  std::vector<uint8_t> secret_;
  bool explains_ = false;
  std::string why_none_;
  std::shared_ptr<cache::DirectoryStore> directory_;
  std::shared_ptr<RemoteLayer> remote_;
  std::shared_ptr<Recorder> recorder_;
  std::shared_ptr<engine::CompilationCache> compilations_;
  std::optional<cache::FileIndex> files_;
};

}  // namespace waxwing::cli
