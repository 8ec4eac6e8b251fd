// The commands and their options as data, for help, completion and manual pages alike. It is made
// by the same code that reads a command line, so nothing is said twice.
#pragma once

#include <string>
#include <vector>

namespace waxwing::cli {

struct OptionDescription {
  std::vector<std::string> names = {};  // the long one last: "-o", "--output"
  std::string value;                    // its form, as help shows it; empty where there is none
  std::string what;
  std::vector<std::string> choices = {};  // the values that there are, where they are few
  bool is_repeated = false;

  bool takes_value() const { return !value.empty(); }
};

struct CommandDescription {
  std::string name;  // of an action of a command: both, as in "cache ls"
  std::vector<OptionDescription> options = {};
};

/// All commands in the order of help, the actions of one behind it. `help` has no options.
std::vector<CommandDescription> command_table();

}  // namespace waxwing::cli
