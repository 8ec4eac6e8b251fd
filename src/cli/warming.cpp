// See warming.h.
#include "cli/warming.h"

#include <utility>

#include "cli/module_compiler.h"
#include "cli/module_file.h"
#include "cli/units.h"

namespace waxwing::cli {
namespace {

using Outcome = CacheAccount::Outcome;

engine::Config with_cache(engine::Config config, Progress& progress, const ModuleCache& cache) {
  config.codegen = with_progress(config.codegen, progress);
  config.cache = cache.compilations();
  return config;
}

}  // namespace

Fallible<std::unique_ptr<Warming>> Warming::start(engine::Config config,
                                                  const CacheSettings& settings) {
  std::unique_ptr<ModuleCache> cache = TRY(ModuleCache::open(settings));
  if (!cache->compilations()) {
    return fail(exit_code::cannot_load, "there is no cache to compile into: " + cache->why_none(),
                "name a directory with --cache-dir DIR, or write an artefact with -o FILE");
  }
  return std::unique_ptr<Warming>(new Warming(std::move(config), std::move(cache)));
}

Warming::Warming(engine::Config config, std::unique_ptr<ModuleCache> cache)
    : cache_(std::move(cache)), engine_(with_cache(std::move(config), progress_, *cache_)) {}

Fallible<CacheAccount> Warming::warm(const std::string& file) {
  const ModuleCompiler compiler(engine_, *cache_);
  const Progress::Scope scope(progress_, display_name(file));
  auto compiled = TRY(compiler.compile(file, {}));
  CacheAccount& account = compiled.account;
  if (account.outcome == Outcome::hit || account.is_kept) return std::move(account);
  return fail(exit_code::output_failed,
              display_name(file) + ": not in the cache (" + account.text + ")");
}

std::string Warming::told(const std::string& file, const CacheAccount& account) const {
  const std::string where = " (" + cache_->place() + ")\n";
  if (account.outcome == Outcome::hit) return display_name(file) + ": in the cache already" + where;
  return display_name(file) + ": compiled in " + duration_text(account.ns) + ", " +
         size_text(account.bytes) + " kept" + where;
}

}  // namespace waxwing::cli
