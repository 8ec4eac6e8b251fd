// waxwing man: the command table and the texts of help as pages for man(1). [man(7)]
#include <algorithm>
#include <cctype>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/output.h"
#include "engine/version.h"

namespace waxwing::cli {
namespace {

/// `text` as roff reads it: nothing in it is a request, and a hyphen can be copied into a shell.
std::string roff(std::string_view text) {
  std::string escaped = replaced(std::string(text), "\\", "\\e");
  escaped = replaced(std::move(escaped), "-", "\\-");
  escaped = replaced(std::move(escaped), "\n.", "\n\\&.");
  escaped = replaced(std::move(escaped), "\n'", "\n\\&'");
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped;
}

/// The name of a command's page, or of Waxwing's own where `command` is empty.
std::string page_name(std::string_view command) {
  return command.empty() ? "waxwing" : "waxwing-" + std::string(command);
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string section(std::string_view title) { return ".SH \"" + upper(title) + "\"\n"; }

std::string head(const std::string& name, std::string_view brief) {
  return ".\\\" Made by `waxwing man`.\n.TH \"" + roff(upper(name)) + "\" \"1\" \"\" \"waxwing " +
         roff(engine::version()) + "\" \"Waxwing\"\n" + section("name") + roff(name) + " \\- " +
         roff(brief) + "\n";
}

std::string synopsis(std::string_view usage) {
  return section("synopsis") + "\\fBwaxwing\\fR " + roff(usage) + "\n";
}

std::string option_entries(const CommandDescription& command) {
  std::string text;
  for (const OptionDescription& option : command.options) {
    text += ".TP\n";
    for (size_t i = 0; i < option.names.size(); ++i) {
      text += (i == 0 ? "\\fB" : ", \\fB") + roff(option.names[i]) + "\\fR";
    }
    if (option.takes_value()) text += " \\fI" + roff(option.value) + "\\fR";
    text += "\n" + roff(option.what);
    if (option.is_repeated) text += "; may be given several times";
    text += ".\n";
    if (!option.choices.empty() && option.choices.size() > 2) {
      text += ".br\nValues: " + roff(join(option.choices, ", ")) + ".\n";
    }
  }
  return text;
}

/// The sections of a help text: "examples:" in a line of its own heads lines that are shown as they
/// are, without the margin that help gives them.
std::string details(std::string_view text) {
  std::string result;
  bool is_open = false;
  const auto close = [&] {
    while (result.ends_with("\n\n")) result.pop_back();
    if (is_open) result += ".fi\n";
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with(':') && !line.starts_with(' ')) {
      close();
      result += section(line.substr(0, line.size() - 1)) + ".nf\n";
      is_open = true;
    } else if (is_open) {
      result += roff(line.starts_with("  ") ? line.substr(2) : line) + "\n";
    }
  }
  close();
  return result;
}

std::string see_also(std::span<const std::string> commands) {
  std::string text = section("see also");
  for (const std::string& command : commands) {
    text += ".BR " + roff(page_name(command)) + " (1)" + (&command == &commands.back() ? "" : ",") +
            "\n";
  }
  return text;
}

std::string named_things(std::string_view title, std::span<const NamedThing> things) {
  std::string text = section(title);
  for (const NamedThing& thing : things) {
    text += ".TP\n\\fB" + roff(thing.name) + "\\fR\n" + roff(thing.what) + ".\n";
  }
  return text;
}

/// A command's page, with its actions.
std::string command_page(const std::string& name, std::span<const CommandDescription> commands) {
  const VerbHelp& help = verb_help(name);
  std::string text = head(page_name(name), help.brief) + synopsis(help.usage) +
                     section("description") + roff(help.summary) + "\n";
  for (const CommandDescription& command : commands) {
    if (command.name == name) {
      text += section("options") + option_entries(command);
    } else if (command.name.starts_with(name + " ")) {
      const VerbHelp& action = verb_help(command.name);
      text += section("waxwing " + command.name) + "\\fBwaxwing\\fR " + roff(action.usage) +
              "\n.PP\n" + roff(action.summary) + "\n" + option_entries(command) +
              replaced(details(action.details), ".SH ", ".SS ");
    }
  }
  const std::string parent;
  return text + details(help.details) + see_also({&parent, 1});
}

/// The page that leads to all others.
std::string main_page() {
  std::string text = head("waxwing", "runs WebAssembly programs") +
                     synopsis("[run] [OPTIONS] FILE.wasm [ARGUMENTS]") +
                     ".br\n\\fBwaxwing\\fR COMMAND [OPTIONS]\n" + section("description") +
                     "Waxwing runs WebAssembly programs, modules in the binary or the text format, "
                     "and has commands that\ncheck, show, convert and compile them.\n" +
                     section("commands");
  std::vector<std::string> pages;
  for (const VerbHelp& help : all_verb_helps()) {
    if (help.name.find(' ') != help.name.npos) continue;
    text += ".TP\n\\fB" + roff(help.name) + "\\fR\n" + roff(help.brief) + ".\n";
    if (help.name != "help") pages.emplace_back(help.name);
  }
  const std::string help = overview();
  return text + named_things("environment", environment_help()) +
         named_things("files", files_help()) + details(help.substr(help.find("examples:\n"))) +
         see_also(pages);
}

Fallible<> write_page(const std::string& folder, const std::string& name, const std::string& page) {
  return write_output(folder + "/" + name + ".1",
                      {reinterpret_cast<const uint8_t*>(page.data()), page.size()});
}

}  // namespace

Fallible<int> man(const ManOptions& options) {
  const std::vector<CommandDescription> commands = command_table();
  if (options.folder.empty()) {
    TRY(print(options.command.empty() ? main_page() : command_page(options.command, commands)));
    return exit_code::success;
  }
  TRY(write_page(options.folder, page_name({}), main_page()));
  for (const CommandDescription& command : commands) {
    if (command.name.find(' ') != command.name.npos) continue;
    TRY(write_page(options.folder, page_name(command.name), command_page(command.name, commands)));
  }
  return exit_code::success;
}

}  // namespace waxwing::cli
