#include "vfs/overlay.h"

#include <algorithm>
#include <map>
#include <set>
#include <sys/stat.h>
#include <vector>

#include "twins.h"

namespace waxwing::vfs {
namespace {

namespace fs = std::filesystem;

/// All that is below a directory of the host: kinds, contents, targets, times.
std::map<std::string, std::string> picture(const TemporaryDirectory& directory) {
  std::map<std::string, std::string> result;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    std::string& text = result[entry.path().lexically_relative(directory.path()).string()];
    if (entry.is_symlink()) {
      text = "-> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      text.assign(std::istreambuf_iterator<char>(file), {});
      text += " " + std::to_string(fs::hard_link_count(entry.path()));
    }
    if (entry.is_symlink()) continue;
    text += " " + std::to_string(fs::last_write_time(entry.path()).time_since_epoch().count());
  }
  return result;
}

std::string read_all(Directory& directory, std::string_view path) {
  auto opened = directory.open(path, read_it);
  if (!opened) return "! " + failure(opened);
  return opened->file ? read(*opened->file) : "! directory";
}

std::vector<std::string> names(Directory& directory) {
  std::vector<std::string> result;
  const auto reader = directory.reader().value();
  while (const auto entry = reader->next().value()) {
    if (entry->name != "." && entry->name != "..") result.emplace_back(entry->name);
  }
  std::ranges::sort(result);
  return result;
}

/// A directory "sub" with "deep/leaf", and the files "a" and "b".
class Overlay : public testing::Test {
 protected:
  Overlay() {
    directory_.make_directory("sub/deep");
    directory_.write("sub/deep/leaf", "leaf");
    directory_.write("a", "hello");
    directory_.write("b", "bytes");
    before_ = picture(directory_);
    root_ = make_overlay(lower());
  }
  ~Overlay() override { EXPECT_EQ(picture(directory_), before_) << "the lower one has changed"; }

  std::shared_ptr<Directory> lower() const {
    return open_host_directory(directory_.path().string(), {}).value();
  }
  std::unique_ptr<File> open(std::string_view path, const OpenOptions& options) {
    auto opened = root_->open(path, options);
    EXPECT_TRUE(opened) << path << ": " << failure(opened);
    return opened ? std::move(opened->file) : nullptr;
  }
  FileStat stat(std::string_view path) {
    return root_->stat_at(path, FinalLink::keep).value_or(FileStat{});
  }

  static constexpr OpenOptions change_it = {.read = true, .write = true};
  TemporaryDirectory directory_;
  std::map<std::string, std::string> before_;
  std::shared_ptr<Directory> root_;
};

TEST_F(Overlay, shows_what_is_below_and_keeps_what_changes) {
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "sub"}));
  EXPECT_EQ(read_all(*root_, "sub/deep/leaf"), "leaf");
  const auto file = open("a", change_it);
  EXPECT_EQ(write(*file, "J"), 1u);
  EXPECT_EQ(read(*file), "ello");
  EXPECT_EQ(read_all(*root_, "a"), "Jello");
  create(*root_, "sub/new");
  EXPECT_EQ(names(*root_->open("sub", read_it)->directory),
            (std::vector<std::string>{"deep", "new"}));
  EXPECT_EQ(read_all(*make_overlay(lower()), "a"), "hello") << "another one has none of it";
}

TEST_F(Overlay, who_reads_a_file_sees_what_others_write_to_it) {
  const auto reader = open("a", read_it);
  EXPECT_EQ(read(*reader, 1), "h");
  const auto writer = open("a", change_it);
  EXPECT_EQ(writer->seek(2, Whence::set), 2u);
  EXPECT_EQ(write(*writer, "LLOW"), 4u);
  EXPECT_EQ(read(*reader), "eLLOW");
  EXPECT_EQ(reader->stat()->size_bytes, 6u);
}

TEST_F(Overlay, what_is_removed_stays_open_and_is_gone) {
  const auto reader = open("a", read_it);
  EXPECT_TRUE(root_->unlink("a"));
  EXPECT_EQ(failure(root_->stat_at("a", FinalLink::keep)), text_of(FileError::noent));
  EXPECT_EQ(failure(root_->unlink("a")), text_of(FileError::noent));
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"b", "sub"}));
  EXPECT_EQ(read(*reader), "hello");
  EXPECT_EQ(reader->stat()->link_count, 0u);
  const auto anew = create(*root_, "a");
  EXPECT_EQ(anew->stat()->size_bytes, 0u) << "what is made anew is empty";
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "sub"}));
}

