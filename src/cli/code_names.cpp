// See code_names.h.
#include "cli/code_names.h"

#include "platform/environment.h"
#include "platform/gdb.h"
#include "platform/perf.h"

namespace waxwing::cli {
namespace {

std::string jitdump_folder() {
  constexpr std::string_view variable = "JITDUMPDIR=";
  for (const std::string_view entry : platform::environment()) {
    if (entry.starts_with(variable)) return std::string(entry.substr(variable.size()));
  }
  return ".";
}

std::unexpected<Failure> perf_failure(const std::string& file, platform::FileError error) {
  return fail(exit_code::cannot_load,
              "--perf: " + file + ": " + std::string(platform::file_error_text(error)));
}

}  // namespace

Fallible<platform::CodeListeners> code_listeners(const RunOptions& options) {
  platform::CodeListeners listeners;
  if (options.perf == PerfOutput::map) {
    auto map = platform::make_perf_map();
    if (!map) return perf_failure("the map", map.error());
    listeners.push_back(*std::move(map));
  }
  if (options.perf == PerfOutput::jitdump) {
    const std::string folder = jitdump_folder();
    auto dump = platform::make_jitdump(folder);
    if (!dump) return perf_failure(platform::jitdump_path(folder), dump.error());
    listeners.push_back(*std::move(dump));
  }
  if (options.tells_gdb) listeners.push_back(platform::make_gdb_symbols());
  return listeners;
}

}  // namespace waxwing::cli
