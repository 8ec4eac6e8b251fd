// The compilation cache: images of modules, in this process's memory and in a store below it.
// Nothing that goes wrong in it fails a compilation, unless that was asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cache/single_flight.h"
#include "cache/store.h"
#include "engine/cache_events.h"
#include "engine/code_target.h"
#include "engine/image_loader.h"
#include "engine/loaded_modules.h"
#include "runtime/compiled_module.h"

namespace waxwing::engine {

struct CacheOptions {
  /// Modules of so many bytes of images are kept in memory though nobody uses them any more.
  uint64_t warm_bytes = uint64_t{256} << 20;
  /// Nothing is written to the store, nor removed or locked there.
  bool is_read_only = false;
  /// No compiler may run: what is not in the cache is an error, `not_cached`.
  bool requires_hit = false;
  /// No image of the store is used, all are made anew and replaced.
  bool refreshes = false;
  /// Whether the bytes of machine code are checked before they are run for the first time in this
  /// process, or what describes them only.
  image::Verify verify = image::Verify::everything;
  /// Where not empty: images carry an authentication code (HMAC-SHA-256) made with it, and those
  /// that do not are not used. So nobody who lacks it can give this process code to run.
  std::vector<uint8_t> secret = {};
  /// Keeps the images of those who have the same salt apart from all others.
  std::string salt = {};
  /// Misses of what is not there say what differs in images of the same module: `explain`.
  bool explains_misses = false;
  /// The longest time to wait for another process that compiles the same module.
  uint64_t max_wait_ns = 60'000'000'000;
  /// Called for each event, by the thread that caused it, with no lock held. Must not throw,
  /// nor compile: others may wait for this very compilation.
  std::function<void(const CacheEvent&)> on_event = {};
};

/// Shared by any number of engines, on any threads; it lives as long as anybody has it, and what
/// was loaded lives on without it. [docs/cache.md]
class CompilationCache {
 public:
  using Module = LoadedModules::Module;
  /// Compiles a module to the bytes of its image.
  using Make = std::function<base::Result<std::vector<uint8_t>>()>;

  /// Images are kept in `store`; null: in this process alone.
  explicit CompilationCache(std::shared_ptr<cache::CacheStore> store, CacheOptions options = {});

  const CacheOptions& options() const { return options_; }

  /// The module whose image is called `key`, if the cache has it; else null, which counts as a miss
  /// where `tells_misses`: whoever calls `load` next does not want it twice. Errors: `unsupported`
  /// and `out_of_memory` where the host does not let the code run.
  base::Result<Module> find(const ImageKey& key, const Announce& announce = {},
                            bool tells_misses = true);

  /// The same, or what `make` makes, which is kept. Of several threads and processes that ask for
  /// the same at once one compiles. Where `announce` is not empty, the machine code is the caller's
  /// alone. Errors: of `make`; `unsupported` and `out_of_memory` where the host does not let the
  /// code run; `not_cached`; that the work was stopped, which concerns this caller and nobody who
  /// waits for him.
  base::Result<Module> load(const ImageKey& key, const Make& make, const Announce& announce = {},
                            const base::StopFlag* stop = nullptr);

  CacheStats stats() const;

  /// Lets go of the store and of what is kept in memory. What is loaded stays; from now on every
  /// call misses and keeps nothing. Thread-safe, at any time.
  void close();

  /// Why `key` is not in the cache, in a line for people: what differs in images of the same
  /// module. Looks at up to 1,000 entries.
  std::string explain(const ImageKey& key) const;

 private:
  using Store = std::shared_ptr<cache::CacheStore>;

  Store store() const;
  image::OpenOptions open_options(const ImageKey& key) const;
  Module find_in_memory(const ImageKey& key);
  /// Null on a miss, which is told where `tells`. An error where compiling would not help.
  base::Result<Module> find_in_store(const Store& store, const ImageKey& key,
                                     const Announce& announce, bool tells_misses);
  void miss_in_store(const ImageKey& key, const cache::StoreResult<cache::Blob>& found,
                     const std::optional<LoadFault>& fault);
  base::Result<Module> load_once(const ImageKey& key, const Make& make, const Announce& announce,
                                 const base::StopFlag* stop);
  base::Result<Module> make_module(const Store& store, const ImageKey& key, const Make& make,
                                   const Announce& announce);
  cache::Lease wait_for_lease(const Store& store, const ImageKey& key, const base::StopFlag* stop);
  /// Whether the store has the image now.
  bool put(const Store& store, const ImageKey& key, const cache::Blob& blob);
  void remember(const ImageKey& key, const Module& module, uint64_t size_bytes,
                const Announce& announce);
  void tell(const CacheEvent& event);
  void miss(const ImageKey& key, MissReason reason, std::string detail);

  const CacheOptions options_;
  mutable std::mutex mutex_;  // of store_, stats_
  Store store_;
  CacheStats stats_;
  std::atomic<bool> is_closed_ = false;
  LoadedModules loaded_;
  cache::SingleFlight<Module, base::Error> flights_;
};

}  // namespace waxwing::engine
