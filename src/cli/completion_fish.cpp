// Completion for fish.
#include "cli/completion.h"
#include "cli/help.h"

namespace waxwing::cli {
namespace {

/// Tells which command is being written. What a program is given behind its file is not ours.
constexpr std::string_view fish_walk = R"(
function __waxwing_command
    set -l words (commandline -opc)
    set -e words[1]
    if not set -q words[1]
        echo run
        echo none
    else if contains -- $words[1] $__waxwing_commands
        set -l command $words[1]
        if set -q words[2]; and contains -- "$command $words[2]" $__waxwing_actions
            set command "$command $words[2]"
        end
        echo $command
    else
        echo run
    end
end

function __waxwing_is
    contains -- "$argv" (__waxwing_command); or return
    if test "$argv" = run
        not string match -qr '\.(wasm|wat|wxm)$' -- (commandline -opc)
    end
end

)";

std::string fish_quoted(std::string text) {
  return "'" + replaced(replaced(std::move(text), "\\", "\\\\"), "'", "\\'") + "'";
}

std::string value_words(const OptionDescription& option) {
  if (!option.takes_value()) return {};
  if (!option.choices.empty()) return " -x -a " + fish_quoted(join(option.choices, " "));
  switch (value_kind(option)) {
    case ValueKind::file: return " -r";
    case ValueKind::directory: return " -x -a '(__fish_complete_directories)'";
    case ValueKind::other: break;
  }
  return " -x";
}

std::string option_line(const OptionDescription& option) {
  std::string line;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return line + value_words(option) + " -d " + fish_quoted(option.what) + "\n";
}

}  // namespace

std::string fish_completion(std::span<const CommandDescription> commands) {
  std::string actions, lines;
  for (const VerbHelp& help : all_verb_helps()) {
    const std::string name(help.name);
    const size_t space = name.find(' ');
    const bool is_action = space != name.npos;
    if (is_action) actions += " " + fish_quoted(name);
    const std::string owner = is_action ? name.substr(0, space) : "none";
    const std::string word = is_action ? name.substr(space + 1) : name;
    lines += "complete -c waxwing -n '__waxwing_is " + owner + "' -a " + word + " -d " +
             fish_quoted(std::string(help.brief)) + "\n";
  }
  for (const CommandDescription& command : commands) {
    const std::string head = "complete -c waxwing -n '__waxwing_is " + command.name + "'";
    for (const OptionDescription& option : command.options) lines += head + option_line(option);
    const Operands operands = operands_of(command);
    if (operands.are_files) continue;
    const bool lists_actions = actions.find("'" + command.name + " ") != actions.npos;
    lines += head + " -f";
    if (!operands.words.empty() && !lists_actions) {
      lines += " -a " + fish_quoted(join(operands.words, " "));
    }
    lines += "\n";
  }
  const std::vector<std::string> words = first_words();
  lines +=
      "complete -c waxwing -n '__waxwing_is help' -f -a " + fish_quoted(join(words, " ")) + "\n";
  return "# Completion for waxwing in fish, made by `waxwing completion fish`.\n"
         "set -g __waxwing_commands " +
         join(words, " ") + "\nset -g __waxwing_actions" + actions + "\n" + std::string(fish_walk) +
         lines;
}

}  // namespace waxwing::cli
