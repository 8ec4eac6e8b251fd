// The commands of `waxwing`, a file each. They return the exit code of the process.
#pragma once

#include "cli/messages.h"
#include "cli/options.h"

namespace waxwing::cli {

Fallible<int> run(const RunOptions& options);
Fallible<int> compile(const CompileOptions& options);
Fallible<int> cache_command(const CacheCommandOptions& options);
Fallible<int> validate(const ValidateOptions& options);
Fallible<int> inspect(const InspectOptions& options);
Fallible<int> wast(const WastOptions& options);
Fallible<int> wat2wasm(const Wat2WasmOptions& options);
Fallible<int> wasm2wat(const Wasm2WatOptions& options);
Fallible<int> dump(const DumpOptions& options);
Fallible<int> features(const FeaturesOptions& options);
Fallible<int> version(const VersionOptions& options);
Fallible<int> completion(const CompletionOptions& options);
Fallible<int> man(const ManOptions& options);

/// The whole program, but for leaving the process.
int run_command_line(std::span<char* const> args);

}  // namespace waxwing::cli
