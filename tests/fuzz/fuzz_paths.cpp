// Paths that lead everywhere, over trees with links that do: the kernel's confined lookups, our
// walk over the host, directories in memory, overlays over both and archives answer alike; nothing
// outside of the root is read, changed or told of, nor is what lies below an overlay changed.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "archive_bytes.h"
#include "input.h"
#include "platform/file_error.h"
#include "unit/vfs/archive_writer.h"
#include "vfs/host.h"
#include "vfs/memory.h"
#include "vfs/overlay.h"

namespace waxwing::fuzz {
namespace {

namespace fs = std::filesystem;
using namespace vfs;

constexpr std::string_view secret = "SECRET";
constexpr const char* outside_names[] = {".", "secret", "folder", "folder/secret", "root_beside"};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "fuzz_paths: %s\n", what.c_str());
  std::abort();
}

/// A folder of the host with a root in it for a guest, and what the guest may not know of.
class Outside {
 public:
  Outside() {
    std::string name = (fs::temp_directory_path() / "waxwing_fuzz_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("there is no temporary directory");
    path_ = fs::canonical(name);
    for (const char* folder : {"folder", "root_beside", "root"})
      fs::create_directory(path_ / folder);
    for (const char* file : {"secret", "folder/secret"}) std::ofstream(path_ / file) << secret;
    for (const char* outside : outside_names) inodes_.insert(stat_of(outside).st_ino);
    before_ = state();
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  ~Outside() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  std::string root() const { return path_ / "root"; }
  bool has_inode(uint64_t inode) const { return inodes_.contains(inode); }
  void clear() const {
    for (const auto& entry : fs::directory_iterator(root())) fs::remove_all(entry.path());
  }
  void check() const {
    if (state() != before_) fail("outside, something changed: " + state() + "before: " + before_);
  }

 private:
  struct stat stat_of(const std::string& name) const {
    struct stat status = {};
    if (::lstat((path_ / name).c_str(), &status) != 0) fail(name + " is gone");
    return status;
  }
  std::string state() const {
    std::string text;
    for (const std::string name : outside_names) {
      const struct stat status = stat_of(name);
      text += name + " " + std::to_string(status.st_size) + " " + std::to_string(status.st_nlink) +
              " " + std::to_string(status.st_mtim.tv_sec) + "." +
              std::to_string(status.st_mtim.tv_nsec) + "\n";
    }
    return text;
  }

  fs::path path_;
  std::set<uint64_t> inodes_;
  std::string before_;
};

struct Entry {
  std::string name;
  FileKind kind;
  uint64_t inode;
};

FileResult<std::vector<Entry>> entries_of(DirectoryReader& reader) {
  std::vector<Entry> entries;
  for (;;) {
    const auto entry = reader.next();
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return entries;
    entries.push_back({std::string((*entry)->name), (*entry)->kind, (*entry)->inode});
  }
}

/// Has `see` told of all below `directory`: what holds it, its name there and its path.
template <typename See>
void visit(Directory& directory, const std::string& path, const See& see) {
  const auto reader = directory.reader();
  const auto entries = reader ? entries_of(**reader) : std::unexpected(reader.error());
  if (!entries) fail("a directory is not listed");
  for (const Entry& entry : *entries) {
    if (entry.name == "." || entry.name == "..") continue;
    see(directory, entry.name, path + entry.name);
    if (entry.kind != FileKind::directory) continue;
    const auto opened = directory.open(entry.name, {.read = true, .directory = true});
    if (!opened) fail("a directory does not open");
    visit(*opened->directory, path + entry.name + "/", see);
  }
}

/// All that shows whether something in it has changed.
std::string picture_of(Directory& root) {
  std::multiset<std::string> lines;
  visit(root, "", [&](Directory& directory, const std::string& name, const std::string& path) {
    const auto stat = directory.stat_at(name, FinalLink::keep);
    if (!stat) fail("what is listed is not there");
    lines.insert(path + " " + std::to_string(stat->inode) + " " + std::to_string(stat->link_count) +
                 " " + std::to_string(stat->size_bytes) + " " +
                 std::to_string(stat->modify_time_ns) + " " + std::to_string(stat->change_time_ns));
  });
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string contents_of(Directory& directory, const std::string& name) {
  auto opened = directory.open(name, {.read = true});
  if (!opened) fail("a file does not open");
  std::string text(size_t(opened->file->stat().value_or(FileStat{}).size_bytes), '\0');
  const IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), text.size()};
  if (opened->file->read({&buffer, 1}) != text.size()) fail("a file is not read");
  return text;
}

/// The same tree as an archive.
std::shared_ptr<Directory> archive_of(Directory& root) {
  ArchiveWriter archive;
  std::map<uint64_t, std::string> names;  // of files and links, by inode
  const auto add = [&archive](const std::string& path, char type, std::string_view contents,
                              const std::string& target) {
    const std::string end(1, '\0');
    if (path.size() > 100) archive.add("././@LongLink", 'L', path + end);
    if (target.size() > 100) archive.add("././@LongLink", 'K', target + end);
    archive.add(path, type, contents, target);
  };
  visit(root, "", [&](Directory& directory, const std::string& name, const std::string& path) {
    const FileStat stat = directory.stat_at(name, FinalLink::keep).value_or(FileStat{});
    if (stat.kind == FileKind::directory) return add(path, '5', "", "");
    const auto [known, is_new] = names.emplace(stat.inode, path);
    if (!is_new) return add(path, '1', "", known->second);
    if (stat.kind == FileKind::symbolic_link)
      return add(path, '2', "", directory.read_link(name).value_or(""));
    add(path, '0', contents_of(directory, name), "");
  });
  archive.bytes += std::string(1024, '\0');
  auto opened = open_archive(archive.bytes);
  if (!opened) fail(opened.error().message());
  return *std::move(opened);
}

/// One file system, and what is open of it.
struct World {
  const char* name;
  const Outside* outside;  // null: in memory
  std::vector<std::shared_ptr<Directory>> directories;
  std::vector<std::unique_ptr<File>> files = {};
  bool gets_overlay = false;
  std::shared_ptr<Directory> lower = nullptr;  // below the overlay, once there is one
  std::string lower_picture = {};