TEST_F(Overlay, a_directory_made_anew_is_empty) {
  EXPECT_EQ(failure(root_->remove_directory("sub")), text_of(FileError::notempty));
  EXPECT_TRUE(root_->unlink("sub/deep/leaf"));
  EXPECT_TRUE(root_->remove_directory("sub/deep"));
  EXPECT_TRUE(root_->remove_directory("sub"));
  EXPECT_EQ(read_all(*root_, "sub/deep/leaf"), "! " + text_of(FileError::noent));
  EXPECT_TRUE(root_->make_directory("sub"));
  EXPECT_EQ(names(*root_->open("sub", read_it)->directory), std::vector<std::string>());
  EXPECT_EQ(read_all(*root_, "sub/deep/leaf"), "! " + text_of(FileError::noent));
  EXPECT_TRUE(root_->remove_directory("sub"));
}

TEST_F(Overlay, directories_are_renamed_with_all_that_is_in_them) {
  EXPECT_TRUE(root_->rename("sub", *root_, "moved"));
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "moved"}));
  EXPECT_EQ(read_all(*root_, "moved/deep/leaf"), "leaf");
  EXPECT_EQ(write(*open("moved/deep/leaf", change_it), "L"), 1u);
  EXPECT_EQ(failure(root_->rename("moved", *root_, "moved/deep/x")), text_of(FileError::inval));
  EXPECT_TRUE(root_->rename("moved/deep", *root_, "sub")) << "into the name that is free";
  EXPECT_EQ(read_all(*root_, "sub/leaf"), "Leaf");
  EXPECT_TRUE(root_->rename("sub", *root_, "moved")) << "over an empty one";
  EXPECT_EQ(read_all(*root_, "moved/leaf"), "Leaf");
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "moved"}));
}

TEST_F(Overlay, numbers_of_files_stay_when_they_change_and_move) {
  const FileStat a = stat("a"), sub = stat("sub");
  EXPECT_EQ(a.inode, lower()->stat_at("a", FinalLink::keep)->inode);
  EXPECT_TRUE(open("a", change_it)->truncate(2));
  EXPECT_EQ(stat("a").inode, a.inode);
  EXPECT_EQ(stat("a").device, a.device);
  EXPECT_TRUE(root_->rename("a", *root_, "sub/c"));
  EXPECT_TRUE(root_->rename("sub", *root_, "d"));
  EXPECT_EQ(stat("d/c").inode, a.inode);
  EXPECT_EQ(stat("d").inode, sub.inode);
  create(*root_, "new");
  EXPECT_EQ(stat("new").device, a.device);
  std::map<std::string, uint64_t> listed;
  const auto reader = root_->reader().value();
  while (const auto entry = reader->next().value()) listed[std::string(entry->name)] = entry->inode;
  for (const char* name : {"b", "d", "new"}) EXPECT_EQ(listed[name], stat(name).inode) << name;
}

TEST_F(Overlay, times_are_set_here_alone) {
  const NewTime then{.kind = NewTime::Kind::at, .at_ns = 5};
  EXPECT_TRUE(root_->set_times_at("a", FinalLink::keep, {}, then));
  EXPECT_TRUE(root_->set_times_at("sub", FinalLink::keep, {}, then));
  EXPECT_EQ(stat("a").modify_time_ns, 5u);
  EXPECT_EQ(stat("sub").modify_time_ns, 5u);
  EXPECT_EQ(read_all(*root_, "a"), "hello");
}

TEST_F(Overlay, hard_links_are_one_file) {
  EXPECT_TRUE(root_->hard_link("a", *root_, "sub/a2"));
  EXPECT_EQ(stat("a").link_count, 2u);
  EXPECT_EQ(write(*open("sub/a2", change_it), "HE"), 2u);
  EXPECT_EQ(read_all(*root_, "a"), "HEllo");
  EXPECT_TRUE(root_->unlink("a"));
  EXPECT_EQ(read_all(*root_, "sub/a2"), "HEllo");
  EXPECT_EQ(stat("sub/a2").link_count, 1u);
  EXPECT_EQ(failure(root_->hard_link("sub", *root_, "x")), text_of(FileError::perm));
}

