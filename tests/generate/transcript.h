// What a module does in one engine, as text that is equal where the behaviour is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace waxwing::tests {

struct Transcript {
  std::vector<std::string> lines;
  bool is_valid = true;
};

/// Compiles, instantiates, calls every exported function with arguments that follow from `seed`,
/// then reads all that the module exports.
Transcript run_module(const engine::Engine& engine,
                      const std::shared_ptr<const std::vector<uint8_t>>& bytes, uint64_t seed);

}  // namespace waxwing::tests
