// Lists environment variables, for which the standard library has only a lookup.
#include "platform/environment.h"

#include <unistd.h>

namespace waxwing::platform {

std::vector<std::string_view> environment() {
  std::vector<std::string_view> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace waxwing::platform