TEST_F(Overlay, names_of_one_lower_file_stay_names_of_one_file) {
  fs::create_hard_link(directory_ / "a", directory_ / "sub/twin");
  before_ = picture(directory_);
  EXPECT_EQ(write(*open("sub/twin", change_it), "tw"), 2u);
  EXPECT_EQ(read_all(*root_, "a"), "twllo");
  EXPECT_EQ(stat("a").inode, stat("sub/twin").inode);
  EXPECT_TRUE(root_->unlink("a"));
  EXPECT_EQ(stat("sub/twin").link_count, 1u);
  EXPECT_EQ(read_all(*root_, "sub/twin"), "twllo");
  EXPECT_TRUE(root_->unlink("sub/twin"));
}

TEST_F(Overlay, links_lead_nowhere_else) {
  directory_.link("out", "../../etc/passwd");
  directory_.link("absolute", "/etc/passwd");
  directory_.link("in", "sub/deep/leaf");
  before_ = picture(directory_);
  EXPECT_EQ(read_all(*root_, "out"), "! " + text_of(FileError::perm));
  EXPECT_EQ(read_all(*root_, "absolute"), "! " + text_of(FileError::perm));
  EXPECT_EQ(read_all(*root_, "in"), "leaf");
  EXPECT_EQ(root_->read_link("out"), "../../etc/passwd");
  EXPECT_TRUE(root_->rename("sub", *root_, "moved"));
  EXPECT_EQ(read_all(*root_, "in"), "! " + text_of(FileError::noent)) << "as it is seen here";
  EXPECT_TRUE(root_->rename("in", *root_, "moved/in"));
  EXPECT_EQ(root_->read_link("moved/in"), "sub/deep/leaf");
  EXPECT_TRUE(root_->symbolic_link("a", "new"));
  EXPECT_EQ(read_all(*root_, "new"), "hello");
  EXPECT_EQ(read_all(*root_, "../a"), "! " + text_of(FileError::perm));
}

TEST_F(Overlay, opens_as_the_host_does) {
  EXPECT_EQ(failure(root_->open("a", {.write = true, .create = true, .exclusive = true})),
            text_of(FileError::exist));
  const auto appended = open("a", {.read = true, .write = true, .append = true});
  EXPECT_EQ(write(*appended, "!"), 1u);
  EXPECT_EQ(appended->seek(0, Whence::set), 0u);
  EXPECT_EQ(write(*appended, "!"), 1u);
  EXPECT_EQ(read_all(*root_, "a"), "hello!!");
  EXPECT_EQ(open("b", {.read = true, .write = true, .truncate = true})->stat()->size_bytes, 0u);
  EXPECT_EQ(read_all(*root_, "b"), "");
}

TEST_F(Overlay, what_was_cut_off_does_not_come_back) {
  const auto file = open("a", change_it);
  EXPECT_TRUE(file->truncate(2));
  EXPECT_TRUE(file->truncate(5));
  EXPECT_EQ(read(*file), std::string("he\0\0\0", 5));
  EXPECT_EQ(file->seek(4, Whence::set), 4u);
  EXPECT_EQ(write(*file, "o"), 1u);
  EXPECT_EQ(read_all(*root_, "a"), std::string("he\0\0o", 5));
}

