// What the grammars of all commands share: options that look alike, and fail alike. CLI11 splits
// the command line into strings; what they mean is decided here.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.h"
#include "cli/options.h"
#include "cli/units.h"

namespace waxwing::cli {

using Arguments = std::vector<std::string>;

std::unexpected<Failure> usage_failure(std::string what, std::string hint);

/// Where the options of the command are listed.
std::string help_hint(const CLI::App& app);

/// What help says of an option: the form of its value, and what it does. `choices` are the values
/// that there are, where they are few: "a|b". Not needed where `value` is such a list itself.
struct OptionHelp {
  const char* value;
  const char* what;
  std::string choices = {};
};

/// An option that takes one value and may be given several times.
void add_values(CLI::App& app, const char* name, Arguments& values, const OptionHelp& help);
void add_value(CLI::App& app, const char* name, std::string& value, const OptionHelp& help);

/// `extra` is nothing that `app` knows.
std::unexpected<Failure> unexpected_argument(const CLI::App& app, const std::string& extra);

/// Lets CLI11 read `args`; what it does not know is left in app.remaining(). Help is a result too.
Fallible<std::optional<HelpOptions>> parse(CLI::App& app, const Arguments& args);

/// The same where nothing that `app` does not know may be left, and options in the spelling of
/// others are ours.
Fallible<std::optional<HelpOptions>> parse_all(CLI::App& app, std::span<char* const> args);

/// Makes an option in wazero's spelling ours: -cachedir. Whether it was one.
bool respell(std::string& argument);

/// What a parser of units.h made of an option's value.
template <typename T>
Fallible<T> checked(std::string_view option, Parsed<T> parsed) {
  if (parsed) return *std::move(parsed);
  return usage_failure(std::string(option) + ": " + parsed.error(), {});
}

}  // namespace waxwing::cli
