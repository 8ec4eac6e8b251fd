// What the scripts of all shells share.
#include "cli/completion.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/help.h"

namespace waxwing::cli {
namespace {

constexpr std::string_view shells[] = {"bash", "zsh", "fish"};

/// The last words of the commands whose names begin with `prefix` and have one word more.
std::vector<std::string> words_behind(std::string_view prefix) {
  std::vector<std::string> words;
  for (const VerbHelp& help : all_verb_helps()) {
    if (!help.name.starts_with(prefix)) continue;
    const std::string_view word = help.name.substr(prefix.size());
    if (word.find(' ') == word.npos) words.emplace_back(word);
  }
  return words;
}

}  // namespace

std::span<const std::string_view> completion_shells() { return shells; }

Operands operands_of(const CommandDescription& command) {
  const std::string_view usage = verb_help(command.name).usage;
  if (usage.find("FILE") != usage.npos) return {.are_files = true};
  if (usage.find("SHELL") != usage.npos) return {.words = {std::begin(shells), std::end(shells)}};
  if (usage.find("ACTION") != usage.npos) return {.words = words_behind(command.name + " ")};
  if (usage.find("COMMAND") != usage.npos) return {.words = words_behind("")};
  return {};
}

ValueKind value_kind(const OptionDescription& option) {
  if (option.value == "FILE") return ValueKind::file;
  if (option.value == "DIR" || option.value.starts_with("HOST[")) return ValueKind::directory;
  return ValueKind::other;
}

std::vector<std::string> first_words() { return words_behind(""); }

std::string join(std::span<const std::string> words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

std::string replaced(std::string text, std::string_view old_text, std::string_view new_text) {
  for (size_t at = text.find(old_text); at != text.npos;
       at = text.find(old_text, at + new_text.size())) {
    text.replace(at, old_text.size(), new_text);
  }
  return text;
}

Fallible<int> completion(const CompletionOptions& options) {
  const std::vector<CommandDescription> commands = command_table();
  if (options.shell == "bash") {
    TRY(print(bash_completion(commands)));
  } else if (options.shell == "zsh") {
    TRY(print(zsh_completion(commands)));
  } else {
    TRY(print(fish_completion(commands)));
  }
  return exit_code::success;
}

}  // namespace waxwing::cli
