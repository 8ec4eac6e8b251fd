// Other programs of the host, for commands that need one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/file.h"

namespace waxwing::platform {

/// The path of the program `name` in the folder of this process's own program, whether there is one
/// or not; empty where the system does not tell.
std::string sibling_program(const std::string& name);

/// A program that runs beside this one. Not thread-safe.
class ChildProgram {
 public:
  /// Starts the program at `path`, without arguments and with this process's environment. `files`
  /// are its descriptors from 0 on, /dev/null where one is null; no others are open in
  /// it (with a libc before glibc 2.34: those that are not closed on exec). No signal is blocked in
  /// it.
  static FileResult<ChildProgram> start(const std::string& path,
                                        std::span<const File* const> files);

  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&& other) noexcept;
  /// Kills it, where nobody waited for its end.
  ~ChildProgram();

  /// How it ended: its exit code, or 128 and the number of the signal that ended it. `child` where
  /// that was told already.
  FileResult<int> wait();
  /// Ends it at once, and returns what `wait` does: its own exit code where it was faster.
  FileResult<int> kill();

 private:
  explicit ChildProgram(int process) : process_(process) {}

  int process_ = -1;  // -1 where its end is known
};

/// Runs the program at `path` without arguments until it ends, with `input` as its standard input,
/// and returns what it wrote to its standard output. Fails with `io` where it ended otherwise than
/// with exit code 0, and as the system does.
FileResult<std::vector<uint8_t>> run_program(const std::string& path,
                                             std::span<const uint8_t> input);

}  // namespace waxwing::platform
