// waxwing completion: the command table as a script that a shell completes by.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_table.h"

namespace waxwing::cli {

/// The shells that there are scripts for.
std::span<const std::string_view> completion_shells();

/// What stands at the places of a command that are no options.
struct Operands {
  std::vector<std::string> words = {};  // these,
  bool are_files = false;               // or files
};
Operands operands_of(const CommandDescription& command);

/// What a value of an option can be besides its choices.
enum class ValueKind : uint8_t { other, file, directory };
ValueKind value_kind(const OptionDescription& option);

std::string bash_completion(std::span<const CommandDescription> commands);
std::string zsh_completion(std::span<const CommandDescription> commands);
std::string fish_completion(std::span<const CommandDescription> commands);

/// The commands that are no actions of another, and `help`.
std::vector<std::string> first_words();
std::string join(std::span<const std::string> words, std::string_view between);
/// `text` with `old_text` replaced by `new_text` everywhere.
std::string replaced(std::string text, std::string_view old_text, std::string_view new_text);

}  // namespace waxwing::cli