  Directory& root() const { return *directories.front(); }
  void close_all() {
    files.clear();
    directories.resize(1);
  }
};

class Worlds {
 public:
  explicit Worlds(Input input)
      : input_(input),
        steps_to_overlay_(input_.byte() % 64),
        steps_to_archive_(steps_to_overlay_ + input_.byte() % 128) {
    static const Outside outsides[3];
    using platform::Resolver;
    add_host("kernel", outsides[0], Resolver::best);
    add_host("walk", outsides[1], Resolver::walk);
    worlds_.push_back({"memory", nullptr, {make_memory_directory()}});
    add_host("overlay", outsides[2], input_.flag() ? Resolver::best : Resolver::walk);
    worlds_.back().gets_overlay = true;
    worlds_.push_back({.name = "overlay in memory",
                       .outside = nullptr,
                       .directories = {make_memory_directory()},
                       .gets_overlay = true});
  }
  Worlds(const Worlds&) = delete;
  Worlds& operator=(const Worlds&) = delete;
  ~Worlds() {
    for (World& world : worlds_) {
      if (world.lower && picture_of(*world.lower) != world.lower_picture)
        fail("below the overlay, something changed");
      world.files.clear();
      world.directories.clear();
      world.lower.reset();
      if (world.outside == nullptr) continue;
      world.outside->check();
      world.outside->clear();
    }
  }

  void run() {
    constexpr int max_steps = 200;
    for (int i = 0; i < max_steps && !input_.empty(); ++i) {
      if (i == steps_to_overlay_) lay_over();
      if (i == steps_to_archive_) archive();
      step();
    }
  }

 private:
  void add_host(const char* name, const Outside& outside, platform::Resolver resolver) {
    auto root = open_host_directory(outside.root(), {.resolver = resolver});
    if (!root) fail("a root does not open");
    worlds_.push_back({name, &outside, {*std::move(root)}});
  }
  /// From now on the changes of some stay in memory.
  void lay_over() {
    for (World& world : worlds_) {
      world.close_all();
      if (!world.gets_overlay) continue;
      world.lower = world.directories.front();
      world.lower_picture = picture_of(*world.lower);
      world.directories.front() = make_overlay(world.lower);
    }
  }
  /// From now on there is one that is an archive, and nothing changes.
  void archive() {
    for (World& world : worlds_) world.close_all();
    worlds_.push_back({"archive", nullptr, {archive_of(worlds_.front().root())}});
    is_archived_ = true;
  }

