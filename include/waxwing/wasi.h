// What a WASI program sees of the world.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "waxwing/wasi_socket.h"
#include "waxwing/wasi_sources.h"
#include "waxwing/wasi_stream.h"

namespace waxwing {

/// A directory of the host that a guest may use, all below it and nothing else.
struct WasiDirectory {
  std::string host_path;
  std::string guest_path;  // the name by which it finds it
  bool read_only = false;
  bool special_files = false;  // devices, FIFOs and sockets below it can be opened too
};

/// An empty directory in memory, one for each store. It ends with the store.
struct WasiMemoryDirectory {
  std::string guest_path;
  /// More is `nospc`: contents in pages of 4 KiB, and each name 768, with its own bytes and those
  /// of a link's target. 1 TiB is the most, whatever is said here.
  uint64_t max_bytes = uint64_t{256} << 20;
};

class FileNode;

/// A directory that a guest may change as it likes, and which stays as it is: the changes are in
/// memory, one such for each store, and end with the store. Nothing is copied but the pages that
/// are written to.
struct WasiOverlay {
  std::string host_path = {};  // of the host's directory
  std::string guest_path;
  uint64_t max_bytes = uint64_t{256} << 20;   // of the changes, as in a directory in memory
  std::shared_ptr<FileNode> files = nullptr;  // a directory in place of the host's
};

/// A file system of the embedder's own, by its root directory: waxwing/file_system.h.
struct WasiFileSystem {
  std::shared_ptr<FileNode> root;
  std::string guest_path;
  bool read_only = false;
};

/// By default a guest has nothing: no arguments, environment, files or streams, clocks that do not
/// tell the time (they begin at 2022-01-01 and go on by a millisecond each time they are read), and
/// the same random bytes in each run.
struct WasiConfig {
  std::vector<std::string> args = {};  // args[0] is the program's name
  std::vector<std::string> env = {};   // "NAME=VALUE"
  std::vector<WasiDirectory> directories = {};
  std::vector<WasiMemoryDirectory> memory_directories = {};
  std::vector<WasiOverlay> overlays = {};
  std::vector<WasiFileSystem> file_systems = {};
  /// Their descriptors follow those of the directories: 3 is the first, where there are none. Each
  /// store has them anew: guests that share a listener share its connections out among them.
  std::vector<WasiSocket> sockets = {};
  WasiStream standard_input = WasiStream::null;
  WasiStream standard_output = WasiStream::null;
  WasiStream standard_error = WasiStream::null;
  bool host_clocks = false;
  bool host_random = false;
  std::shared_ptr<WasiClocks> clocks = nullptr;  // in place of the host's, and of those that count
  std::shared_ptr<WasiRandom> random = nullptr;  // in place of the host's, and of a seed's
  uint64_t random_seed = 42;                     // of the random bytes that are always the same
  uint32_t max_descriptors = 4096;
  /// Of all writes to files below the directories, whatever they replace; what goes beyond fails
  /// with `dquot`.
  uint64_t max_written_bytes = UINT64_MAX;
  /// Names made below the directories, less those removed; one more is `dquot`.
  uint64_t max_entries = UINT64_MAX;

  /// With this process's streams, clocks and randomness: what a program on a command line expects.
  static WasiConfig for_command() {
    return {.standard_input = WasiStream::inherit,
            .standard_output = WasiStream::inherit,
            .standard_error = WasiStream::inherit,
            .host_clocks = true,
            .host_random = true};
  }
};

}  // namespace waxwing