TEST_F(Overlay, of_a_large_file_only_what_is_written_takes_room) {
  const std::string large(10 << 20, 'x');
  directory_.write("large", large);
  before_ = picture(directory_);
  root_ = make_overlay(lower(), {.max_bytes = 64 << 10});
  const auto file = open("large", change_it);
  EXPECT_EQ(file->seek(5 << 20, Whence::set), uint64_t{5 << 20});
  EXPECT_EQ(write(*file, "here"), 4u);
  EXPECT_EQ(file->seek((5 << 20) - 2, Whence::set), uint64_t{(5 << 20) - 2});
  EXPECT_EQ(read(*file, 8), "xxherexx");
  EXPECT_EQ(file->stat()->size_bytes, large.size());
  EXPECT_TRUE(file->seek(0, Whence::set));
  uint64_t written = 0;
  for (;;) {
    const auto size = write(*file, std::string(4096, 'y'));
    if (!size) {
      EXPECT_EQ(failure(size), text_of(FileError::nospc));
      break;
    }
    written += *size;
  }
  EXPECT_GT(written, 20'000u);
  EXPECT_LT(written, 64u << 10);
  EXPECT_EQ(file->seek(static_cast<int64_t>(written), Whence::set), written);
  EXPECT_EQ(read(*file, 2), "xx");
}

TEST_F(Overlay, changes_without_end_have_no_room) {
  for (int i = 0; i < 200; ++i) directory_.write("f" + std::to_string(i), "text");
  before_ = picture(directory_);
  root_ = make_overlay(lower(), {.max_bytes = 32 << 10});
  const auto count = [&](auto operation) {
    int done = 0;
    for (int i = 0; i < 200; ++i) {
      const auto result = operation("f" + std::to_string(i));
      done += result ? 1 : 0;
      EXPECT_EQ(failure(result), result ? "" : text_of(FileError::nospc));
    }
    return done;
  };
  const NewTime then{.kind = NewTime::Kind::at, .at_ns = 5};
  EXPECT_LT(count([&](const std::string& name) {
              return root_->set_times_at(name, FinalLink::keep, {}, then);
            }),
            60);
  EXPECT_EQ(count([&](const std::string& name) { return root_->unlink(name); }), 0);
  EXPECT_EQ(count([&](const std::string& name) { return root_->rename(name, *root_, "x"); }), 0);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(read_all(*root_, "f" + std::to_string(i)), "text") << "all is as it was";
  }
  EXPECT_EQ(names(*root_).size(), 203u);
}

TEST_F(Overlay, room_comes_back) {
  root_ = make_overlay(lower(), {.max_bytes = 64 << 10});
  const std::string text(8192, 'x');
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(write(*open("a", change_it), text), text.size());
    ASSERT_TRUE(root_->rename("a", *root_, "c"));
    ASSERT_EQ(write(*create(*root_, "a"), text), text.size());
    ASSERT_TRUE(root_->rename("c", *root_, "a"));
    ASSERT_TRUE(root_->unlink("a"));
    create(*root_, "a");
  }
}

TEST_F(Overlay, each_name_is_listed_once_while_it_changes) {
  for (int i = 0; i < 500; ++i) directory_.write("f" + std::to_string(i), "");
  before_ = picture(directory_);
  const auto reader = root_->reader().value();
  std::multiset<std::string> seen;
  for (int i = 0;; ++i) {
    const auto entry = reader->next().value();
    if (!entry) break;
    seen.insert(std::string(entry->name));
    if (i == 250) {
      for (int j = 0; j < 500; j += 2) {  // replaced, which no reader may miss or see twice
        create(*root_, "new");
        ASSERT_TRUE(root_->rename("new", *root_, "f" + std::to_string(j)));
      }
      const auto position = entry->next_position;
      EXPECT_TRUE(reader->seek(UINT64_MAX));
      static_cast<void>(reader->next());
      EXPECT_TRUE(reader->seek(position));
    }
  }
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen.count("f" + std::to_string(i)), 1u) << i;
  EXPECT_EQ(names(*root_).size(), 503u);
}

TEST_F(Overlay, a_directory_can_be_emptied_while_it_is_read) {
  for (int i = 0; i < 500; ++i) directory_.write("f" + std::to_string(i), "");
  before_ = picture(directory_);
  const auto reader = root_->reader().value();
  int removed = 0;
  while (const auto entry = reader->next().value()) {
    if (entry->name.starts_with('f')) removed += root_->unlink(entry->name) ? 1 : 0;
  }
  EXPECT_EQ(removed, 500);
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "sub"}));
}

TEST_F(Overlay, what_others_change_below_does_no_harm) {
  const auto written = open("a", change_it), read_only = open("b", read_it);
  EXPECT_EQ(write(*written, "H"), 1u);
  const auto sub = root_->open("sub", read_it)->directory;
  fs::remove_all(directory_ / "sub");
  fs::remove(directory_ / "a");
  fs::remove(directory_ / "b");
  fs::create_directory(directory_ / "b");
  directory_.write("sub", "a file now");
  EXPECT_EQ(read_all(*root_, "a"), "Hello") << "the page that was written has all of it";
  EXPECT_EQ(read(*written), "ello") << "it is open";
  EXPECT_EQ(read(*read_only), "bytes");
  EXPECT_EQ(failure(sub->open("deep/leaf", read_it)), text_of(FileError::noent));
  EXPECT_EQ(names(*sub), std::vector<std::string>());
  EXPECT_EQ(read_all(*root_, "b"), "! directory");
  EXPECT_EQ(read_all(*root_, "sub"), "a file now");
  EXPECT_TRUE(root_->rename("b", *root_, "c"));
  EXPECT_TRUE(root_->remove_directory("c"));
  before_ = picture(directory_);
}

