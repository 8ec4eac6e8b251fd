// Directories of entries, and the files in them, for tests.
#pragma once

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "../platform/temporary_directory.h"
#include "blobs.h"
#include "cache/directory_store.h"
#include "platform/file_system.h"

namespace waxwing::cache {

inline constexpr int64_t hour_ns = 3'600'000'000'000;
inline constexpr int64_t second_ns = 1'000'000'000;

/// A directory of a test's own, and where things are in it.
struct CacheHome {
  platform::TemporaryDirectory outside;
  std::string root = outside / "cache";

  DirectoryOptions options() const { return {.path = root, .generation = "test"}; }
  std::shared_ptr<DirectoryStore> open(DirectoryOptions options) const {
    auto store = DirectoryStore::open(std::move(options));
    EXPECT_TRUE(store) << message_of(store);
    return store ? *store : nullptr;
  }
  std::shared_ptr<DirectoryStore> open() const { return open(options()); }

  std::string generation() const { return root + "/waxwing-test"; }
  std::string fan_out(const Digest& key) const {
    return generation() + "/" + key.hex().substr(0, 2);
  }
  std::string entry(const Digest& key) const { return fan_out(key) + "/" + key.hex(); }

  /// Every regular file beneath the root, from there.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
      if (each.is_regular_file()) names.push_back(each.path().string().substr(root.size() + 1));
    }
    std::ranges::sort(names);
    return names;
  }
  size_t temporaries() const {
    return static_cast<size_t>(std::ranges::count_if(
        files(), [](const std::string& name) { return name.ends_with(".tmp"); }));
  }
};

/// Where the times of files can be believed: directories for what lives shortly may be in memory.
inline std::filesystem::path place_of_files() {
  const std::filesystem::path usual = std::filesystem::temp_directory_path();
  const auto folder = platform::open_host_path(usual.string(), {});
  return folder && platform::shows_mapped_writes(*folder) ? usual
                                                          : std::filesystem::path("/var/tmp");
}

/// Makes the file's last use `age_ns` ago.
inline void set_age(const std::string& path, int64_t age_ns) {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const int64_t at_ns = now.tv_sec * second_ns - age_ns;
  timespec times[2];
  for (timespec& time : times) {
    time = {.tv_sec = static_cast<time_t>(at_ns / second_ns),
            .tv_nsec = static_cast<long>(at_ns % second_ns)};
  }
  EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
}

inline uint64_t age_s(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  const time_t now = ::time(nullptr);
  return now > status.st_mtime ? static_cast<uint64_t>(now - status.st_mtime) : 0;
}

inline size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

/// How often files beneath `root` are mapped into this process.
inline size_t mappings_beneath(const std::string& root) {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" " + root + "/") != std::string::npos) ++count;
  }
  return count;
}

inline bool is_root() { return ::geteuid() == 0; }
inline constexpr unsigned nobody = 65534;

/// A child process that runs `body`, and ends with 0 where no expectation in it failed.
class Child {
 public:
  explicit Child(const std::function<void()>& body) : process_(fork_flushed()) {
    if (process_ != 0) return;
    body();
    std::fflush(stdout);  // where failures are told
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  Child(Child&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (process_ > 0) kill();
  }

  void kill() {
    ::kill(process_, SIGKILL);
    (void)wait();
  }
  void resume() const { ::kill(process_, SIGCONT); }
  /// Returns when the process does nothing any more.
  void stop() const {
    ::kill(process_, SIGSTOP);
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, WUNTRACED), process_);
  }
  /// The exit status, 1000 and the signal's number where one ended it.
  int wait() {
    int status = 0;
    if (process_ <= 0 || ::waitpid(std::exchange(process_, -1), &status, 0) < 0) return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  static pid_t fork_flushed() {
    std::fflush(stdout);
    return ::fork();
  }

  pid_t process_;
};

/// Runs `body` in a child, as another user where this one is root, whom no permission stops.
inline void run_as_user(const std::function<void()>& body) {
  Child child([&] {
    if (is_root()) {
      EXPECT_EQ(::setresuid(nobody, nobody, nobody), 0);
    }
    body();
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace waxwing::cache
