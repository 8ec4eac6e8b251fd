// The grammar of the command line, a function for each command.
#include "cli/options.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "cli/arguments.h"
#include "cli/cache_arguments.h"
#include "cli/completion.h"
#include "cli/engine_arguments.h"
#include "cli/help.h"
#include "cli/module_file.h"

namespace waxwing::cli {
namespace {

/// The options of `waxwing run` as they were written.
struct RunArguments {
  Arguments dirs, overlays, memory_dirs, archives, listeners, environment, preloads;
  std::string standard_input, invoke, timeout, fuel;
  std::string max_memory, max_heap, max_stack, max_written, max_entries;
  std::string trace, perf, debug_symbols;
  bool inherits_environment = false;
  bool is_deterministic = false;
  bool leaves_lines_out = false;
  bool stresses_gc = false;
  bool allows_precompiled = false;
  FeatureSwitches features;
  EngineChoice engine;
  CacheArguments cache;

  void add_to(CLI::App& app) {
    add_values(app, "--dir", dirs,
               {"HOST[::GUEST][:ro][:dev]", "lets the program use a directory"});
    add_values(app, "--overlay", overlays,
               {"HOST[::GUEST][:SIZE]", "lets it change a directory in memory alone"});
    add_values(app, "--tmpfs", memory_dirs,
               {"GUEST[:SIZE]", "gives it an empty directory in memory (default 256M)"});
    add_values(app, "--tar", archives, {"FILE::GUEST", "gives it what a tar archive holds"});
    add_values(app, "--listen", listeners,
               {"IP:PORT[:nonblock]", "gives it a socket that listens, as its next descriptor"});
    add_values(app, "--env", environment, {"N[=V]", "sets a variable, or passes its value on"});
    app.add_flag("--env-inherit", inherits_environment, "passes on all variables");
    add_value(app, "--stdin", standard_input, {"FILE", "what it reads as its standard input"});
    add_value(app, "--invoke", invoke,
              {"FUNC", "calls an export with the arguments, prints its results"});
    add_values(app, "--preload", preloads, {"NAME=FILE", "a module to import from as NAME"});
    add_value(app, "--timeout", timeout, {"DURATION", "stops the program, as in 500ms or 2s"});
    add_value(app, "--fuel", fuel, {"N", "stops it after N instructions, as in 250000 or 10M"});
    app.add_flag("--deterministic", is_deterministic,
                 "the same in every run: NaNs, clocks, random numbers");
    add_value(app, "--max-memory", max_memory, {"SIZE", "limits its memories, as in 64M or 1GiB"});
    add_value(app, "--max-heap", max_heap,
              {"SIZE", "limits its structures and arrays (default 4G)"});
    add_value(app, "--max-stack", max_stack, {"SIZE", "limits its call stack (default 8M)"});
    add_value(app, "--max-written", max_written, {"SIZE", "limits what it writes to files"});
    add_value(app, "--max-entries", max_entries, {"N", "limits how many names it makes"});
    add_value(app, "--trace", trace,
              {"SCOPES", "shows calls: a list of wasi, calls, host:PATTERN",
               "wasi|calls|wasi,calls|host:*"});
    app.add_flag("--no-source-lines", leaves_lines_out, "reads no DWARF to explain traps");
    add_value(app, "--perf", perf, {"map|jitdump", "names machine code for Linux's perf"});
    add_value(app, "--debug-symbols", debug_symbols,
              {"gdb", "names machine code for GDB and LLDB"});
    features.add_to(app);
    engine.add_to(app);
    app.add_flag("--allow-precompiled", allows_precompiled,
                 "runs a FILE that compile -o wrote: machine code, not held back");
    cache.add_to(app);
    // For tests: not in the help text.
    app.add_flag("--gc-stress", stresses_gc)->group("");
  }
};

/// --perf and --debug-symbols.
Fallible<> read_code_names(const CLI::App& app, const RunArguments& args, RunOptions& options) {
  if (app.count("--perf") != 0) {
    if (args.perf != "map" && args.perf != "jitdump") {
      return usage_failure("--perf: there is no '" + args.perf + "'",
                           "write --perf=map, or --perf=jitdump for perf inject and annotate");
    }
    options.perf = args.perf == "map" ? PerfOutput::map : PerfOutput::jitdump;
  }
  if (app.count("--debug-symbols") != 0) {
    if (args.debug_symbols != "gdb") {
      return usage_failure("--debug-symbols: there is no '" + args.debug_symbols + "'",
                           "write --debug-symbols=gdb, which LLDB reads too");
    }
    options.tells_gdb = true;
  }
  const bool names_code = options.perf != PerfOutput::none || options.tells_gdb;
  if (names_code && options.tier == engine::Tier::interpreter) {
    return usage_failure("the interpreter makes no machine code to name",
                         "leave --engine=interpreter out with --perf and --debug-symbols");
  }
  return {};
}

Fallible<RunOptions> run_options(const CLI::App& app, const RunArguments& args) {
  RunOptions options;
  for (const std::string& text : args.dirs) {
    options.preopens.push_back(TRY(checked("--dir", parse_preopen(text))));
  }
  for (const std::string& text : args.overlays) {
    options.preopens.push_back(TRY(checked("--overlay", parse_overlay(text))));
  }
  for (const std::string& text : args.memory_dirs) {
    options.memory_directories.push_back(TRY(checked("--tmpfs", parse_memory_directory(text))));
  }
  for (const std::string& text : args.archives) {
    options.archives.push_back(TRY(checked("--tar", parse_archive_mount(text))));
  }
  for (const std::string& text : args.listeners) {
    options.listeners.push_back(TRY(checked("--listen", parse_listener(text))));
  }
  for (const std::string& text : args.environment) {
    options.environment.push_back(TRY(checked("--env", parse_environment_entry(text))));
  }
  for (const std::string& text : args.preloads) {
    options.preloads.push_back(TRY(checked("--preload", parse_preload(text))));
  }
  if (app.count("--timeout") != 0) {
    options.timeout_ns = TRY(checked("--timeout", parse_duration_ns(args.timeout)));
  }
  if (app.count("--max-memory") != 0) {
    options.limits.max_memory_bytes =
        TRY(checked("--max-memory", parse_size_bytes(args.max_memory)));
  }
  if (app.count("--max-heap") != 0) {
    options.limits.max_heap_bytes = TRY(checked("--max-heap", parse_size_bytes(args.max_heap)));
  }
  options.limits.gc_stress = args.stresses_gc;
  if (app.count("--max-stack") != 0) {
    options.limits.max_stack_bytes = TRY(checked("--max-stack", parse_size_bytes(args.max_stack)));
  }
  if (app.count("--max-written") != 0) {
    options.quota.max_written_bytes =
        TRY(checked("--max-written", parse_size_bytes(args.max_written)));
  }
  if (app.count("--max-entries") != 0) {
    options.quota.max_entries = TRY(checked("--max-entries", parse_count(args.max_entries)));
  }
  if (app.count("--stdin") != 0) options.standard_input = args.standard_input;
  if (app.count("--invoke") != 0) options.invoke = args.invoke;
  options.inherits_environment = args.inherits_environment;
  options.features = TRY(args.features.result());
  options.tier = TRY(args.engine.result());
  options.codegen = TRY(args.engine.codegen.result());
  if (app.count("--fuel") != 0) {
    options.fuel = TRY(checked("--fuel", parse_fuel(args.fuel)));
    options.codegen.fuel = true;
  } else if (options.codegen.fuel) {
    options.fuel = UINT64_MAX;
  }
  if (app.count("--trace") != 0) {
    auto scopes = parse_trace_scopes(args.trace);
    if (!scopes) {
      return usage_failure("--trace: " + scopes.error(),
                           "scopes: wasi, calls, host:PATTERN, as in wasi,host:env.*");
    }
    options.trace = *std::move(scopes);
    options.codegen.listeners |= options.trace.calls;
  }
  options.is_deterministic = args.is_deterministic;
  options.has_source_lines = !args.leaves_lines_out;
  options.codegen.canonicalize_nans |= args.is_deterministic;
  options.cache = TRY(args.cache.result(app));
  if (options.timeout_ns) options.cache.wait_at_most(*options.timeout_ns / 4);
  options.allows_precompiled = args.allows_precompiled;
  TRY(read_code_names(app, args, options));
  return options;
}

/// Reads ours of `args`; the rest, from the module on, is left in app.remaining().
Fallible<std::optional<HelpOptions>> parse_before_module(CLI::App& app,
                                                         std::span<char* const> args) {
  app.prefix_command();
  Arguments respelt(args.begin(), args.end());
  for (;;) {
    if (auto help = TRY(parse(app, respelt))) return help;
    const Arguments rest = app.remaining();
    if (rest.empty() || !respell(*std::ranges::find(respelt, rest[0]))) return std::nullopt;
  }
}

/// Options before the module are ours, all that is behind it is the program's.
Fallible<Command> parse_run(CLI::App& app, std::span<char* const> args) {
  RunArguments values;
  values.add_to(app);
  if (auto help = TRY(parse_before_module(app, args))) return *std::move(help);
  Arguments rest = app.remaining();
  if (!rest.empty() && rest[0] == "--") rest.erase(rest.begin());
  if (rest.empty()) {
    return usage_failure("no module to run", "waxwing run [OPTIONS] FILE.wasm [ARGUMENTS]");
  }
  if (rest[0].starts_with('-') && rest[0] != "-") return unexpected_argument(app, rest[0]);
  RunOptions options = TRY(run_options(app, values));
  options.file = std::move(rest[0]);
  options.guest_args.assign(std::make_move_iterator(rest.begin() + 1),
                            std::make_move_iterator(rest.end()));
  return options;
}

/// --target: what --codegen says of the processor, for another one.
Fallible<> read_target(const std::string& target, CompileOptions& options) {
  if (options.tier == engine::Tier::interpreter) {
    return usage_failure("--target: the interpreter needs no machine code",
                         "leave --target out with --engine=interpreter");
  }
  options.codegen.cpu = TRY(checked("--target", parse_target(target)));
  options.tier = engine::Tier::baseline;
  return {};
}

Fallible<Command> parse_compile(CLI::App& app, std::span<char* const> args) {
  CompileOptions options;
  std::string target;
  FeatureSwitches switches;
  EngineChoice engine;
  CacheArguments cache;
  app.add_option("FILE", options.file, "A module; - is standard input");
  add_value(app, "-o,--output", options.output,
            {"FILE", "writes an artefact instead, for run --allow-precompiled"});
  add_value(app, "--target", target,
            {"x86_64-linux[:FEATURE,...]", "for another processor (default: this one)"});
  switches.add_to(app);
  engine.add_to(app);
  cache.add_to(app);
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.file.empty()) {
    return usage_failure("no module to compile", "waxwing compile [OPTIONS] FILE.wasm");
  }
  if (app.count("--output") != 0 && options.output.empty()) {
    return usage_failure("--output: '' names no file", {});
  }
  options.features = TRY(switches.result());
  options.tier = TRY(engine.result());
  options.codegen = TRY(engine.codegen.result());
  if (app.count("--target") != 0) TRY(read_target(target, options));
  if (options.codegen.lazy) {
    return usage_failure("--compile=lazy leaves nothing to compile now", "leave it out");
  }
  options.cache = TRY(cache.result(app));
  const char* const unused = CacheArguments::given_of_entries(app);
  if (!options.output.empty() && unused != nullptr) {
    return usage_failure(
        std::string(unused) + ": --output writes a file, and leaves the cache alone",
        "leave one of them out");
  }
  return options;
}

Fallible<Command> parse_validate(CLI::App& app, std::span<char* const> args) {
  ValidateOptions options;
  FeatureSwitches switches;
  switches.add_to(app);
  app.add_option("FILE", options.files, "Modules; - is standard input");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.files.empty()) {
    return usage_failure("no module to validate", "waxwing validate [OPTIONS] FILE.wasm...");
  }
  options.features = TRY(switches.result());
  return options;
}

