#include "vfs/memory.h"

#include <atomic>
#include <random>
#include <vector>

#include "platform/thread.h"
#include "twins.h"

namespace waxwing::vfs {
namespace {

class Memory : public testing::Test {
 protected:
  std::shared_ptr<Directory> root_ = make_memory_directory();
};

TEST_F(Memory, files_keep_what_is_written_where_it_is_written) {
  const auto file = create(*root_, "file");
  EXPECT_EQ(write(*file, "hello"), 5u);
  EXPECT_EQ(file->seek(100'000, Whence::set), 100'000u);
  EXPECT_EQ(write(*file, "far"), 3u);
  EXPECT_EQ(file->stat()->size_bytes, 100'003u);
  EXPECT_EQ(file->seek(0, Whence::set), 0u);
  EXPECT_EQ(read(*file, 7), std::string("hello\0\0", 7)) << "what was never written is zero";
  EXPECT_EQ(file->seek(-3, Whence::end), 100'000u);
  EXPECT_EQ(read(*file), "far");
  EXPECT_EQ(read(*file), "");
  EXPECT_TRUE(file->truncate(3));
  EXPECT_TRUE(file->truncate(6));
  EXPECT_EQ(file->seek(0, Whence::set), 0u);
  EXPECT_EQ(read(*file), std::string("hel\0\0\0", 6)) << "what was cut off does not come back";
  EXPECT_TRUE(file->set_append(true));
  EXPECT_EQ(file->seek(0, Whence::set), 0u);
  EXPECT_EQ(write(*file, "!"), 1u);
  EXPECT_EQ(file->seek(0, Whence::current), 7u);
}

TEST_F(Memory, positions_are_hostile) {
  const auto file = create(*root_, "file");
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(failure(file->seek(-1, Whence::set)), text_of(FileError::inval));
  EXPECT_EQ(failure(file->seek(least, Whence::end)), text_of(FileError::inval));
  EXPECT_EQ(file->seek(most, Whence::set), uint64_t(most));
  EXPECT_EQ(failure(file->seek(1, Whence::current)), text_of(FileError::inval));
  EXPECT_EQ(failure(file->seek(most, Whence::current)), text_of(FileError::inval));
  EXPECT_EQ(read(*file), "");
  EXPECT_EQ(failure(write(*file, "x")), text_of(FileError::fbig));
  const uint8_t byte = 0;
  const ConstIoBuffer buffer{&byte, 1};
  for (const uint64_t at : {uint64_t(most), uint64_t(most) + 1, UINT64_MAX}) {
    EXPECT_FALSE(file->write_at({&buffer, 1}, at));
    EXPECT_FALSE(file->truncate(at));
    EXPECT_FALSE(file->allocate(at, 1));
    EXPECT_FALSE(file->allocate(1, at));
  }
  EXPECT_EQ(file->stat()->size_bytes, 0u);
}

TEST_F(Memory, open_files_outlive_their_names_and_the_file_system) {
  auto file = create(*root_, "file");
  EXPECT_TRUE(root_->unlink("file"));
  EXPECT_EQ(file->stat()->link_count, 0u);
  root_.reset();
  EXPECT_EQ(write(*file, "still here"), 10u);
  EXPECT_TRUE(file->seek(0, Whence::set));
  EXPECT_EQ(read(*file), "still here");
}

TEST_F(Memory, a_wrong_path_is_told_before_options_that_contradict_each_other) {
  constexpr OpenOptions contradicts = {.read = true, .truncate = true};
  EXPECT_EQ(failure(root_->open("file", contradicts)), text_of(FileError::inval));
  EXPECT_EQ(failure(root_->open("/file", contradicts)), text_of(FileError::perm));
  EXPECT_EQ(failure(root_->open("", contradicts)), text_of(FileError::noent));
}

TEST_F(Memory, a_removed_directory_takes_no_names) {
  EXPECT_TRUE(root_->make_directory("dir"));
  const auto dir = root_->open("dir", read_it)->directory;
  EXPECT_TRUE(root_->remove_directory("dir"));
  EXPECT_EQ(failure(dir->open("file", create_it)), text_of(FileError::noent));
  EXPECT_EQ(failure(dir->make_directory("sub")), text_of(FileError::noent));
  EXPECT_EQ(list(*dir).size(), 2u);
}

TEST_F(Memory, what_goes_beyond_its_size_is_refused_and_room_comes_back) {
  const auto root = make_memory_directory({.max_bytes = 64 * 1024});
  const std::string page(4096, 'x');
  const auto file = create(*root, "file");
  size_t pages = 0;
  while (write(*file, page)) ++pages;
  EXPECT_GE(pages, 14u);
  EXPECT_LE(pages, 15u);
  EXPECT_EQ(failure(write(*file, "x")), text_of(FileError::nospc));
  EXPECT_TRUE(file->truncate(0));
  EXPECT_TRUE(file->seek(0, Whence::set));
  EXPECT_EQ(write(*file, page), 4096u);
  EXPECT_EQ(failure(file->truncate(64 * 1024 + 1)), text_of(FileError::fbig));
  size_t names = 0;
  while (root->make_directory("d" + std::to_string(names))) ++names;
  EXPECT_LT(names, 128u);
  EXPECT_EQ(failure(root->symbolic_link("x", "link")), text_of(FileError::nospc));
  EXPECT_EQ(failure(root->hard_link("file", *root, "link")), text_of(FileError::nospc));
  for (size_t i = 0; i < names; ++i) {
    EXPECT_TRUE(root->remove_directory("d" + std::to_string(i)));
  }
  EXPECT_TRUE(root->make_directory("d"));
}

TEST_F(Memory, what_is_sparse_is_not_free) {
  const auto root = make_memory_directory({.max_bytes = 1 << 20});
  size_t files = 0;
  for (;; ++files) {
    const auto opened = root->open("f" + std::to_string(files), create_it);
    if (!opened || !opened->file->seek((1 << 20) - 1, Whence::set)) break;
    if (!write(*opened->file, "x")) break;
  }
  EXPECT_LT(files, 170u) << "each has a table of 2 KiB, a page and a node";
}

TEST_F(Memory, trees_deeper_than_the_stack_end) {
  std::shared_ptr<Directory> here = root_;
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(here->make_directory("d"));
    here = here->open("d", read_it)->directory;
  }
  EXPECT_EQ(failure(root_->rename("d", *here, "d")), text_of(FileError::inval));
  root_.reset();
  here.reset();
}

TEST_F(Memory, a_directory_can_be_emptied_while_it_is_read) {
  for (int i = 0; i < 1000; ++i) create(*root_, "f" + std::to_string(i));
  const auto reader = root_->reader().value();
  int removed = 0;
  for (;;) {
    const auto entry = reader->next().value();
    if (!entry) break;
    if (entry->name.starts_with('f')) {
      ASSERT_TRUE(root_->unlink(entry->name));
      ++removed;
    }
  }
  EXPECT_EQ(removed, 1000);
  EXPECT_TRUE(reader->seek(UINT64_MAX));
  EXPECT_FALSE(reader->next().value());
  EXPECT_TRUE(reader->seek(1));
  EXPECT_EQ(reader->next().value()->name, "..");
}

TEST_F(Memory, times_are_the_clocks_it_was_given) {
  const auto root = make_memory_directory({.device = 7, .now_ns = [] { return uint64_t{42}; }});
  const auto file = create(*root, "file");
  EXPECT_EQ(file->stat()->modify_time_ns, 42u);
  EXPECT_EQ(file->stat()->device, 7u);
  EXPECT_TRUE(
      root->set_times_at("file", FinalLink::follow, {.kind = NewTime::Kind::at, .at_ns = 3}, {}));
  EXPECT_EQ(file->stat()->access_time_ns, 3u);
  EXPECT_EQ(file->stat()->modify_time_ns, 42u);
}

TEST_F(Memory, threads_share_it) {
  constexpr unsigned threads = 4;
  std::vector<platform::Thread> running;
  std::atomic<int> written = 0;
  for (unsigned id = 0; id < threads; ++id) {
    auto thread = platform::Thread::start([&, id] {
      const std::shared_ptr<Directory> own = root_->open(".", read_it)->directory;
      std::mt19937 random(id);
      for (int i = 0; i < 2000; ++i) {
        const std::string a(1, static_cast<char>('a' + random() % 4));
        const std::string b(1, static_cast<char>('a' + random() % 4));
        const std::string path = a + "/" + b;
        static_cast<void>(own->make_directory(a));
        static_cast<void>(own->rename(a, *own, path));
        static_cast<void>(own->rename(path, *own, b));
        if (const auto opened = own->open(path, create_it); opened && opened->file) {
          written += write(*opened->file, "text") == 4u ? 1 : 0;
        }
        static_cast<void>(own->hard_link(path, *own, b));
        static_cast<void>(own->stat_at(path, FinalLink::follow));
        static_cast<void>(list(*own));
        static_cast<void>(own->unlink(path));
        static_cast<void>(own->unlink(b));
        static_cast<void>(own->remove_directory(a));
      }
    });
    ASSERT_TRUE(thread);
    running.push_back(*std::move(thread));
  }
  for (platform::Thread& thread : running) thread.join();
  EXPECT_GT(written, 0);
}

class MemoryTwins : public Twins {
 protected:
  MemoryTwins() : Twins(make_memory_directory()) {}
};

TEST_P(MemoryTwins, memory_behaves_as_the_host_does) {
  for (int i = 0; i < 5000 && !HasFailure(); ++i) step();
  EXPECT_GT(succeeded_, 300);
}

INSTANTIATE_TEST_SUITE_P(seeds, MemoryTwins, testing::Range(0u, 6u));

TEST(memory, what_could_not_be_allocated_is_given_back) {
  const auto root = make_memory_directory({.max_bytes = 1 << 20});
  const auto file = create(*root, "file");
  EXPECT_EQ(failure(file->allocate(0, 1 << 20)), text_of(FileError::nospc));
  EXPECT_EQ(file->stat()->size_bytes, 0u);
  EXPECT_TRUE(file->allocate(0, 1 << 19));
}

TEST(memory, what_could_not_be_allocated_within_a_file_takes_no_room) {
  const auto root = make_memory_directory({.max_bytes = 1 << 20});
  const auto sparse = create(*root, "sparse");
  ASSERT_TRUE(sparse->truncate(1 << 20));
  EXPECT_EQ(failure(sparse->allocate(0, 1 << 20)), text_of(FileError::nospc));
  const auto other = create(*root, "other");
  EXPECT_TRUE(other->allocate(0, 1 << 19));
}

/// How many directories can be made where pages do not fit any more.
size_t names_left(uint64_t max_bytes, bool fails_far_out) {
  const auto root = make_memory_directory({.max_bytes = max_bytes});
  const auto full = create(*root, "full");
  const auto far = create(*root, "far");
  uint64_t size_bytes = max_bytes;
  while (!full->allocate(0, size_bytes)) size_bytes -= 4096;
  if (fails_far_out) {
    EXPECT_TRUE(far->seek((1 << 20) - 1, Whence::set));
    EXPECT_EQ(failure(write(*far, "x")), text_of(FileError::nospc));
  }
  size_t names = 0;
  while (root->make_directory("d" + std::to_string(names))) ++names;
  return names;
}

TEST(memory, a_write_that_failed_far_out_takes_no_room) {
  size_t sum = 0;
  for (uint64_t more = 0; more < 4096; more += 1024) {
    const uint64_t max_bytes = (1 << 20) + more;
    EXPECT_EQ(names_left(max_bytes, true), names_left(max_bytes, false)) << max_bytes;
    sum += names_left(max_bytes, true);
  }
  EXPECT_GT(sum, 4u);
}

TEST(memory, targets_of_links_take_room) {
  const auto root = make_memory_directory({.max_bytes = 1 << 20});
  const std::string target(4000, 't');
  int made = 0;
  while (made < 1000 && root->symbolic_link(target, std::to_string(made))) ++made;
  EXPECT_GT(made, 100);
  EXPECT_LT(made, (1 << 20) / 4000);
  for (int i = 0; i < made; ++i) EXPECT_TRUE(root->unlink(std::to_string(i)));
  for (int i = 0; i < made; ++i) EXPECT_TRUE(root->symbolic_link(target, std::to_string(i)));
}

TEST(memory, room_without_end_is_none) {
  const auto root = make_memory_directory({.max_bytes = UINT64_MAX});
  const auto file = create(*root, "file");
  const ConstIoBuffer byte{reinterpret_cast<const uint8_t*>("x"), 1};
  EXPECT_EQ(failure(file->write_at({&byte, 1}, uint64_t{1} << 62)), text_of(FileError::fbig));
}

}  // namespace
}  // namespace waxwing::vfs
