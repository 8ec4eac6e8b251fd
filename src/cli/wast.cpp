// waxwing wast: runs scripts of the official suite.
#include <algorithm>

#include "cli/commands.h"
#include "cli/module_cache.h"
#include "cli/wast_runner.h"
#include "platform/file_contents.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

constexpr uint64_t max_script_size_bytes = uint64_t(256) << 20;
constexpr size_t usual_max_failures = 10;

ScriptReport run_file(const ScriptSettings& settings, const std::string& file) {
  const std::string name = runtime::printable(file);
  const auto contents = platform::FileContents::read(file, max_script_size_bytes);
  if (contents) return run_script(settings, name, base::as_text(contents->bytes()));
  ScriptReport report;
  report.file = name;
  report.error = contents.error().message();
  return report;
}

}  // namespace

Fallible<int> wast(const WastOptions& options) {
  const std::unique_ptr<ModuleCache> cache = TRY(ModuleCache::open(options.cache));
  const engine::Engine engine({.features = options.features,
                               .tier = options.tier,
                               .codegen = options.codegen,
                               .cache = cache->compilations()});
  const ScriptSettings settings{.engine = engine,
                                .cache = *cache,
                                .goes_through_artefacts = options.goes_through_artefacts,
                                .limits = {.gc_stress = options.stresses_gc},
                                .timeout_ns = options.timeout_ns,
                                .prints = options.is_verbose && !options.as_json};
  std::vector<ScriptReport> reports;
  for (const std::string& file : options.files) {
    reports.push_back(run_file(settings, file));
    if (options.as_json) continue;
    TRY(print(to_text(reports.back(), options.is_verbose ? SIZE_MAX : usual_max_failures)));
  }
  TRY(print(options.as_json ? to_json(reports) : totals_text(reports)));
  const bool passed = std::ranges::all_of(reports, &ScriptReport::passed);
  return passed ? exit_code::success : exit_code::script_failed;
}

}  // namespace waxwing::cli
