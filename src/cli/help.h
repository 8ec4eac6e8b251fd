// The texts of `waxwing help` that no option carries.
#pragma once

#include <string_view>

namespace waxwing::cli {

struct VerbHelp {
  std::string_view name;
  std::string_view usage;  // behind "waxwing "
  std::string_view summary;
  std::string_view details;  // examples and the like, below the options
};

/// REQUIRES: `name` is a command's.
const VerbHelp& verb_help(std::string_view name);

/// What `waxwing help` prints.
extern const std::string_view overview;

}  // namespace waxwing::cli
