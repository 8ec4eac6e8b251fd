// Ways to execute code, by the words that tests name them by.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace waxwing::tests {

/// The interpreter, where nothing is said. "baseline" for machine code; "lazy",
/// "explicit-bounds", "sse4.1", "registers=4" are settings of it. With "fuel" code counts, with
/// "listeners" it tells of calls, with "canonical-nans" it has no others. Nothing for other words.
inline std::optional<engine::Config> engine_config(const std::vector<std::string_view>& settings) {
  engine::Config config;
  config.tier = engine::Tier::interpreter;
  for (std::string_view setting : settings) {
    if (setting == "baseline") {
      config.tier = engine::Tier::baseline;
    } else if (setting == "lazy") {
      config.codegen.lazy = true;
    } else if (setting == "explicit-bounds") {
      config.codegen.guard_pages = false;
    } else if (setting == "fuel") {
      config.codegen.fuel = true;
    } else if (setting == "listeners") {
      config.codegen.listeners = true;
    } else if (setting == "canonical-nans") {
      config.codegen.canonicalize_nans = true;
    } else if (setting == "sse4.1") {
      config.codegen.cpu = codegen::x64::CpuFeatures();
    } else if (setting == "registers=4") {
      config.codegen.max_registers = 4;
    } else if (setting != "interpreter") {
      return std::nullopt;
    }
  }
  return config;
}

}  // namespace waxwing::tests
