#include "vfs/archive.h"

#include <random>

#include "../platform/temporary_directory.h"
#include "archive_writer.h"

namespace waxwing::vfs {
namespace {

using platform::failure;
using platform::TemporaryDirectory;
using platform::text_of;
using platform::Whence;

base::Result<std::shared_ptr<Directory>> open_bytes(const std::string& bytes) {
  const TemporaryDirectory directory;
  directory.write("a.tar", bytes);
  return open_tar(platform::FileContents::read(directory / "a.tar", 1 << 24).value(), 9);
}

std::shared_ptr<Directory> open_root(const ArchiveWriter& archive) {
  auto root = open_bytes(archive.bytes + std::string(1024, '\0'));
  EXPECT_TRUE(root) << (root ? "" : root.error().message());
  return root.value_or(nullptr);
}

std::string read(Directory& directory, std::string_view path) {
  auto opened = directory.open(path, {.read = true});
  if (!opened) return "! " + failure(opened);
  if (!opened->file) return "! directory";
  std::string text(1000, '\0');
  const IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), text.size()};
  text.resize(opened->file->read({&buffer, 1}).value());
  return text;
}

std::string list(Directory& directory) {
  std::string names;
  const auto reader = directory.reader().value();
  while (const auto entry = reader->next().value()) names += std::string(entry->name) + " ";
  return names;
}

TEST(tar, members_are_files_directories_and_links) {
  ArchiveWriter archive;
  archive.add("./", '5').add("./dir/", '5').file("./dir/file", "text").file("top", "");
  archive.add("to_file", '2', "", "dir/file").add("again", '1', "", "dir/file");
  archive.add("null", '3').add("fifo", '6');
  const auto root = open_root(archive);
  EXPECT_EQ(list(*root), ". .. again dir to_file top ") << "without devices and FIFOs";
  EXPECT_EQ(read(*root, "dir/file"), "text");
  EXPECT_EQ(read(*root, "to_file"), "text");
  EXPECT_EQ(read(*root, "again"), "text");
  EXPECT_EQ(read(*root, "top"), "");
  EXPECT_EQ(read(*root, "dir"), "! directory");
  EXPECT_EQ(root->read_link("to_file").value(), "dir/file");
  const FileStat stat = root->stat_at("again", FinalLink::follow).value();
  EXPECT_EQ(stat.link_count, 2u);
  EXPECT_EQ(stat.size_bytes, 4u);
  EXPECT_EQ(stat.modify_time_ns, 1'000'000'000'000'000'000u);
  EXPECT_EQ(stat.device, 9u);
  EXPECT_EQ(stat.inode, root->stat_at("dir/file", FinalLink::follow)->inode);
}

TEST(tar, long_names_come_before_their_member) {
  const std::string long_name = "d/" + std::string(150, 'n');
  ArchiveWriter archive;
  archive.add("././@LongLink", 'L', long_name + std::string(1, '\0')).file("cut", "gnu");
  archive.add("pax", 'x', "17 path=from/pax\n").file("cut", "pax");
  archive.add("pax", 'x', "19 linkpath=d/e/fg\n").add("link", '2', "", "cut");
  const auto root = open_root(archive);
  EXPECT_EQ(read(*root, long_name), "gnu");
  EXPECT_EQ(read(*root, "from/pax"), "pax");
  EXPECT_EQ(root->read_link("link").value(), "d/e/fg");
  EXPECT_EQ(list(*root), ". .. d from link ");
}

TEST(tar, later_members_replace_earlier_ones) {
  ArchiveWriter archive;
  archive.file("a", "old").file("a", "new").file("b", "file").file("b/c", "beneath");
  const auto root = open_root(archive);
  EXPECT_EQ(read(*root, "a"), "new");
  EXPECT_EQ(read(*root, "b/c"), "beneath");
}

TEST(tar, nothing_changes_it) {
  ArchiveWriter archive;
  archive.file("dir/file", "text");
  const auto root = open_root(archive);
  const auto rofs = text_of(FileError::rofs);
  EXPECT_EQ(failure(root->open("dir/file", {.read = true, .write = true})), rofs);
  EXPECT_EQ(failure(root->open("new", {.write = true, .create = true})), rofs);
  EXPECT_EQ(failure(root->make_directory("new")), rofs);
  EXPECT_EQ(failure(root->unlink("dir/file")), rofs);
  EXPECT_EQ(failure(root->remove_directory("dir")), rofs);
  EXPECT_EQ(failure(root->rename("dir", *root, "new")), rofs);
  EXPECT_EQ(failure(root->symbolic_link("x", "new")), rofs);
  EXPECT_EQ(failure(root->hard_link("dir/file", *root, "new")), rofs);
  EXPECT_EQ(failure(root->set_times_at("dir", FinalLink::keep, {}, {})), rofs);
  const auto opened = root->open("dir/file", {.read = true}).value();
  File* const file = opened.file.get();
  EXPECT_FALSE(file->truncate(0));
  const uint8_t byte = 0;
  const ConstIoBuffer buffer{&byte, 1};
  EXPECT_EQ(failure(file->write({&buffer, 1})), text_of(FileError::badf));
  EXPECT_EQ(file->seek(-1, Whence::end), 3u);
  EXPECT_EQ(failure(file->seek(-5, Whence::end)), text_of(FileError::inval));
}

