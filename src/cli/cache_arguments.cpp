// See cache_arguments.h.
#include "cli/cache_arguments.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/engine_arguments.h"
#include "cli/help.h"

namespace waxwing::cli {
namespace {

using Action = CacheCommandOptions::Action;

struct ActionName {
  std::string_view text;
  Action id;
};

constexpr ActionName actions[] = {
    {"stats", Action::stats}, {"ls", Action::ls},       {"verify", Action::verify},
    {"prune", Action::prune}, {"clear", Action::clear}, {"warm", Action::warm},
    {"path", Action::path},
};

Fallible<uint64_t> parse_count(std::string_view option, const std::string& text) {
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && stopped == end && !text.empty()) return count;
  return usage_failure(std::string(option) + ": '" + text + "' is no number", {});
}

/// The options of `waxwing cache ACTION` as they were written.
struct ActionArguments {
  explicit ActionArguments(Action chosen) : action(chosen) {}

  Action action;
  CacheArguments cache;
  std::string max_bytes, max_entries, max_age;
  FeatureSwitches features;
  EngineChoice engine;

  void add_to(CLI::App& app, CacheCommandOptions& options) {
    app.add_flag("--json", options.as_json, "prints JSON");
    if (action == Action::verify) {
      app.add_flag("--repair", options.repairs, "removes the entries that are damaged");
    }
    if (action == Action::prune) {
      add_value(app, "--max-bytes", max_bytes, {"SIZE", "what may stay, as in 500M (0: nothing)"});
      add_value(app, "--max-entries", max_entries, {"N", "how many may stay"});
      add_value(app, "--max-age", max_age, {"DURATION", "since their last use, as in 12h or 30d"});
      app.add_flag("--other-builds", options.removes_other_builds,
                   "removes what other builds of Waxwing left");
    }
    if (action == Action::warm) {
      app.add_option("FILE", options.files, "Modules");
      cache.add_to(app);
      features.add_to(app);
      engine.add_to(app);
    } else {
      cache.add_place_to(app);
    }
  }

  Fallible<> read(const CLI::App& app, CacheCommandOptions& options) const {
    options.cache = TRY(cache.result(app));
    if (action == Action::prune) TRY(read_prune(app, options));
    if (action != Action::warm) return {};
    if (options.files.empty()) {
      return usage_failure("no module to compile", "waxwing cache warm [OPTIONS] FILE.wasm...");
    }
    options.features = TRY(features.result());
    options.tier = TRY(engine.result());
    options.codegen = TRY(engine.codegen.result());
    return {};
  }

 private:
  Fallible<> read_prune(const CLI::App& app, CacheCommandOptions& options) const {
    if (app.count("--max-bytes") != 0) {
      options.budget.max_bytes =
          max_bytes == "0" ? 0 : TRY(checked("--max-bytes", parse_size_bytes(max_bytes)));
    }
    if (app.count("--max-entries") != 0) {
      options.budget.max_entries = TRY(parse_count("--max-entries", max_entries));
    }
    if (app.count("--max-age") != 0) {
      options.max_age_ns = TRY(checked("--max-age", parse_duration_ns(max_age)));
    }
    return {};
  }
};

Fallible<Command> parse_action(const ActionName& action, std::span<char* const> args) {
  CLI::App app("", "cache " + std::string(action.text));
  app.get_option("--help")->description("prints this");
  CacheCommandOptions options;
  options.action = action.id;
  ActionArguments values(action.id);
  values.add_to(app, options);
  if (auto help = TRY(parse_all(app, args))) return *std::move(help);
  TRY(values.read(app, options));
  return options;
}

}  // namespace

void CacheArguments::add_place_to(CLI::App& app) {
  add_value(app, "--cache-dir", directory,
            {"DIR", "where compiled modules are kept (default: waxwing cache path)"});
  add_value(app, "--cache-secret-file", secret_file,
            {"FILE", "seals compiled modules with the key in it, and uses no others"});
}

