// Gathers variables of this process and of the command line.
#include "cli/environment.h"

#include <algorithm>
#include <cstdlib>

extern "C" char** environ;  // POSIX's; the standard library can look up names, but not list them

namespace waxwing::cli {

std::vector<std::string> guest_environment(const RunOptions& options) {
  std::vector<std::string> variables;
  if (options.inherits_environment) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (text.find('=') != text.npos && text[0] != '=') variables.emplace_back(text);
    }
  }
  for (const EnvironmentEntry& entry : options.environment) {
    const char* inherited = std::getenv(entry.name.c_str());
    if (!entry.value && inherited == nullptr) continue;
    std::string variable = entry.name + "=";
    std::erase_if(variables, [&](const std::string& old) { return old.starts_with(variable); });
    variables.push_back(variable + (entry.value ? *entry.value : inherited));
  }
  return variables;
}

}  // namespace waxwing::cli
