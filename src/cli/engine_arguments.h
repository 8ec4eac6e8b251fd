// The options that choose a language and an engine, for all commands that have them.
#pragma once

#include "cli/arguments.h"

namespace waxwing::cli {

/// --enable, --disable.
struct FeatureSwitches {
  explicit FeatureSwitches(syntax::FeatureSet base_set = syntax::FeatureSet::defaults())
      : base(base_set) {}

  syntax::FeatureSet base;
  Arguments enabled;
  Arguments disabled;

  void add_to(CLI::App& app);
  Fallible<syntax::FeatureSet> result() const;
};

/// --codegen, --compile-threads, --compile.
struct CodegenChoice {
  std::string codegen;
  std::string threads;
  std::string time = "eager";

  void add_to(CLI::App& app);
  Fallible<engine::CodegenConfig> result() const;

 private:
  Fallible<uint32_t> thread_count() const;
};

/// --engine, and what goes with it.
struct EngineChoice {
  std::string name = "auto";
  CodegenChoice codegen;

  void add_to(CLI::App& app);
  Fallible<engine::Tier> result() const;
};

}  // namespace waxwing::cli