Fallible<Command> parse_inspect(CLI::App& app, std::span<char* const> args) {
  InspectOptions options;
  app.add_option("FILE", options.file, "A module; - is standard input");
  app.add_flag("--json", options.as_json, "Print JSON");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.file.empty()) {
    return usage_failure("no module to inspect", "waxwing inspect [--json] FILE.wasm");
  }
  return options;
}

Fallible<Command> parse_wast(CLI::App& app, std::span<char* const> args) {
  WastOptions options;
  std::string timeout;
  FeatureSwitches switches;
  EngineChoice engine;
  CacheArguments cache;
  app.add_flag("--json", options.as_json, "prints JSON");
  app.add_flag("-v,--verbose", options.is_verbose,
               "prints all failures, and what spectest.print prints");
  app.add_flag("--gc-stress", options.stresses_gc)->group("");  // for tests
  add_value(app, "--timeout", timeout, {"DURATION", "stops each script, as in 500ms or 2s"});
  switches.add_to(app);
  engine.add_to(app);
  app.add_flag("--through-artefacts", options.goes_through_artefacts,
               "runs what compile -o would make of each module");
  cache.add_to(app);
  app.add_option("FILE", options.files, "Scripts");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.files.empty()) {
    return usage_failure("no script to run", "waxwing wast [OPTIONS] FILE.wast...");
  }
  if (app.count("--timeout") != 0) {
    options.timeout_ns = TRY(checked("--timeout", parse_duration_ns(timeout)));
  }
  options.features = TRY(switches.result());
  options.tier = TRY(engine.result());
  options.codegen = TRY(engine.codegen.result());
  options.cache = TRY(cache.result(app));
  options.cache.is_on = !options.cache.directory.empty();  // scripts are no programs
  for (const char* name : {"--cache-require-hit", "--cache-remote"}) {
    if (options.cache.is_on || app.count(name) == 0) continue;
    return usage_failure(std::string(name) + ": scripts have no cache unless --cache-dir names one",
                         help_hint(app));
  }
  if (options.goes_through_artefacts && options.cache.requires_hit) {
    return usage_failure(
        "--through-artefacts compiles each module, which --cache-require-hit forbids",
        "leave one of them out");
  }
  return options;
}

