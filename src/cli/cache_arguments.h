// The options of the compilation cache, for all commands that have one, and `waxwing cache`.
#pragma once

#include "cli/arguments.h"

namespace waxwing::cli {

struct CacheArguments {
  std::string directory, verify, size, secret_file, remote, remote_timeout;
  bool is_off = false;
  bool is_read_only = false;
  bool requires_hit = false;
  bool refreshes = false;
  bool explains = false;
  bool is_remote_read_only = false;

  /// All of them.
  void add_to(CLI::App& app);
  /// Those that say where the cache is.
  void add_place_to(CLI::App& app);
  Fallible<CacheSettings> result(const CLI::App& app) const;
  /// An option that was given and is about entries that are kept; null where there is none.
  static const char* given_of_entries(const CLI::App& app);
};

/// `app` is of `waxwing cache`, and `args` is what follows.
Fallible<Command> parse_cache(CLI::App& app, std::span<char* const> args);

}  // namespace waxwing::cli
