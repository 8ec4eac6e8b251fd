// The texts of `waxwing help` that no option carries.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace waxwing::cli {

struct VerbHelp {
  std::string_view name;  // of an action of a command: both, as in "cache ls"
  std::string_view brief;
  std::string_view usage;  // behind "waxwing "
  std::string_view summary;
  std::string_view details;  // examples and the like, below the options
};

/// REQUIRES: `name` is a command's.
const VerbHelp& verb_help(std::string_view name);

/// The commands in the order in which help lists them, their actions behind them.
std::span<const VerbHelp> all_verb_helps();

/// The commands (`of` is empty) or the actions of one, a line each.
std::string list_of_verbs(std::string_view of);

/// What `waxwing help` prints.
std::string overview();

/// The environment variables that Waxwing reads itself, and the files that it keeps: their names,
/// and what they are.
struct NamedThing {
  std::string_view name;
  std::string_view what;
};
std::span<const NamedThing> environment_help();
std::span<const NamedThing> files_help();

}  // namespace waxwing::cli