Fallible<Command> parse_wat2wasm(CLI::App& app, std::span<char* const> args) {
  Wat2WasmOptions options;
  FeatureSwitches switches(syntax::FeatureSet::all());
  bool leaves_names_out = false;
  bool leaves_check_out = false;
  app.add_option("FILE", options.file, "A text; - is standard input");
  add_value(app, "-o,--output", options.output, {"FILE", "where to write; - is standard output"});
  app.add_flag("--no-names", leaves_names_out, "leaves the name section out");
  app.add_flag("--no-check", leaves_check_out, "writes the module even where it is not valid");
  switches.add_to(app);
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.file.empty()) {
    return usage_failure("no text to assemble", "waxwing wat2wasm [OPTIONS] FILE.wat");
  }
  options.has_names = !leaves_names_out;
  options.is_checked = !leaves_check_out;
  options.features = TRY(switches.result());
  return options;
}

Fallible<Command> parse_wasm2wat(CLI::App& app, std::span<char* const> args) {
  Wasm2WatOptions options;
  bool is_folded = false;
  bool is_flat = false;
  bool leaves_names_out = false;
  app.add_option("FILE", options.file, "A module; - is standard input");
  add_value(app, "-o,--output", options.output, {"FILE", "where to write (default: here)"});
  app.add_flag("--fold,-f", is_folded, "nests instructions: (i32.add (local.get 0) (i32.const 1))");
  app.add_flag("--flat", is_flat, "writes an instruction a line (the default)");
  app.add_flag("--no-names", leaves_names_out, "writes indices instead of names");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.file.empty()) {
    return usage_failure("no module to print", "waxwing wasm2wat [OPTIONS] FILE.wasm");
  }
  if (is_folded && is_flat) return usage_failure("--fold and --flat exclude each other", {});
  options.style.style = is_folded ? text::CodeStyle::folded : text::CodeStyle::flat;
  options.style.names = !leaves_names_out;
  return options;
}

