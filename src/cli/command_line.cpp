// From the command line to the exit code.
#include "cli/commands.h"

namespace waxwing::cli {
namespace {

Fallible<int> help(const HelpOptions& options) {
  TRY(print(options.text));
  return exit_code::success;
}

Fallible<int> execute(std::span<char* const> args) {
  const Command command = TRY(parse_command_line(args));
  if (const auto* options = std::get_if<RunOptions>(&command)) return run(*options);
  if (const auto* options = std::get_if<CompileOptions>(&command)) return compile(*options);
  if (const auto* options = std::get_if<CacheCommandOptions>(&command)) {
    return cache_command(*options);
  }
  if (const auto* options = std::get_if<ValidateOptions>(&command)) return validate(*options);
  if (const auto* options = std::get_if<InspectOptions>(&command)) return inspect(*options);
  if (const auto* options = std::get_if<WastOptions>(&command)) return wast(*options);
  if (const auto* options = std::get_if<Wat2WasmOptions>(&command)) return wat2wasm(*options);
  if (const auto* options = std::get_if<Wasm2WatOptions>(&command)) return wasm2wat(*options);
  if (const auto* options = std::get_if<DumpOptions>(&command)) return dump(*options);
  if (const auto* options = std::get_if<FeaturesOptions>(&command)) return features(*options);
  if (const auto* options = std::get_if<VersionOptions>(&command)) return version(*options);
  if (const auto* options = std::get_if<CompletionOptions>(&command)) return completion(*options);
  if (const auto* options = std::get_if<ManOptions>(&command)) return man(*options);
  return help(std::get<HelpOptions>(command));
}

}  // namespace

int run_command_line(std::span<char* const> args) {
  const auto status = execute(args);
  if (status) return *status;
  report(status.error());
  return status.error().exit_code;
}

}  // namespace waxwing::cli