TEST_F(Overlay, a_directory_that_was_replaced_below_takes_nothing) {
  directory_.make_directory("other");
  const auto sub = root_->open("sub", read_it)->directory;
  fs::rename(directory_ / "sub", directory_ / "away");
  fs::rename(directory_ / "other", directory_ / "sub");
  before_ = picture(directory_);
  EXPECT_EQ(names(*root_->open("sub", read_it)->directory), std::vector<std::string>());
  EXPECT_EQ(failure(sub->open("new", {.write = true, .create = true})), text_of(FileError::noent));
  EXPECT_EQ(failure(sub->make_directory("new")), text_of(FileError::noent));
  EXPECT_EQ(failure(root_->rename("a", *sub, "a")), text_of(FileError::noent));
  EXPECT_EQ(read_all(*root_, "a"), "hello");
  EXPECT_TRUE(root_->make_directory("sub/new"));
}

TEST_F(Overlay, files_are_not_those_that_others_find_by_another_way) {
  const auto second = make_overlay(lower(), {.device = 2});
  const uint64_t below = lower()->stat_at("a", FinalLink::keep)->device;
  const uint64_t device = stat("a").device;
  EXPECT_NE(device, below);
  EXPECT_NE(device, second->stat_at("a", FinalLink::keep)->device);
  EXPECT_EQ(stat("sub").device, device);
  EXPECT_EQ(root_->stat()->device, device);
  const auto file = open("a", change_it);
  EXPECT_EQ(file->stat()->device, device);
  EXPECT_EQ(write(*file, "x"), 1u);
  EXPECT_EQ(file->stat()->device, device);
  EXPECT_EQ(create(*root_, "new")->stat()->device, device);
}

TEST_F(Overlay, names_are_listed_that_the_lower_directory_has_no_more) {
  for (const char* name : {"a", "b"}) {
    ASSERT_TRUE(root_->unlink(name));
    create(*root_, name);
  }
  fs::remove(directory_ / "a");
  fs::remove(directory_ / "b");
  directory_.write("c", "");
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "b", "c", "sub"}));
  const auto reader = root_->reader().value();
  std::map<std::string, uint64_t> positions;
  uint64_t position = 0;
  while (const auto entry = reader->next().value()) {
    positions.emplace(entry->name, position);
    position = entry->next_position;
  }
  EXPECT_FALSE(reader->next().value());
  for (const auto& [name, at] : positions) {
    EXPECT_TRUE(reader->seek(at));
    EXPECT_EQ(reader->next().value()->name, name);
  }
  directory_.write("a", "is there again");
  EXPECT_TRUE(root_->unlink("b"));
  EXPECT_EQ(names(*root_), (std::vector<std::string>{"a", "c", "sub"}));
  before_ = picture(directory_);
}

TEST_F(Overlay, devices_below_are_not_opened) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  before_ = picture(directory_);
  EXPECT_EQ(failure(root_->open("fifo", read_it)), text_of(FileError::acces));
  EXPECT_EQ(failure(root_->open("fifo", change_it)), text_of(FileError::acces));
  EXPECT_TRUE(root_->rename("fifo", *root_, "x"));
  EXPECT_EQ(stat("x").kind, FileKind::fifo);
  EXPECT_TRUE(root_->unlink("x"));
}