Fallible<Command> parse_dump(CLI::App& app, std::span<char* const> args) {
  DumpOptions options;
  FeatureSwitches switches(syntax::FeatureSet::all());
  std::string stage = "module";
  std::string func;
  CodegenChoice codegen;
  app.add_option("FILE", options.file, "A module; - is standard input");
  add_value(app, "--stage", stage,
            {"STAGE", "module (bytes; the default), validate (types), asm", "module|validate|asm"});
  add_value(app, "--func", func, {"N", "only this function, by its index or name"});
  app.add_flag("--bytes", options.shows_bytes, "shows the bytes of machine code too");
  codegen.add_to(app);
  switches.add_to(app);
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (options.file.empty()) {
    return usage_failure("no module to dump", "waxwing dump [OPTIONS] FILE.wasm");
  }
  if (stage == "validate") {
    options.stage = DumpOptions::Stage::validate;
  } else if (stage == "asm") {
    options.stage = DumpOptions::Stage::assembly;
  } else if (stage != "module") {
    return usage_failure("--stage: there is no stage '" + stage + "'",
                         "write --stage=module, --stage=validate or --stage=asm");
  }
  options.codegen = TRY(codegen.result());
  if (app.count("--func") != 0) options.func = func;
  options.features = TRY(switches.result());
  return options;
}

