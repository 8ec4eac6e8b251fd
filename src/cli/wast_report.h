// What running scripts of the official suite came to, as text and as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::cli {

/// A command that did not do what the script says.
struct ScriptFailure {
  size_t line = 0;    // from 1
  size_t column = 0;  // from 1, in bytes
  std::string keyword;
  std::string source;  // the beginning of the command
  std::string expected;
  std::string found;
};

struct ScriptReport {
  std::string file;
  uint64_t commands = 0;  // that were run, assertions among them
  uint64_t assertions = 0;
  uint64_t failed = 0;                  // commands
  std::vector<ScriptFailure> failures;  // the first `max_kept` of these
  std::string error;                    // why the script was not run to its end; empty where it was
  std::optional<uint64_t> fuel_used;    // of an engine that counts it, but for endless recursion

  static constexpr size_t max_kept = 10'000;

  bool passed() const { return failed == 0 && error.empty(); }
  void add(ScriptFailure failure);
  /// Adds the commands and failures of a thread.
  void merge(ScriptReport thread);
};

/// A line "ok    FILE  N assertions", or "FAIL  FILE" and the failures below it, of which at most
/// `max_failures` are told.
std::string to_text(const ScriptReport& report, size_t max_failures);

/// "258 scripts, 57361 assertions: all passed", or how many did not.
std::string totals_text(std::span<const ScriptReport> reports);

/// All reports and their totals as one JSON object.
std::string to_json(std::span<const ScriptReport> reports);

}  // namespace waxwing::cli
