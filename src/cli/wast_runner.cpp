// A script from its text to its report.
#include "cli/wast_runner.h"

#include <algorithm>

#include "cli/wast_world.h"
#include "platform/clock.h"
#include "text/source_location.h"

namespace waxwing::cli {
namespace {

ScriptReport not_run(std::string file, std::string error) {
  while (error.ends_with('\n')) error.pop_back();
  ScriptReport report;
  report.file = std::move(file);
  report.error = std::move(error);
  return report;
}

std::optional<uint64_t> deadline_ns(std::optional<uint64_t> timeout_ns) {
  if (!timeout_ns) return std::nullopt;
  const uint64_t now_ns = platform::monotonic_ns();
  return now_ns + std::min(*timeout_ns, UINT64_MAX - now_ns);
}

}  // namespace

ScriptReport run_script(const ScriptSettings& settings, std::string file, std::string_view text) {
  const std::optional<uint64_t> deadline = deadline_ns(settings.timeout_ns);
  const auto commands = text::parse_script(text);
  if (!commands) {
    std::string error = text::render_error(file, text, commands.error());
    return not_run(std::move(file), std::move(error));
  }
  const LineIndex lines(text);
  const ScriptContext context{settings, text, lines, deadline};
  auto world = ScriptWorld::create(context);
  if (!world) return not_run(std::move(file), world.error().message());
  ScriptReport report = (*world)->run(*commands);
  report.file = std::move(file);
  return report;
}

}  // namespace waxwing::cli
