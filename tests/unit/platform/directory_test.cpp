#include "platform/directory.h"

#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

struct Seen {
  std::string name;
  uint64_t next_position;
};

std::vector<Seen> read_rest(DirectoryReader& reader) {
  std::vector<Seen> entries;
  for (;;) {
    const auto entry = reader.next();
    EXPECT_TRUE(entry) << failure(entry);
    if (!entry || !entry->has_value()) return entries;
    entries.push_back({std::string((*entry)->name), (*entry)->next_position});
  }
}

std::set<std::string> names(const std::vector<Seen>& entries) {
  std::set<std::string> result;
  for (const Seen& entry : entries) EXPECT_TRUE(result.insert(entry.name).second) << entry.name;
  return result;
}

DirectoryReader reader_of(const TemporaryDirectory& directory) {
  auto reader = DirectoryReader::open(directory.open());
  EXPECT_TRUE(reader);
  return std::move(*reader);
}

TEST(directory, lists_names_kinds_and_inodes) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  directory.make_directory("folder");
  directory.link("link", "file");
  DirectoryReader reader = reader_of(directory);
  std::map<std::string, FileKind> kinds;
  for (;;) {
    const auto entry = reader.next();
    ASSERT_TRUE(entry);
    if (!entry->has_value()) break;
    kinds[std::string((*entry)->name)] = (*entry)->kind;
    if ((*entry)->name == "file") {
      EXPECT_EQ((*entry)->inode, open_host_path(directory / "file", {})->stat()->inode);
    }
  }
  const std::map<std::string, FileKind> expected = {{".", FileKind::directory},
                                                    {"..", FileKind::directory},
                                                    {"file", FileKind::regular_file},
                                                    {"folder", FileKind::directory},
                                                    {"link", FileKind::symbolic_link}};
  EXPECT_EQ(kinds, expected);
}

TEST(directory, a_large_one_can_be_read_again_from_any_entry) {
  const TemporaryDirectory directory;
  constexpr int count = 3000;  // several windows
  for (int i = 0; i < count; ++i)
    directory.write("entry_with_a_long_name_" + std::to_string(i), "");
  DirectoryReader reader = reader_of(directory);
  const std::vector<Seen> all = read_rest(reader);
  ASSERT_EQ(names(all).size(), size_t{count} + 2);

  DirectoryReader other = reader_of(directory);
  for (const size_t from : {size_t{0}, size_t{1}, size_t{700}, size_t{1500}, all.size() - 2}) {
    for (DirectoryReader* any : {&reader, &other}) {
      ASSERT_TRUE(any->seek(all[from].next_position));
      const std::vector<Seen> rest = read_rest(*any);
      ASSERT_EQ(rest.size(), all.size() - from - 1);
      for (size_t i = 0; i < rest.size(); ++i) ASSERT_EQ(rest[i].name, all[from + 1 + i].name);
    }
  }
  // Steps back within what has just been read, as a guest whose buffer was too small takes them.
  ASSERT_TRUE(reader.seek(0));
  for (size_t i = 0; i + 2 < all.size(); i += 2) {
    for (size_t k = 0; k < 3; ++k) ASSERT_EQ((*reader.next())->name, all[i + k].name);
    ASSERT_TRUE(reader.seek(all[i + 1].next_position));
  }
}

TEST(directory, rewinding_sees_what_is_new) {
  const TemporaryDirectory directory;
  DirectoryReader reader = reader_of(directory);
  EXPECT_EQ(read_rest(reader).size(), 2u);
  directory.write("new", "");
  ASSERT_TRUE(reader.seek(0));
  EXPECT_TRUE(names(read_rest(reader)).contains("new"));
}

TEST(directory, wrong_positions_do_no_harm) {
  const TemporaryDirectory directory;
  DirectoryReader reader = reader_of(directory);
  EXPECT_EQ(failure(reader.seek(UINT64_MAX)), text_of(FileError::inval));
  for (const uint64_t position : {uint64_t{1}, uint64_t{12345}, uint64_t{INT64_MAX}}) {
    if (reader.seek(position)) {
      const auto entry = reader.next();
      EXPECT_FALSE(entry && entry->has_value() && (*entry)->name.empty());
    }
  }
  ASSERT_TRUE(reader.seek(0));
  EXPECT_EQ(read_rest(reader).size(), 2u);
}

TEST(directory, only_directories_have_entries_and_a_removed_one_has_none) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  const auto file = open_host_path(directory / "file", {.read = true});
  ASSERT_TRUE(file);
  EXPECT_EQ(failure(DirectoryReader::open(*file)), text_of(FileError::notdir));
  directory.make_directory("gone");
  auto reader = DirectoryReader::open(directory.open("gone"));
  ASSERT_TRUE(reader);
  std::filesystem::remove(directory / "gone");
  EXPECT_TRUE(read_rest(*reader).empty());
}

TEST(directory, says_what_an_entry_is_without_following_it) {
  const TemporaryDirectory directory;
  directory.write("file", "12345");
  directory.link("link", "file");
  const File parent = directory.open();
  const auto file = stat_entry(parent, "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->kind, FileKind::regular_file);
  EXPECT_EQ(file->size_bytes, 5U);
  EXPECT_EQ(file->owner_id, effective_user_id());
  std::filesystem::permissions(directory / "file", std::filesystem::perms{0640});
  EXPECT_EQ(stat_entry(parent, "file")->permissions, 0640);
  EXPECT_EQ(stat_entry(parent, "link")->kind, FileKind::symbolic_link);
  EXPECT_EQ(failure(stat_entry(parent, "none")), text_of(FileError::noent));
  EXPECT_EQ(failure(stat_entry(parent, std::string_view("file\0", 5))), text_of(FileError::inval));
}

TEST(directory, makes_paths_absolute) {
  EXPECT_EQ(*absolute_path("/a/../b"), "/a/../b");
  EXPECT_EQ(*absolute_path("a/b"), (std::filesystem::current_path() / "a/b").string());
  EXPECT_EQ(failure(absolute_path("")), text_of(FileError::noent));
  EXPECT_EQ(failure(absolute_path(std::string_view("a\0b", 3))), text_of(FileError::inval));
}

TEST(directory, makes_directories_with_those_above) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(make_directories(directory / "a//b/c/", 0700));
  for (const char* made : {"a", "a/b", "a/b/c"}) {
    EXPECT_EQ(directory.open(made).stat()->permissions, 0700) << made;
  }
  EXPECT_TRUE(make_directories(directory / "a/b", 0700));
  directory.link("link", "a/b");
  EXPECT_TRUE(make_directories(directory / "link/d", 0700));
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/b/d"));
  directory.write("file", "");
  EXPECT_EQ(failure(make_directories(directory / "file", 0700)), text_of(FileError::notdir));
  EXPECT_EQ(failure(make_directories(directory / "file/x", 0700)), text_of(FileError::notdir));
  EXPECT_TRUE(make_directories("/", 0700));
}

}  // namespace
}  // namespace waxwing::platform