TEST(tar, no_member_and_no_link_leads_out) {
  for (const char* name : {"../x", "a/../../x", "..", "a/.."}) {
    EXPECT_FALSE(open_bytes(ArchiveWriter().file(name, "").bytes)) << name;
  }
  const auto root = open_root(ArchiveWriter()
                                  .file("/etc/passwd", "ours")
                                  .add("up", '2', "", "..")
                                  .add("abs", '2', "", "/etc/passwd")
                                  .add("loop", '2', "", "loop")
                                  .add("empty", '2'));
  EXPECT_EQ(read(*root, "etc/passwd"), "ours") << "absolute names are beneath it";
  EXPECT_EQ(read(*root, "up/x"), "! " + text_of(FileError::perm));
  EXPECT_EQ(read(*root, "abs"), "! " + text_of(FileError::perm));
  EXPECT_EQ(read(*root, "loop"), "! " + text_of(FileError::loop));
  EXPECT_EQ(read(*root, "empty"), "! " + text_of(FileError::noent));
  EXPECT_FALSE(open_bytes(ArchiveWriter().add("a", '1', "", "nothing").bytes));
  EXPECT_FALSE(open_bytes(ArchiveWriter().add("a", '1', "", "a").bytes));
  EXPECT_FALSE(open_bytes(ArchiveWriter().add("a", '1', "", "a/b").bytes));
}

TEST(tar, what_is_no_archive_is_an_error) {
  EXPECT_TRUE(open_bytes(""));
  EXPECT_FALSE(open_bytes("short"));
  EXPECT_FALSE(open_bytes(std::string(512, 'x')));
  ArchiveWriter archive;
  archive.file("file", std::string(600, 'x'));
  for (size_t size = 1; size < archive.bytes.size() - 424; size += 100) {
    EXPECT_FALSE(open_bytes(archive.bytes.substr(0, size))) << size;
  }
  for (const char* record : {"x", "5", "5 ", "0 a=b\n", "99 a=b\n", "6 ab\n\n",
                             "4 a=", "18446744073709551616 a=b\n", "13 size=12x4\n"}) {
    EXPECT_FALSE(open_bytes(ArchiveWriter().add("p", 'x', record).file("f", "").bytes)) << record;
  }
  EXPECT_FALSE(open_bytes(
      ArchiveWriter().add("p", 'x', "29 size=18446744073709551615\n").file("f", "").bytes));
}

TEST(tar, long_targets_of_links_are_not_followed) {
  std::string target = "link";
  while (target.size() < 5000) target += "/x";
  ArchiveWriter archive;
  archive.add("././@LongLink", 'K', target + std::string(1, '\0')).add("link", '2', "", "cut");
  EXPECT_EQ(read(*open_root(archive), "link"), "! " + text_of(FileError::nametoolong));
}

TEST(tar, names_stand_for_no_more_directories_than_its_size_allows) {
  std::string deep;
  while (deep.size() < 2000) deep += "a/";
  ArchiveWriter archive;
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::to_string(i) + "/" + deep + "f";
    archive.add("././@LongLink", 'L', name + std::string(1, '\0')).file("cut", "");
  }
  const auto root = open_bytes(archive.bytes);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().code, base::ErrorCode::resource_limit);
}

TEST(tar, broken_archives_do_no_harm) {
  ArchiveWriter archive;
  archive.add("dir/", '5').file("dir/file", "text").add("link", '2', "", "dir/file");
  archive.add("pax", 'x', "17 path=from/pax\n").file("cut", "pax");
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = archive.bytes;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    // The checksum hides most changes: put it right again.
    for (size_t at = 0; at + 512 <= bytes.size(); at += 512) {
      if (bytes.compare(at + 257, 5, "ustar") != 0) continue;
      std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(at + 148), 8, ' ');
      unsigned sum = 0;
      for (size_t k = 0; k < 512; ++k) sum += static_cast<unsigned char>(bytes[at + k]);
      bytes.replace(at + 148, 7, ArchiveWriter::octal(sum, 6) + std::string(1, '\0'));
    }
    const auto root = open_bytes(bytes);
    if (!root) continue;
    static_cast<void>(list(**root));
    static_cast<void>(read(**root, "dir/file"));
    static_cast<void>(read(**root, "link"));
  }
}

}  // namespace
}  // namespace waxwing::vfs
