// Completion for bash, which needs nothing but bash itself.
#include <map>

#include "cli/completion.h"

namespace waxwing::cli {
namespace {

/// Which command is being written, and what has been written of it. Bash gives "--name=value" as
/// three words, unless its user has told it otherwise.
constexpr std::string_view bash_walk = R"sh(
_waxwing() {
  local current=${COMP_WORDS[COMP_CWORD]} command= option= word= given=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      [[ $word == = ]] || option=
    elif [[ $word == -?* ]]; then
      : "${command:=run}"
      _waxwing_takes_value "$command" "$word" && option=$word
    elif [[ $word != = ]]; then
      if [[ -z $command && " $_waxwing_commands " == *" $word "* ]]; then
        command=$word
      elif ((given == 0)) && _waxwing_has_command "$command $word"; then
        command+=" $word"
      else
        : "${command:=run}"
        ((++given))
      fi
    fi
  done
  if [[ -n $option ]]; then
    [[ $current != = ]] || current=
    _waxwing_value "${command:-run}" "$option" "$current"
  elif [[ $command == run && $given != 0 ]]; then
    _waxwing_files -f "$current"  # the program's own arguments
  elif [[ $current == -* ]]; then
    _waxwing_words "$(_waxwing_options "${command:-run}")" "$current"
  else
    _waxwing_operand "$command" "$current"
  fi
}

_waxwing_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }

_waxwing_files() {
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$1" -- "$2")
  compopt -o filenames 2>/dev/null
}

complete -F _waxwing waxwing
)sh";

std::string all_names(const CommandDescription& command, bool (*wanted)(const OptionDescription&)) {
  std::string names;
  for (const OptionDescription& option : command.options) {
    if (!wanted(option)) continue;
    names.append(names.empty() ? "" : " ").append(join(option.names, " "));
  }
  return names;
}

/// What completes the value of `option`: a line of the script.
std::string value_line(const OptionDescription& option) {
  if (!option.choices.empty()) {
    return "_waxwing_words '" + join(option.choices, " ") + "' \"$3\"";
  }
  switch (value_kind(option)) {
    case ValueKind::file: return "_waxwing_files -f \"$3\"";
    case ValueKind::directory: return "_waxwing_files -d \"$3\"";
    case ValueKind::other: break;
  }
  return {};
}

/// Options of several commands that are completed alike are one case.
std::string value_cases(std::span<const CommandDescription> commands) {
  std::map<std::string, std::string> patterns;  // by the line
  for (const CommandDescription& command : commands) {
    for (const OptionDescription& option : command.options) {
      const std::string line = value_line(option);
      if (line.empty()) continue;
      for (const std::string& name : option.names) {
        std::string& pattern = patterns[line];
        pattern.append(pattern.empty() ? "" : " | \\\n    ");
        pattern.append("'" + command.name + " " + name + "'");
      }
    }
  }
  std::string cases;
  for (const auto& [line, pattern] : patterns) {
    cases += "    " + pattern + ")\n      " + line + " ;;\n";
  }
  return cases;
}

/// A function of the script that answers for each command.
std::string function(std::string_view name, const std::string& cases) {
  return "\n" + std::string(name) + "() {\n  case $1 in\n" + cases + "  esac\n}\n";
}

}  // namespace

std::string bash_completion(std::span<const CommandDescription> commands) {
  std::string options, valued, actions, operands;
  for (const CommandDescription& command : commands) {
    const std::string head = "    '" + command.name + "') ";
    options += head + "echo '" + all_names(command, [](const OptionDescription&) { return true; }) +
               "' ;;\n";
    const std::string names =
        all_names(command, [](const OptionDescription& option) { return option.takes_value(); });
    if (!names.empty()) valued += head + "[[ ' " + names + " ' == *\" $2 \"* ]] ;;\n";
    if (command.name.find(' ') != command.name.npos) actions += head + "return 0 ;;\n";
    const Operands found = operands_of(command);
    if (found.are_files) operands += head + "_waxwing_files -f \"$2\" ;;\n";
    if (!found.words.empty()) {
      operands += head + "_waxwing_words '" + join(found.words, " ") + "' \"$2\" ;;\n";
    }
  }
  const std::string words = join(first_words(), " ");
  operands += "    help) _waxwing_words '" + words + "' \"$2\" ;;\n";
  operands += "    '') _waxwing_words \"$_waxwing_commands\" \"$2\"; _waxwing_files -f \"$2\" ;;\n";
  return "# Completion for waxwing in bash, made by `waxwing completion bash`.\n"
         "_waxwing_commands='" +
         words + "'\n" + std::string(bash_walk) + function("_waxwing_options", options) +
         function("_waxwing_takes_value", valued + "    *) return 1 ;;\n") +
         function("_waxwing_has_command", actions + "    *) return 1 ;;\n") +
         function("_waxwing_operand", operands) + "\n_waxwing_value() {\n  case \"$1 $2\" in\n" +
         value_cases(commands) + "  esac\n}\n";
}

}  // namespace waxwing::cli
