// What tests do with directories, and a directory of the host beside which one of ours is held.
#pragma once

#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "../platform/temporary_directory.h"
#include "vfs/host.h"

namespace waxwing::vfs {

using platform::failure;
using platform::TemporaryDirectory;
using platform::text_of;
using platform::Whence;

constexpr OpenOptions read_it = {.read = true};
constexpr OpenOptions create_it = {.read = true, .write = true, .create = true};

inline FileResult<size_t> write(File& file, std::string_view text) {
  const ConstIoBuffer buffer{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  return file.write({&buffer, 1});
}

inline std::string read(File& file, size_t size = 100) {
  std::string text(size, '\0');
  const IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), size};
  const auto count = file.read({&buffer, 1});
  EXPECT_TRUE(count);
  text.resize(count.value_or(0));
  return text;
}

inline std::unique_ptr<File> create(Directory& directory, std::string_view path) {
  auto opened = directory.open(path, create_it);
  EXPECT_TRUE(opened) << path << ": " << failure(opened);
  return opened ? std::move(opened->file) : nullptr;
}

inline std::multiset<std::string> list(Directory& directory) {
  std::multiset<std::string> names;
  const auto reader = directory.reader().value();
  for (;;) {
    const auto entry = reader->next();
    if (!entry || !*entry) return names;
    names.insert(std::string((*entry)->name) + ":" + std::to_string(int((*entry)->kind)));
  }
}

/// The same random calls on the host and on a directory of ours: the same failures, the same trees.
class Twins : public testing::TestWithParam<unsigned> {
 protected:
  explicit Twins(std::shared_ptr<Directory> ours) : ours_(std::move(ours)) {}

  std::string path() {
    static const std::string parts[] = {"a", "b", "c", "d", "e", "..", ".", "a", "b", "c", ""};
    std::string result;
    for (size_t count = 1 + random_() % 4; count > 0; --count) {
      result += parts[random_() % std::size(parts)];
      if (count > 1 || random_() % 8 == 0) result += "/";
    }
    return result;
  }

  template <typename Operation>
  void both(const std::string& what, Operation operation) {
    const auto expected = failure(operation(*host_));
    ASSERT_EQ(failure(operation(*ours_)), expected) << what;
    succeeded_ += expected.empty() ? 1 : 0;
  }

  void step();
  std::string open_and_use(Directory& directory, const std::string& path,
                           const OpenOptions& options);

  std::mt19937 random_{GetParam()};
  TemporaryDirectory directory_;
  std::shared_ptr<Directory> host_ = open_host_directory(directory_ / ".", {}).value();
  std::shared_ptr<Directory> ours_;
  int succeeded_ = 0;
};

inline std::string Twins::open_and_use(Directory& directory, const std::string& path,
                                       const OpenOptions& options) {
  auto opened = directory.open(path, options);
  if (!opened) return failure(opened);
  if (opened->directory) {
    std::string text = "directory:";
    for (const std::string& name : list(*opened->directory)) text += " " + name;
    return text;
  }
  std::string text = "file: " + read(*opened->file);
  if (options.write) text += "/" + failure(write(*opened->file, path));
  return text + "/" + std::to_string(opened->file->stat()->size_bytes);
}

inline void Twins::step() {
  const std::string a = path(), b = path();
  const auto choice = static_cast<unsigned>(random_());
  const bool flag_1 = (choice & 256) != 0, flag_2 = (choice & 512) != 0;
  const FinalLink link = flag_1 ? FinalLink::follow : FinalLink::keep;
  switch (choice % 12) {
    case 0: return both("mkdir " + a, [&](Directory& at) { return at.make_directory(a); });
    case 1: return both("rmdir " + a, [&](Directory& at) { return at.remove_directory(a); });
    case 2: return both("unlink " + a, [&](Directory& at) { return at.unlink(a); });
    case 3:
      return both("rename " + a + " " + b, [&](Directory& at) { return at.rename(a, at, b); });
    case 4:
      return both("link " + a + " " + b, [&](Directory& at) { return at.hard_link(a, at, b); });
    case 5: return both("symlink " + b, [&](Directory& at) { return at.symbolic_link(a, b); });
    case 6: {
      std::string texts[2];
      both("readlink " + a, [&](Directory& at) {
        auto text = at.read_link(a);
        texts[&at == host_.get() ? 0 : 1] = text.value_or("");
        return text;
      });
      EXPECT_EQ(texts[0], texts[1]);
      return;
    }
    case 7: {
      FileStat stats[2];
      both("stat " + a, [&](Directory& at) {
        auto stat = at.stat_at(a, link);
        if (stat) stats[&at == host_.get() ? 0 : 1] = *stat;
        return stat;
      });
      EXPECT_EQ(stats[0].kind, stats[1].kind) << a;
      if (stats[0].kind == FileKind::directory) return;
      EXPECT_EQ(stats[0].size_bytes, stats[1].size_bytes) << a;
      EXPECT_EQ(stats[0].link_count, stats[1].link_count) << a;
      return;
    }
    default: break;
  }
  const OpenOptions options{.read = true,
                            .write = choice % 12 > 8,
                            .create = choice % 12 > 9,
                            .exclusive = choice % 12 > 9 && flag_2,
                            .truncate = choice % 12 > 8 && (choice & 1024) != 0,
                            .directory = choice % 12 < 10 && flag_2,
                            .follow_final_symlink = flag_1,
                            .append = (choice & 2048) != 0};
  const std::string expected = open_and_use(*host_, a, options);
  ASSERT_EQ(open_and_use(*ours_, a, options), expected)
      << "open " << a << " write " << options.write << " create " << options.create << " excl "
      << options.exclusive << " follow " << flag_1 << " directory " << options.directory;
  succeeded_ += expected.find(": ") != std::string::npos ? 1 : 0;
}

}  // namespace waxwing::vfs
