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
  std::string text = "usage: waxwing " + std::string(help.usage) + "\n\n" +
                     std::string(help.summary) + "\n\noptions:\n";
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

}  // namespace

void add_values(CLI::App& app, const char* name, Arguments& values, OptionHelp help) {
  CLI::Option* option = app.add_option(name, values, help.what);
  option->allow_extra_args(false)->take_all()->option_text(help.value);
}

void add_value(CLI::App& app, const char* name, std::string& value, OptionHelp help) {
  app.add_option(name, value, help.what)->option_text(help.value);
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
    return HelpOptions{help_text(app)};
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