TEST_F(Overlay, lies_over_any_directory) {
  const auto lower = make_memory_directory();
  EXPECT_TRUE(lower->make_directory("sub"));
  EXPECT_EQ(write(*create(*lower, "sub/a"), "lower"), 5u);
  EXPECT_EQ(write(*create(*lower, "b"), "lower"), 5u);
  root_ = make_overlay(lower);
  EXPECT_EQ(write(*open("sub/a", change_it), "L"), 1u);
  EXPECT_TRUE(root_->unlink("b"));
  EXPECT_TRUE(root_->rename("sub", *root_, "moved"));
  EXPECT_EQ(read_all(*root_, "moved/a"), "Lower");
  EXPECT_EQ(names(*root_), std::vector<std::string>{"moved"});
  EXPECT_EQ(read_all(*lower, "sub/a"), "lower");
  EXPECT_EQ(names(*lower), (std::vector<std::string>{"b", "sub"}));
}

TEST_F(Overlay, open_files_are_all_that_takes_descriptors) {
  for (int i = 0; i < 3000; ++i) directory_.write("f" + std::to_string(i), "x");
  before_ = picture(directory_);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(
        write(*open("f" + std::to_string(i), {.read = true, .write = true, .append = true}), "y"),
        1u);
  }
  EXPECT_EQ(read_all(*root_, "f2999"), "xy");
}

/// The same random calls on a directory of the host, and on one like it with an overlay over it.
class OverlayTwins : public Twins {
 protected:
  OverlayTwins() : Twins(nullptr) {
    ours_ = open_host_directory(below_ / ".", {}).value();
    for (int i = 0; i < 300; ++i) step();
    before_ = picture(below_);
    ours_ = make_overlay(ours_);
    succeeded_ = 0;
  }
  void step_with_open_files();
  void compare(const std::string& path, int levels);

  struct Pair {
    std::unique_ptr<File> host, ours;
  };
  TemporaryDirectory below_;
  std::map<std::string, std::string> before_;
  std::vector<Pair> open_;
};

void OverlayTwins::step_with_open_files() {
  if (open_.size() < 6) {
    const OpenOptions options{
        .read = true, .write = random_() % 2 == 0, .create = false, .append = random_() % 4 == 0};
    const std::string at = path();
    auto host = host_->open(at, options), ours = ours_->open(at, options);
    ASSERT_EQ(failure(host), failure(ours)) << at;
    if (!host || host->file == nullptr) return;
    open_.push_back({std::move(host->file), std::move(ours->file)});
    return;
  }
  const size_t index = random_() % open_.size();
  Pair& pair = open_[index];
  const uint64_t offset = random_() % 9000, choice = random_() % 5;
  const auto use = [&](File& file) -> std::string {
    if (choice == 0) return failure(file.truncate(offset));
    if (choice == 1) return std::to_string(file.seek(int64_t(offset), Whence::set).value_or(0));
    if (choice == 2) return std::to_string(write(file, std::string(offset / 2, 'w')).value_or(1));
    if (choice == 3) return read(file, 10'000);
    const FileStat stat = file.stat().value_or(FileStat{});
    return std::to_string(stat.size_bytes) + " " + std::to_string(stat.link_count);
  };
  ASSERT_EQ(use(*pair.host), use(*pair.ours)) << choice << " " << offset;
  if (random_() % 8 == 0) open_.erase(open_.begin() + static_cast<ptrdiff_t>(index));
}

void OverlayTwins::compare(const std::string& path, int levels) {
  auto host = host_->open(path, read_it), ours = ours_->open(path, read_it);
  ASSERT_EQ(failure(host), failure(ours)) << path;
  if (!host) return;
  if (host->file) {
    ASSERT_EQ(read(*host->file, 20'000), read(*ours->file, 20'000)) << path;
    return;
  }
  const auto listed = list(*host->directory);
  ASSERT_EQ(listed, list(*ours->directory)) << path;
  for (const std::string& entry : listed) {
    const std::string name = entry.substr(0, entry.find(':'));
    if (name != "." && name != ".." && levels > 0) compare(path + "/" + name, levels - 1);
  }
}

TEST_P(OverlayTwins, an_overlay_behaves_as_the_host_does) {
  for (int i = 0; i < 4000 && !HasFailure(); ++i) {
    step();
    step_with_open_files();
    if (i % 500 == 0) compare(".", 8);
  }
  compare(".", 8);
  EXPECT_GT(succeeded_, 300);
  EXPECT_EQ(picture(below_), before_) << "the lower one has changed";
}

INSTANTIATE_TEST_SUITE_P(seeds, OverlayTwins, testing::Range(0u, 8u));

}  // namespace
}  // namespace waxwing::vfs
