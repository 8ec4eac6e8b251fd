// What a WASI guest sees of the world: arguments, environment, descriptors, clocks, randomness.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "platform/file.h"
#include "platform/poll.h"
#include "vfs/memory.h"
#include "wasi/fd_table.h"
#include "wasi/quota.h"
#include "wasi/sources.h"

namespace waxwing::wasi {

/// A directory that the guest may use, and the name by which it finds it.
struct Preopen {
  std::string host_path = {};  // of the host's directory, where there is no `directory`
  std::string guest_path;
  std::shared_ptr<vfs::Directory> directory = nullptr;  // one of any file system
  bool read_only = false;                               // every change is `rofs`
  bool special_files = false;                      // of the host's directory; see vfs::HostPolicy
  std::optional<vfs::MemoryOptions> overlay = {};  // changes stay in memory; see vfs::make_overlay
};

/// A listener or connection that the guest may use.
struct PreopenedSocket {
  std::unique_ptr<vfs::Socket> socket;
  bool nonblocking = false;  // so the guest finds it
};

/// A file of the host, where it is not open the null device; or a file of any other kind.
using StandardStream = std::variant<platform::File, std::unique_ptr<vfs::File>>;

/// By default a guest has nothing: no arguments, no files, and the null device as its streams.
struct ContextConfig {
  std::vector<std::string> args;         // args[0] is the program's name
  std::vector<std::string> env;          // "NAME=VALUE"
  std::vector<Preopen> preopens;         // descriptors 3, 4, ...
  std::vector<PreopenedSocket> sockets;  // the descriptors behind them
  StandardStream standard_input;
  StandardStream standard_output;
  StandardStream standard_error;
  std::shared_ptr<Clocks> clocks;        // null: the host's
  std::shared_ptr<RandomSource> random;  // null: the host's
  uint32_t max_descriptors = 4096;
  QuotaConfig quota;
  platform::Resolver resolver = platform::Resolver::best;  // of paths; for tests of the walk
};

/// Strings as argv and environ hand them over: packed, each with a NUL.
struct StringList {
  std::vector<std::string> items;
  uint32_t size_bytes = 0;  // of all items with their NULs
};

/// The state of one guest program: of one instance, or of a few that belong together. One thread
/// uses it at a time, that of its store. Destroying it closes its descriptors.
class Context {
 public:
  /// Fails with `invalid_argument` where a string holds a NUL or is no "NAME=VALUE", and with what
  /// `platform::describe` says where a preopened directory cannot be opened.
  static base::Result<std::shared_ptr<Context>> create(ContextConfig config);

  const StringList& args() const { return args_; }
  const StringList& env() const { return env_; }
  FdTable& fds() { return fds_; }
  Clocks& clocks() { return *clocks_; }
  RandomSource& random() { return *random_; }
  Quota& quota() { return quota_; }

  /// What ends a blocking wait of this guest; made at its first use.
  WasiResult<const platform::WakeEvent*> wake_event();

 private:
  explicit Context(const ContextConfig& config)
      : fds_(config.max_descriptors), quota_(config.quota) {}
  base::Result<> add_stream(StandardStream stream, Rights access, const char* name);
  base::Result<> add_preopen(const Preopen& preopen, platform::Resolver resolver);
  base::Result<> add_socket(PreopenedSocket preopened);

  StringList args_;
  StringList env_;
  FdTable fds_;
  Quota quota_;
  std::shared_ptr<Clocks> clocks_;
  std::shared_ptr<RandomSource> random_;
  std::optional<platform::WakeEvent> wake_event_;
};

}  // namespace waxwing::wasi
