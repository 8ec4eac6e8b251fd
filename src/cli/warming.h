// Modules that are compiled so that they are in the cache: waxwing compile, waxwing cache warm.
#pragma once

#include <memory>
#include <string>

#include "cli/messages.h"
#include "cli/module_cache.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "engine/engine.h"

namespace waxwing::cli {

class Warming {
 public:
  /// Fails where there is no cache.
  static Fallible<std::unique_ptr<Warming>> start(engine::Config config,
                                                  const CacheSettings& settings);
  Warming(const Warming&) = delete;
  Warming& operator=(const Warming&) = delete;

  /// Fails where the module is not in the cache afterwards.
  Fallible<CacheAccount> warm(const std::string& file);

  /// What became of `file`, in a line for people.
  std::string told(const std::string& file, const CacheAccount& account) const;

 private:
  Warming(engine::Config config, std::unique_ptr<ModuleCache> cache);

  Progress progress_;
  std::unique_ptr<ModuleCache> cache_;
  engine::Engine engine_;
};

}  // namespace waxwing::cli