  std::string component() {
    static constexpr const char* names[] = {"a",      "b",      "c",    "d",          "a",
                                            "b",      "..",     "..",   "..",         ".",
                                            "secret", "folder", "root", "root_beside"};
    const uint8_t choice = input_.byte() % 17;
    if (choice < std::size(names)) return names[choice];
    if (choice == 14) return std::string(254 + input_.byte() % 3, 'n');
    if (choice == 15) return std::string(1, char(input_.byte()));
    return "";
  }
  std::string path() {
    std::string text = input_.byte() % 16 == 0 ? "/" : "";
    const size_t count = 1 + input_.byte() % 5;
    for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : "/") + component();
    if (input_.byte() % 4 == 0) text += "/";
    return text;
  }

  /// Does it in each world, which must answer the same: a text that holds all of the outcome that
  /// is the same everywhere.
  template <typename Operation>
  void everywhere(const std::string& what, Operation operation) {
    std::string first;
    for (World& world : worlds_) {
      const std::string answer = operation(world);
      if (answer.find(secret) != std::string::npos) fail(what + ": read what is outside");
      if (&world == &worlds_[0]) {
        first = answer;
      } else if (answer != first) {
        fail(what + ": kernel '" + first + "', " + world.name + " '" + answer + "'");
      }
    }
  }

  static void check_inode(const World& world, const FileStat& stat) {
    if (world.outside != nullptr && world.outside->has_inode(stat.inode))
      fail("told of what is outside");
  }
  static std::string text_of(FileError error) {
    return std::string(platform::file_error_text(error));
  }
  template <typename T>
  static std::string failure(const FileResult<T>& result) {
    return result ? "done" : text_of(result.error());
  }
  static std::string outcome(const FileResult<>& result) { return result ? "done" : "failed"; }
  std::string describe(const World& world, const FileResult<FileStat>& stat) const {
    if (!stat) return text_of(stat.error());
    check_inode(world, *stat);
    std::string text = "kind " + std::to_string(int(stat->kind));
    if (stat->kind == FileKind::directory) return text;  // their sizes and links differ
    text +=
        " links " + std::to_string(stat->link_count) + " size " + std::to_string(stat->size_bytes);
    if (stat->modify_time_ns < 1'000'000 && !is_archived_)
      text += " time " + std::to_string(stat->modify_time_ns);
    return text;
  }
  static std::string list(const World& world, Directory& directory) {
    auto reader = directory.reader();
    if (!reader) return text_of(reader.error());
    std::multiset<std::string> names;
    const auto entries = entries_of(**reader);
    if (!entries) return text_of(entries.error());
    for (const Entry& entry : *entries) {
      if (world.outside != nullptr && entry.name != ".." && world.outside->has_inode(entry.inode))
        fail("listed what is outside");
      names.insert(entry.name + ":" + std::to_string(int(entry.kind)));
    }
    std::string text;
    for (const std::string& name : names) text += name + " ";
    return text;
  }
  /// Positions are hostile, and mean something else in each file system.
  static std::string list_from(Directory& directory, uint64_t position) {
    const auto reader = directory.reader();
    if (!reader) return text_of(reader.error());
    static_cast<void>((*reader)->next());
    if ((*reader)->seek(position)) static_cast<void>(entries_of(**reader));
    return "";
  }

  std::string open(World& world, size_t at, const std::string& path, const OpenOptions& options,
                   size_t slot) {
    auto opened = world.directories[at]->open(path, options);
    if (!opened) return text_of(opened.error());
    constexpr size_t max_open = 6;
    if (opened->directory) {
      const auto stat = opened->directory->stat();
      const std::string text = describe(world, stat) + ": " + list(world, *opened->directory);
      if (world.directories.size() < max_open)
        world.directories.push_back(opened->directory);
      else
        world.directories[1 + slot % (max_open - 1)] = opened->directory;
      return text;
    }
    std::string text = describe(world, opened->file->stat());
    if (world.files.size() < max_open)
      world.files.push_back(std::move(opened->file));
    else
      world.files[slot % max_open] = std::move(opened->file);
    return text;
  }

