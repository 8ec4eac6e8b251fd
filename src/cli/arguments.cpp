// See arguments.h.
#include "cli/arguments.h"

#include <algorithm>

#include "cli/help.h"

namespace waxwing::cli {

std::unexpected<Failure> usage_failure(std::string what, std::string hint) {
  return fail(exit_code::usage, std::move(what), std::move(hint));
}

std::string help_hint(const CLI::App& app) {
  return "waxwing " + app.get_name() + " --help lists the options";
}

namespace {

std::string option_name(const CLI::Option& option) { return option.get_name(false, false); }

std::string help_text(const CLI::App& app) {
  const VerbHelp& help = verb_help(app.get_name());
  std::string text =
      "usage: waxwing " + std::string(help.usage) + "\n\n" + std::string(help.summary) + "\n\n";
  const std::string actions = list_of_verbs(help.name);
  if (!actions.empty()) text += "actions:\n" + actions + "\n";
  text += "options:\n";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    std::string left = "  " + option_name(*option);
    if (!option->get_option_text().empty()) left += " " + option->get_option_text();
    constexpr size_t column = 32;
    left += left.size() < column ? std::string(column - left.size(), ' ') : "  ";
    text += left + option->get_description() + "\n";
  }
  return text + std::string(help.details);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const size_t end = std::min(list.find('|'), list.size());
    words.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

/// A list of choices, and no placeholder for others: "map|jitdump".
bool is_list(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c == '|' || (c >= 'a' && c <= 'z'); });
}

/// CLI11 has a place for the name of an option's type, which our help does not show.
void keep_choices(CLI::Option& option, const OptionHelp& help) {
  option.type_name(help.choices.empty() && is_list(help.value) ? help.value : help.choices);
}

CommandDescription describe(const CLI::App& app) {
  CommandDescription command{.name = app.get_name()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    OptionDescription described{
        .value = option->get_option_text(),
        .what = option->get_description(),
        .is_repeated = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll};
    for (const std::string& name : option->get_snames()) described.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) described.names.push_back("--" + name);
    if (described.takes_value()) described.choices = split(option->get_type_name());
    command.options.push_back(std::move(described));
  }
  return command;
}

}  // namespace

void add_values(CLI::App& app, const char* name, Arguments& values, const OptionHelp& help) {
  CLI::Option* option = app.add_option(name, values, help.what);
  option->allow_extra_args(false)->take_all()->option_text(help.value);
  keep_choices(*option, help);
}

void add_value(CLI::App& app, const char* name, std::string& value, const OptionHelp& help) {
  CLI::Option* option = app.add_option(name, value, help.what)->option_text(help.value);
  keep_choices(*option, help);
}

std::unexpected<Failure> unexpected_argument(const CLI::App& app, const std::string& extra) {
  if (!extra.starts_with('-')) {
    return usage_failure("unexpected argument '" + extra + "'", help_hint(app));
  }
  const std::string name = extra.substr(0, extra.find('='));
  Arguments names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option_name(*option));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view meant = nearest(name, views);
  return usage_failure("unknown option '" + name + "'",
                       meant.empty()
                           ? help_hint(app)
                           : "did you mean " + std::string(meant) + "? " + help_hint(app));
}

Fallible<std::optional<HelpOptions>> parse(CLI::App& app, const Arguments& args) {
  Arguments reversed = args;
  std::ranges::reverse(reversed);
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return HelpOptions{help_text(app), describe(app)};
  } catch (const CLI::ParseError& error) {
    const std::string what = error.what();
    if (error.get_name() == "ArgumentMismatch") {
      return usage_failure("option " + what.substr(0, what.find(':')) + " needs a value",
                           help_hint(app));
    }
    return usage_failure(what, help_hint(app));
  }
  return std::nullopt;
}

Fallible<std::optional<HelpOptions>> parse_all(CLI::App& app, std::span<char* const> args) {
  app.allow_extras();
  Arguments respelt(args.begin(), args.end());
  if (app.get_option_no_throw("--cache-dir") != nullptr) std::ranges::for_each(respelt, respell);
  if (auto help = TRY(parse(app, respelt))) return help;
  if (app.remaining_size() != 0) return unexpected_argument(app, app.remaining()[0]);
  return std::nullopt;
}

bool respell(std::string& argument) {
  constexpr std::string_view theirs = "-cachedir";
  constexpr std::string_view ours = "--cache-dir";
  if (argument != theirs && !argument.starts_with("-cachedir=")) return false;
  argument.replace(0, theirs.size(), ours);
  return true;
}

}  // namespace waxwing::cli
