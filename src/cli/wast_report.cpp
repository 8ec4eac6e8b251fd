// Reports of scripts, for people and for programs.
#include "cli/wast_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace waxwing::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Totals {
  size_t scripts = 0;
  size_t failed_scripts = 0;
  uint64_t commands = 0;
  uint64_t assertions = 0;
  uint64_t failures = 0;
};

Totals sum(std::span<const ScriptReport> reports) {
  Totals totals;
  totals.scripts = reports.size();
  for (const ScriptReport& report : reports) {
    totals.failed_scripts += report.passed() ? 0 : 1;
    totals.commands += report.commands;
    totals.assertions += report.assertions;
    totals.failures += report.failed;
  }
  return totals;
}

std::string count(uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

/// Later lines of a text stand below its first one.
std::string indented(std::string_view text) {
  std::string lines;
  for (char c : text) {
    lines += c;
    if (c == '\n') lines += "            ";
  }
  return lines;
}

std::string to_text(const ScriptFailure& failure, std::string_view file) {
  return "  " + std::string(file) + ":" + std::to_string(failure.line) + ":" +
         std::to_string(failure.column) + ": " + failure.source +
         "\n    expected: " + indented(failure.expected) +
         "\n    found:    " + indented(failure.found) + "\n";
}

Json json_of(const ScriptReport& report) {
  Json json = {{"file", report.file},
               {"passed", report.passed()},
               {"commands", report.commands},
               {"assertions", report.assertions},
               {"failed", report.failed}};
  if (report.fuel_used) json["fuel_used"] = *report.fuel_used;
  if (!report.error.empty()) json["error"] = report.error;
  json["failures"] = Json::array();
  for (const ScriptFailure& failure : report.failures) {
    json["failures"].push_back({{"line", failure.line},
                                {"column", failure.column},
                                {"command", failure.keyword},
                                {"source", failure.source},
                                {"expected", failure.expected},
                                {"found", failure.found}});
  }
  return json;
}

}  // namespace

void ScriptReport::add(ScriptFailure failure) {
  ++failed;
  if (failures.size() < max_kept) failures.push_back(std::move(failure));
}

void ScriptReport::merge(ScriptReport thread) {
  commands += thread.commands;
  assertions += thread.assertions;
  if (fuel_used && thread.fuel_used) *fuel_used += *thread.fuel_used;
  failed += thread.failed - thread.failures.size();
  for (ScriptFailure& failure : thread.failures) add(std::move(failure));
  if (error.empty()) error = std::move(thread.error);
}

std::string to_text(const ScriptReport& report, size_t max_failures) {
  const std::string assertions = count(report.assertions, "assertion");
  const std::string fuel =
      report.fuel_used ? ", " + std::to_string(*report.fuel_used) + " fuel" : std::string();
  if (report.passed()) return "ok    " + report.file + "  " + assertions + fuel + "\n";
  std::string text = "FAIL  " + report.file + "  ";
  if (report.failed != 0) {
    text += count(report.failed, "failure") + ", " + assertions + "\n";
  } else {
    text += "after " + assertions + "\n";
  }
  const size_t shown = std::min(report.failures.size(), max_failures);
  for (size_t i = 0; i < shown; ++i) text += to_text(report.failures[i], report.file);
  if (report.failed > shown) {
    text += "  and " + std::to_string(report.failed - shown) + " more" +
            (shown < report.failures.size() ? "; --verbose shows them\n" : "\n");
  }
  if (!report.error.empty()) text += "  " + report.error + "\n";
  return text;
}

std::string totals_text(std::span<const ScriptReport> reports) {
  const Totals totals = sum(reports);
  std::string text =
      count(totals.scripts, "script") + ", " + count(totals.assertions, "assertion") + ": ";
  if (totals.failed_scripts == 0) return text + "all passed\n";
  return text + count(totals.failed_scripts, "script") + " failed, with " +
         count(totals.failures, "failure") + "\n";
}

std::string to_json(std::span<const ScriptReport> reports) {
  const Totals totals = sum(reports);
  Json json;
  json["scripts"] = Json::array();
  for (const ScriptReport& report : reports) json["scripts"].push_back(json_of(report));
  json["totals"] = {{"scripts", totals.scripts},
                    {"failed_scripts", totals.failed_scripts},
                    {"commands", totals.commands},
                    {"assertions", totals.assertions},
                    {"failures", totals.failures}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace waxwing::cli
