// Gathers variables of this process and of the command line.
#include "cli/environment.h"

#include <algorithm>
#include <cstdlib>

#include "platform/environment.h"

namespace waxwing::cli {

std::vector<std::string> guest_environment(const RunOptions& options) {
  std::vector<std::string> variables;
  if (options.inherits_environment) {
    for (std::string_view variable : platform::environment()) {
      const size_t separator = variable.find('=');
      if (separator != 0 && separator != variable.npos) variables.emplace_back(variable);
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
