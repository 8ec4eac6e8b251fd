// Input and output are files in memory: neither side ever waits for the other.
#include "platform/program.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

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

/// What posix_spawn does to the descriptors of the child.
class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  /// 0 or an errno.
  int give(int descriptor, int as) {
    return ::posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
  }
  int give_null(int as) {
    return ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0);
  }
  /// The child has none from `first` on, however others opened them.
  int close_from(int first) {
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 34)
    return ::posix_spawn_file_actions_addclosefrom_np(&actions_, first);
#endif
#endif
    (void)first;
    return 0;
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// With no signal blocked.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

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

FileResult<ChildProgram> ChildProgram::start(const std::string& path,
                                             std::span<const File* const> files) {
  SpawnActions actions;
  std::vector<File> moved;  // from where a file of the child's goes
  const int count = static_cast<int>(files.size());
  for (int i = 0; i < count; ++i) {
    const File* const file = files[static_cast<size_t>(i)];
    int error = 0;
    if (file == nullptr) {
      error = actions.give_null(i);
    } else {
      int descriptor = file->descriptor();
      if (descriptor < count) {
        descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, count);
        if (descriptor == -1) return last_failure();
        moved.push_back(File::own(descriptor));
      }
      error = actions.give(descriptor, i);
    }
    if (error != 0) return std::unexpected(file_error(error));
  }
  if (const int error = actions.close_from(count); error != 0) {
    return std::unexpected(file_error(error));
  }
  const SpawnAttributes attributes;
  pid_t child = -1;
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  const int error =
      ::posix_spawn(&child, path.c_str(), actions.get(), attributes.get(), arguments, environ);
  if (error != 0) return std::unexpected(file_error(error));
  return ChildProgram(child);
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : process_(std::exchange(other.process_, -1)) {}

ChildProgram& ChildProgram::operator=(ChildProgram&& other) noexcept {
  std::swap(process_, other.process_);
  return *this;
}

ChildProgram::~ChildProgram() {
  if (process_ > 0) (void)kill();
}

FileResult<int> ChildProgram::wait() {
  if (process_ <= 0) return std::unexpected(FileError::child);
  int status = 0;
  const pid_t child = std::exchange(process_, -1);
  const pid_t ended = retry_interrupted([&] { return ::waitpid(child, &status, 0); });
  if (ended == -1) return last_failure();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

FileResult<int> ChildProgram::kill() {
  if (process_ > 0) ::kill(process_, SIGKILL);
  return wait();
}

FileResult<std::vector<uint8_t>> run_program(const std::string& path,
                                             std::span<const uint8_t> input) {
  const File in = TRY(memory_file("waxwing-input"));
  const File out = TRY(memory_file("waxwing-output"));
  TRY(write_all(in, input));
  (void)TRY(in.seek(0, Whence::set));
  const File* const files[] = {&in, &out};
  ChildProgram child = TRY(ChildProgram::start(path, files));
  if (TRY(child.wait()) != 0) return std::unexpected(FileError::io);
  return contents(out);
}

}  // namespace waxwing::platform