Fallible<Command> parse_completion(CLI::App& app, std::span<char* const> args) {
  CompletionOptions options;
  app.add_option("SHELL", options.shell, "bash, zsh or fish");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  const std::span<const std::string_view> shells = completion_shells();
  if (std::ranges::find(shells, options.shell) != shells.end()) return options;
  return usage_failure(options.shell.empty() ? "no shell to complete for"
                                             : "no completion for '" + options.shell + "'",
                       "waxwing completion bash, zsh or fish");
}

template <typename Options>
Fallible<Command> parse_nothing(CLI::App& app, std::span<char* const> args) {
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  return Options{};
}

Fallible<Command> parse_man(CLI::App& app, std::span<char* const> args);

struct Verb {
  std::string_view name;
  Fallible<Command> (*parse)(CLI::App& app, std::span<char* const> args);
};

constexpr Verb verbs[] = {
    {"run", parse_run},
    {"compile", parse_compile},
    {"cache", parse_cache},
    {"validate", parse_validate},
    {"inspect", parse_inspect},
    {"wast", parse_wast},
    {"wat2wasm", parse_wat2wasm},
    {"wasm2wat", parse_wasm2wat},
    {"dump", parse_dump},
    {"features", parse_nothing<FeaturesOptions>},
    {"completion", parse_completion},
    {"man", parse_man},
    {"version", parse_nothing<VersionOptions>},
};

Fallible<Command> parse_verb(const Verb& verb, std::span<char* const> args) {
  CLI::App app("", std::string(verb.name));
  app.get_option("--help")->description("prints this");
  return verb.parse(app, args);
}

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(verbs, name, &Verb::name);
  return found != std::end(verbs) ? &*found : nullptr;
}

/// A word that is neither a command nor could be the name of a file with modules.
bool looks_like_command(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         !file_exists(word);
}

std::unexpected<Failure> unknown_command(std::string_view word) {
  std::array<std::string_view, std::size(verbs) + 1> names{"help"};
  std::ranges::transform(verbs, names.begin() + 1, &Verb::name);
  const std::string_view meant = nearest(word, names);
  return usage_failure("'" + std::string(word) + "' is neither a command nor a file",
                       meant.empty() ? "waxwing help lists the commands"
                                     : "did you mean waxwing " + std::string(meant) + "?");
}

Fallible<Command> parse_man(CLI::App& app, std::span<char* const> args) {
  ManOptions options;
  add_value(app, "-o,--output", options.folder, {"DIR", "writes all pages there"});
  app.add_option("COMMAND", options.command, "A command");
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  if (!options.command.empty() && find_verb(options.command) == nullptr) {
    return unknown_command(options.command);
  }
  if (app.count("--output") != 0 && (options.folder.empty() || !options.command.empty())) {
    return usage_failure("--output names a directory for all pages", help_hint(app));
  }
  return options;
}

Fallible<Command> parse_help(std::span<char* const> args) {
  if (args.empty() || std::string_view(args[0]) == "help") return HelpOptions{overview()};
  const Verb* verb = find_verb(args[0]);
  if (verb == nullptr) return unknown_command(args[0]);
  char help[] = "--help";
  std::vector<char*> arguments{help};
  if (verb->parse == parse_cache && args.size() > 1) arguments.insert(arguments.begin(), args[1]);
  return parse_verb(*verb, arguments);
}

}  // namespace

std::vector<CommandDescription> command_table() {
  std::vector<CommandDescription> table;
  for (const VerbHelp& help : all_verb_helps()) {
    if (help.name == "help") continue;
    std::vector<std::string> words;
    for (std::string_view rest = help.name; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::vector<char*> args;
    args.reserve(words.size());
    for (std::string& word : words) args.push_back(word.data());
    Fallible<Command> command = parse_help(args);
    CHECK(command.has_value());  // every name in the table is a command's
    table.push_back(std::move(std::get<HelpOptions>(*command).command));
  }
  return table;
}

Fallible<Command> parse_command_line(std::span<char* const> args) {
  if (args.empty())
    return usage_failure("no module and no command", "waxwing help shows what there is");
  const std::string_view first = args[0];
  if (first == "help") return parse_help(args.subspan(1));
  if (first == "--help" || first == "-h") return parse_help({});
  if (first == "--version" || first == "-V") return VersionOptions{};
  if (const Verb* verb = find_verb(first)) return parse_verb(*verb, args.subspan(1));
  if (looks_like_command(first)) return unknown_command(first);
  return parse_verb(verbs[0], args);
}

}  // namespace waxwing::cli
