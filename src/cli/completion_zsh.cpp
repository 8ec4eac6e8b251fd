// Completion for zsh: a function for compinit to find, or to be sourced behind it.
#include "cli/completion.h"
#include "cli/help.h"

namespace waxwing::cli {
namespace {

std::string zsh_quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

/// `text` where zsh's _arguments and _describe take colons and brackets for their own.
std::string escaped(std::string text) {
  for (const char* special : {"\\", ":", "[", "]"}) {
    text = replaced(std::move(text), special, std::string("\\") + special);
  }
  return text;
}

std::string value_action(const OptionDescription& option) {
  if (!option.choices.empty()) return "(" + join(option.choices, " ") + ")";
  switch (value_kind(option)) {
    case ValueKind::file: return "_files";
    case ValueKind::directory: return "_files -/";
    case ValueKind::other: break;
  }
  return " ";
}

/// What _arguments is told of an option, a word for each of its names.
std::string option_specs(const OptionDescription& option) {
  std::string specs;
  for (const std::string& name : option.names) {
    std::string spec = option.is_repeated ? "*" : "";
    if (!option.is_repeated && option.names.size() > 1) spec = "(" + join(option.names, " ") + ")";
    spec += name;
    if (option.takes_value()) spec += name.starts_with("--") ? "=" : "+";
    spec += "[" + escaped(option.what) + "]";
    if (option.takes_value()) spec += ":" + escaped(option.value) + ":" + value_action(option);
    specs += " \\\n    " + zsh_quoted(spec);
  }
  return specs;
}

std::string function_name(const std::string& command) {
  return "_waxwing_" + replaced(command, " ", "_");
}

std::string command_function(const CommandDescription& command) {
  // Behind a program's file all is the program's.
  std::string text = function_name(command.name) + "() {\n  _arguments" +
                     (command.name == "run" ? " -A '-*'" : "");
  for (const OptionDescription& option : command.options) text += option_specs(option);
  const Operands operands = operands_of(command);
  if (operands.are_files) text += " \\\n    '*:file:_files'";
  if (!operands.words.empty()) text += " \\\n    '1: :(" + join(operands.words, " ") + ")'";
  return text + "\n}\n\n";
}

/// The commands (`of` is empty) or the actions of one, as _describe takes them.
std::string described(std::string_view of) {
  std::string words;
  for (const VerbHelp& help : all_verb_helps()) {
    const size_t space = help.name.find(' ');
    const bool is_action = space != help.name.npos;
    if ((is_action ? help.name.substr(0, space) : "") != of) continue;
    const std::string word(is_action ? help.name.substr(space + 1) : help.name);
    words += "\n    " + zsh_quoted(word + ":" + escaped(std::string(help.brief)));
  }
  return words;
}

/// Goes from the first words to the function of their command.
std::string dispatch(std::span<const CommandDescription> commands) {
  std::string text = R"(_waxwing() {
  local -a choices
  local command=run
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    choices=()" + described({}) +
                     R"()
    _describe -t commands command choices
    _files
    return
  fi
  case $words[2] in
    ()" + join(first_words(), "|") +
                     R"())
      command=$words[2]
      shift words
      ((CURRENT--))
      ;;
  esac
)";
  for (const CommandDescription& command : commands) {
    const std::string actions = described(command.name);
    if (actions.empty()) continue;
    text += "  if [[ $command == " + command.name + " ]]; then\n" +
            "    if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n      choices=(" + actions +
            ")\n      _describe -t actions action choices\n      return\n    fi\n" +
            "    (( ${+functions[_waxwing_" + command.name + "_$words[2]]} )) && {\n" +
            "      command+=_$words[2]\n      shift words\n      ((CURRENT--))\n    }\n  fi\n";
  }
  return text + "  _waxwing_$command\n}\n\n";
}

}  // namespace

std::string zsh_completion(std::span<const CommandDescription> commands) {
  std::string text =
      "#compdef waxwing\n# Completion for waxwing in zsh, made by `waxwing completion zsh`.\n\n";
  for (const CommandDescription& command : commands) text += command_function(command);
  text += "_waxwing_help() {\n  _arguments '1: :(" + join(first_words(), " ") + ")'\n}\n\n";
  return text + dispatch(commands) +
         "# Found by compinit, this is the function's body; sourced, it has to be told of.\n"
         "if [[ $funcstack[1] == _waxwing ]]; then\n  _waxwing \"$@\"\nelse\n"
         "  compdef _waxwing waxwing\nfi\n";
}

}  // namespace waxwing::cli