  std::string use(World& world, size_t index, uint8_t choice, uint64_t number) const {
    if (world.files.empty()) return "";
    File& file = *world.files[index % world.files.size()];
    uint8_t bytes[16] = "0123456789";
    const IoBuffer target{bytes, 1 + number % 16};
    const ConstIoBuffer source{bytes, 1 + number % 10};
    const auto size_of = [&](const FileResult<size_t>& size) {
      if (!size) return text_of(size.error());
      return std::to_string(*size) + std::string(reinterpret_cast<const char*>(bytes), target.size);
    };
    switch (choice % 6) {
      case 0: return size_of(file.read({&target, 1}));
      case 1: return size_of(file.write({&source, 1}));
      case 2: return failure(file.truncate(number % 100'000));
      case 3: return size_of(file.read_at({&target, 1}, number));
      case 4: return failure(file.seek(int64_t(number % 5000), platform::Whence::set));
      default: return describe(world, file.stat());
    }
  }

  void step();
  void change(uint8_t choice, size_t at, const std::string& a, const std::string& b);
  void cross(size_t at, const std::string& a, const std::string& b);

  Input input_;
  int steps_to_overlay_, steps_to_archive_;
  std::vector<World> worlds_;
  bool is_archived_ = false;
};

void Worlds::step() {
  const uint8_t choice = input_.byte();
  const size_t at = input_.byte() % worlds_[0].directories.size();
  if (choice % 128 == 127) {
    const std::string from = path();
    return cross(at, from, path());
  }
  const std::string a = path();
  const std::string place = std::to_string(at) + " " + a;
  const FinalLink link = (choice & 128) != 0 ? FinalLink::follow : FinalLink::keep;
  switch (choice % 14) {
    case 0:
    case 1:
    case 2: {
      const uint8_t bits = input_.byte();
      const OpenOptions options{.read = (bits & 1) != 0,
                                .write = (bits & 2) != 0,
                                .create = (bits & 4) != 0,
                                .exclusive = (bits & 8) != 0,
                                .truncate = (bits & 16) != 0,
                                .directory = (bits & 32) != 0,
                                .follow_final_symlink = (bits & 64) != 0,
                                .append = (bits & 128) != 0};
      // What has no data need not be opened by guests: wasi/path.cpp always reads or writes.
      if (!options.read && !options.write) return;
      if (is_archived_ && (options.write || options.create || options.truncate)) return;
      const size_t slot = input_.byte();
      return everywhere("open " + place + " " + std::to_string(bits),
                        [&](World& world) { return open(world, at, a, options, slot); });
    }
    case 3:
      return everywhere("stat " + place, [&](World& world) {
        return describe(world, world.directories[at]->stat_at(a, link));
      });
    case 4:
      return everywhere("readlink " + place, [&](World& world) {
        const auto text = world.directories[at]->read_link(a);
        return text ? "-> " + *text : text_of(text.error());
      });
    case 5: {
      const NewTime time{.kind = NewTime::Kind::at, .at_ns = input_.byte()};
      if (is_archived_) return;
      return everywhere("touch " + place, [&](World& world) {
        return failure(world.directories[at]->set_times_at(a, link, time, time));
      });
    }
    case 6: {
      const uint8_t index = input_.byte(), how = input_.byte();
      const uint64_t number = input_.number(2);
      if (is_archived_ && (how % 6 == 1 || how % 6 == 2)) return;
      return everywhere("use " + std::to_string(how % 6),
                        [&](World& world) { return use(world, index, how, number); });
    }
    case 7: {
      const uint64_t position = input_.flag() ? input_.byte() : input_.number(8);
      return everywhere("list", [&](World& world) {
        return list(world, *world.directories[at]) + list_from(*world.directories[at], position);
      });
    }
    default: return change(choice, at, a, path());
  }
}

void Worlds::change(uint8_t choice, size_t at, const std::string& a, const std::string& b) {
  if (is_archived_) return;
  const size_t to = choice / 14 % worlds_[0].directories.size();
  const std::string places = std::to_string(at) + " " + a + ", " + std::to_string(to) + " " + b;
  everywhere(std::to_string(choice % 14) + " " + places, [&](World& world) {
    Directory& directory = *world.directories[at];
    switch (choice % 14) {
      case 8: return failure(directory.make_directory(a));
      case 9: return failure(directory.remove_directory(a));
      case 10: return failure(directory.unlink(a));
      // Of two paths that are wrong, either may be told of.
      case 11: return outcome(directory.rename(a, *world.directories[to], b));
      case 12: return outcome(directory.hard_link(a, *world.directories[to], b));
      default: return failure(directory.symbolic_link(b, a));
    }
  });
}

/// Names do not go from one file system to another.
void Worlds::cross(size_t at, const std::string& a, const std::string& b) {
  for (const World& from : worlds_) {
    for (const World& to : worlds_) {
      Directory &directory = *from.directories[at], &other = *to.directories[at];
      if (directory.volume() == other.volume()) continue;
      if (directory.rename(a, other, b) || directory.hard_link(a, other, b))
        fail(std::string("a name went from ") + from.name + " to " + to.name);
    }
  }
}

}  // namespace
}  // namespace waxwing::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  waxwing::fuzz::Worlds(waxwing::fuzz::Input({data, size})).run();
  return 0;
}
