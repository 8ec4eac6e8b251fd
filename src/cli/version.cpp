// waxwing version: what this build is.
#include "cli/commands.h"

namespace waxwing::cli {

namespace {

#ifdef __clang__
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "gcc " __VERSION__;
#endif

}  // namespace

Fallible<int> version(const VersionOptions&) {
  TRY(print("waxwing " WAXWING_VERSION "\ntiers: interpreter\nbuilt with: " +
            std::string(compiler) + "\n"));
  return exit_code::success;
}

}  // namespace waxwing::cli
