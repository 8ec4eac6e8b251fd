// waxwing version: what this build is.
#include "engine/version.h"

#include "cli/commands.h"
#include "codegen/x64/cpu_features.h"

namespace waxwing::cli {

namespace {

#ifdef __clang__
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "gcc " __VERSION__;
#endif

}  // namespace

Fallible<int> version(const VersionOptions&) {
  const bool has_baseline = codegen::x64::CpuFeatures::from_host().has_value();
  const std::string tiers = has_baseline ? "interpreter, baseline" : "interpreter";
  TRY(print("waxwing " + std::string(engine::version()) + "\ntiers: " + tiers +
            "\nbuilt with: " + std::string(compiler) + "\n"));
  return exit_code::success;
}

}  // namespace waxwing::cli
