// The spine: bytes -> Module -> CompiledModule. Everything that modules share lives here.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/compiled_module.h"
#include "runtime/store.h"
#include "runtime/type_registry.h"
#include "syntax/features.h"

namespace waxwing::engine {

/// What executes code.
enum class Tier : uint8_t { interpreter };

struct TierInfo {
  Tier id;
  std::string_view text;  // the command line's spelling
};

inline constexpr TierInfo tier_table[] = {{Tier::interpreter, "interpreter"}};

struct Config {
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  Tier tier = Tier::interpreter;
};

/// Compiles modules and shares their types. Thread-safe.
class Engine {
 public:
  explicit Engine(const Config& config = {});

  const Config& config() const { return config_; }

  /// Decodes, validates and prepares a module for execution. Errors are malformed, invalid, limit.
  base::Result<std::shared_ptr<const runtime::CompiledModule>> compile(
      std::shared_ptr<const std::vector<uint8_t>> bytes) const;
  base::Result<std::shared_ptr<const runtime::CompiledModule>> compile(
      std::vector<uint8_t> bytes) const {
    return compile(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)));
  }

  /// An empty store for instances of this engine's modules.
  base::Result<std::unique_ptr<runtime::Store>> new_store(
      const runtime::StoreLimits& limits = {}) const;

  const std::shared_ptr<runtime::TypeRegistry>& types() const { return types_; }

 private:
  Config config_;
  std::shared_ptr<runtime::TypeRegistry> types_;
};

}  // namespace waxwing::engine
