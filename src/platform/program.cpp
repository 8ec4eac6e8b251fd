// Input and output are files in memory: neither side ever waits for the other.
#include "platform/program.h"

#include <limits.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/result.h"
#include "platform/output_file.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

FileResult<File> memory_file(const char* name) {
  const int descriptor = ::memfd_create(name, MFD_CLOEXEC);
  if (descriptor == -1) return last_failure();
  return File::own(descriptor);
}

FileResult<pid_t> spawn(const std::string& path, const File& input, const File& output) {
  posix_spawn_file_actions_t actions;
  if (const int error = ::posix_spawn_file_actions_init(&actions))
    return std::unexpected(file_error(error));
  int error = ::posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  if (error == 0)
    error = ::posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  pid_t child = -1;
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  if (error == 0)
    error = ::posix_spawn(&child, path.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::unexpected(file_error(error));
  return child;
}

FileResult<std::vector<uint8_t>> contents(const File& file) {
  std::vector<uint8_t> bytes(TRY(file.stat()).size_bytes);
  size_t done = 0;
  while (done < bytes.size()) {
    const IoBuffer buffer{bytes.data() + done, bytes.size() - done};
    const size_t count = TRY(file.read_at({&buffer, 1}, done));
    if (count == 0) return std::unexpected(FileError::io);
    done += count;
  }
  return bytes;
}

}  // namespace

std::string sibling_program(const std::string& name) {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0 || size == sizeof path) return {};
  const std::string own(path, static_cast<size_t>(size));
  return own.substr(0, own.find_last_of('/') + 1) + name;
}

FileResult<std::vector<uint8_t>> run_program(const std::string& path,
                                             std::span<const uint8_t> input) {
  const File in = TRY(memory_file("waxwing-input"));
  const File out = TRY(memory_file("waxwing-output"));
  TRY(write_all(in, input));
  (void)TRY(in.seek(0, Whence::set));
  const pid_t child = TRY(spawn(path, in, out));
  int status = 0;
  const pid_t ended = retry_interrupted([&] { return ::waitpid(child, &status, 0); });
  if (ended == -1) return last_failure();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::unexpected(FileError::io);
  return contents(out);
}

}  // namespace waxwing::platform