void CacheArguments::add_to(CLI::App& app) {
  app.add_flag("--no-cache", is_off, "keeps no compiled modules, and uses none");
  add_place_to(app);
  add_value(app, "--cache-size", size, {"SIZE", "what they may take altogether (default 2G)"});
  app.add_flag("--cache-read-only", is_read_only, "uses compiled modules, and keeps none");
  app.add_flag("--cache-require-hit", requires_hit, "compiles nothing: what is not kept fails");
  app.add_flag("--cache-refresh", refreshes, "compiles anew, and replaces what is kept");
  add_value(app, "--cache-verify", verify,
            {"WHAT", "everything (default), or metadata: trusts the disk, starts sooner",
             "everything|metadata"});
  add_value(app, "--cache-remote", remote,
            {"URL", "asks that HTTP server too, and gives it what is compiled"});
  app.add_flag("--cache-remote-read-only", is_remote_read_only, "gives that server nothing");
  add_value(app, "--cache-remote-timeout", remote_timeout,
            {"DURATION", "how long it may delay a command altogether (default 2s)"});
  app.add_flag("--explain-cache", explains, "says where each module came from, or why not");
}

Fallible<CacheSettings> CacheArguments::result(const CLI::App& app) const {
  CacheSettings settings;
  settings.is_on = !is_off;
  settings.directory = directory;
  settings.is_read_only = is_read_only;
  settings.requires_hit = requires_hit;
  settings.refreshes = refreshes;
  settings.explains = explains;
  settings.secret_file = secret_file;
  if (app.count("--cache-dir") != 0 && directory.empty()) {
    return usage_failure("--cache-dir: '' names no directory", "--no-cache switches the cache off");
  }
  if (app.count("--cache-secret-file") != 0 && secret_file.empty()) {
    return usage_failure("--cache-secret-file: '' names no file", {});
  }
  if (!verify.empty() && verify != "everything" && verify != "metadata") {
    return usage_failure("--cache-verify: '" + verify + "' cannot be verified",
                         "write everything or metadata");
  }
  if (verify == "metadata") settings.verify = image::Verify::metadata;
  settings.remote = remote;
  settings.puts_remotely = !is_remote_read_only && !is_read_only;
  if (!remote_timeout.empty()) {
    settings.remote_timeout_ns =
        TRY(checked("--cache-remote-timeout", parse_duration_ns(remote_timeout)));
  }
  if (!size.empty()) settings.max_bytes = TRY(checked("--cache-size", parse_size_bytes(size)));
  if (is_off &&
      (requires_hit || refreshes || is_read_only || !directory.empty() || !remote.empty())) {
    return usage_failure("--no-cache excludes the other options of the cache", {});
  }
  if (refreshes && (requires_hit || is_read_only)) {
    return usage_failure(
        "--cache-refresh writes, so it excludes --cache-require-hit and --cache-read-only", {});
  }
  return settings;
}

const char* CacheArguments::given_of_entries(const CLI::App& app) {
  static constexpr const char* names[] = {"--cache-dir",
                                          "--cache-size",
                                          "--cache-read-only",
                                          "--cache-require-hit",
                                          "--cache-refresh",
                                          "--cache-verify",
                                          "--cache-remote",
                                          "--cache-remote-read-only",
                                          "--cache-remote-timeout",
                                          "--explain-cache"};
  const auto given = std::ranges::find_if(names, [&](const char* name) { return app.count(name); });
  return given == std::end(names) ? nullptr : *given;
}

Fallible<Command> parse_cache(CLI::App& app, std::span<char* const> args) {
  if (!args.empty()) {
    const auto found = std::ranges::find(actions, std::string_view(args[0]), &ActionName::text);
    if (found != std::end(actions)) return parse_action(*found, args.subspan(1));
  }
  app.prefix_command();
  if (auto help = TRY(parse(app, {args.begin(), args.end()}))) return *std::move(help);
  if (args.empty()) {
    return usage_failure("waxwing cache needs to know what to do", help_hint(app));
  }
  std::array<std::string_view, std::size(actions)> names;
  std::ranges::transform(actions, names.begin(), &ActionName::text);
  const std::string_view meant = nearest(args[0], names);
  return usage_failure(
      "waxwing cache cannot '" + std::string(args[0]) + "'",
      meant.empty() ? help_hint(app) : "did you mean waxwing cache " + std::string(meant) + "?");
}

}  // namespace waxwing::cli
