// Runs a script of the official suite.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/module_cache.h"
#include "cli/wast_report.h"
#include "engine/engine.h"

namespace waxwing::cli {

/// What a script is run with.
struct ScriptSettings {
  const engine::Engine& engine;
  const ModuleCache& cache;             // of the engine
  bool goes_through_artefacts = false;  // each module is compiled to an image, which is loaded
  runtime::StoreLimits limits;
  std::optional<uint64_t> timeout_ns;
  bool prints = false;  // whether spectest.print and its kin print
};

/// Runs the script `text`, which is called `file`.
ScriptReport run_script(const ScriptSettings& settings, std::string file, std::string_view text);

}  // namespace waxwing::cli
