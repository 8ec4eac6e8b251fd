// A file that changed is never taken for what it was: neither by time, nor by size, nor by name.
#include "cache/file_index.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "directories.h"
#include "platform/output_file.h"
#include "platform/sealed_file.h"

namespace waxwing::cache {
namespace {

namespace fs = std::filesystem;

constexpr size_t file_bytes = 20'000;

/// The clock once all that a test has just written is settled.
uint64_t soon_ns() { return platform::realtime_ns() + 100 * uint64_t{second_ns}; }
/// The clock when what was just written through a mapping may not be on the disk yet.
uint64_t too_soon_ns() { return platform::realtime_ns() + 50 * uint64_t{second_ns}; }
uint64_t no_time_ns() { return 0; }

platform::File open_file(const std::string& path) {
  auto file = platform::open_host_path(path, {.read = true});
  EXPECT_TRUE(file) << path;
  return file ? std::move(*file) : platform::File();
}

FileIdentity identity_of(const std::string& path) {
  return FileIdentity::of(open_file(path)).value_or(FileIdentity{});
}

/// A directory with an index, and files to put into it.
struct Scene {
  CacheHome home;
  platform::TemporaryDirectory files{place_of_files()};
  std::shared_ptr<DirectoryStore> store = home.open();
  FileIndex index{store, {}, soon_ns};
  std::string path = files / "a.wasm";
  std::string table = home.root + "/waxwing.files";

  Scene() { write('a'); }

  /// Writes in place.
  void write(char letter, size_t size = file_bytes) const {
    std::ofstream(path, std::ios::binary) << std::string(size, letter);
  }
  bool note(const std::string& name, const Digest& digest) const {
    return index.note(identity_of(name), open_file(name), digest);
  }
  std::string find(const std::string& name) const { return found(index, name); }
  static std::string found(const FileIndex& index, const std::string& name) {
    const auto digest = index.find(identity_of(name));
    return digest ? digest->hex() : "(none)";
  }
  /// The time that the system stamps files with has passed on.
  static void pass_time() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }
};

TEST(file_index, finds_what_was_noted_in_any_process) {
  const Scene scene;
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(fs::exists(scene.table)) << "looking makes nothing";
  Child noter([&] { EXPECT_TRUE(scene.note(scene.path, key_of("a"))); });
  EXPECT_EQ(noter.wait(), 0);
  EXPECT_EQ(scene.find(scene.path), key_of("a").hex());
  EXPECT_EQ(Scene::found(FileIndex(scene.home.open()), scene.path), key_of("a").hex());
  EXPECT_TRUE(scene.note(scene.path, key_of("b")));
  EXPECT_EQ(scene.find(scene.path), key_of("b").hex()) << "the newest counts";
}

TEST(file_index, is_beside_the_entries_and_in_nobodys_way) {
  const Scene scene;
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  ASSERT_TRUE(scene.store->put(key_of("k"), blob_of("v")));
  EXPECT_EQ(scene.store->entries()->size(), 1U);
  ASSERT_TRUE(scene.store->prune({.budget = {.max_bytes = 0}}));
  EXPECT_EQ(scene.find(scene.path), key_of("a").hex());
  ASSERT_TRUE(scene.store->clear());
  EXPECT_EQ(scene.find(scene.path), "(none)") << "whoever clears a cache starts anew";
}

TEST(file_index, knows_regular_files_that_are_worth_it) {
  const Scene scene;
  scene.write('a', FileIndex::min_file_bytes - 1);
  EXPECT_FALSE(scene.note(scene.path, key_of("a")));
  scene.write('a', FileIndex::min_file_bytes);
  EXPECT_TRUE(scene.note(scene.path, key_of("a")));
  EXPECT_FALSE(FileIdentity::of(open_file("/dev/null")));
  EXPECT_FALSE(FileIdentity::of(open_file("/")));
  EXPECT_FALSE(FileIdentity::of(platform::File()));
}

TEST(file_index, misses_a_file_that_was_written_to) {
  const Scene scene;
  const FileIdentity first = identity_of(scene.path);
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  Scene::pass_time();
  scene.write('b');  // truncated, and of the same size again
  EXPECT_EQ(identity_of(scene.path).size_bytes, first.size_bytes);
  EXPECT_EQ(scene.find(scene.path), "(none)");

  // Its time of modification can be set back, but not that of the change.
  timespec times[2] = {};
  for (timespec& time : times) {
    time = {.tv_sec = static_cast<time_t>(first.modified_ns / second_ns),
            .tv_nsec = static_cast<long>(first.modified_ns % second_ns)};
  }
  ASSERT_EQ(::utimensat(AT_FDCWD, scene.path.c_str(), times, 0), 0);
  EXPECT_EQ(identity_of(scene.path).modified_ns, first.modified_ns);
  EXPECT_EQ(scene.find(scene.path), "(none)");

  ASSERT_TRUE(scene.note(scene.path, key_of("b")));
  EXPECT_EQ(scene.find(scene.path), key_of("b").hex());
  EXPECT_FALSE(scene.index.find(first)) << "a file has one record";
}

TEST(file_index, misses_a_file_that_took_anothers_name) {
  const Scene scene;
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  const std::string other = scene.files / "b.wasm";
  std::ofstream(other) << std::string(file_bytes, 'b');
  fs::rename(other, scene.path);
  EXPECT_EQ(scene.find(scene.path), "(none)");
}

TEST(file_index, finds_a_file_by_each_of_its_names) {
  const Scene scene;
  const std::string second = scene.files / "second.wasm";
  fs::create_hard_link(scene.path, second);
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  EXPECT_EQ(scene.find(second), key_of("a").hex());
  Scene::pass_time();
  std::ofstream(second, std::ios::in | std::ios::out) << 'b';  // one byte, in place
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_EQ(scene.find(second), "(none)");
}

TEST(file_index, does_not_note_what_may_change_without_a_trace) {
  const Scene scene;
  const FileIdentity identity = identity_of(scene.path);
  const platform::File file = open_file(scene.path);
  // Just written: the next write may bear the same time.
  EXPECT_FALSE(FileIndex(scene.store).note(identity, file, key_of("a")));
  EXPECT_FALSE(FileIndex(scene.store, {}, too_soon_ns).note(identity, file, key_of("a")));
  // By a clock that is behind, written in the future.
  EXPECT_FALSE(FileIndex(scene.store, {}, no_time_ns).note(identity, file, key_of("a")));
  set_age(scene.path, hour_ns);  // of the modification; the change was just now
  EXPECT_FALSE(FileIndex(scene.store).note(identity_of(scene.path), file, key_of("a")));
  // Dated ahead, as archives may be: it could be touched to that very time, but not changed then.
  set_age(scene.path, -hour_ns);
  EXPECT_FALSE(scene.note(scene.path, key_of("a")));
  EXPECT_EQ(scene.find(scene.path), "(none)");
  // Changed since it was looked at, which is before it was read.
  Scene::pass_time();
  scene.write('b');
  EXPECT_FALSE(scene.index.note(identity, file, key_of("a")));
  // Of a file system whose times are whole seconds, and may be anybody's to set.
  FileIdentity coarse = identity_of(scene.path);
  coarse.changed_ns -= coarse.changed_ns % second_ns;
  EXPECT_FALSE(scene.index.note(coarse, file, key_of("a")));
  EXPECT_TRUE(scene.note(scene.path, key_of("b")));
}

TEST(file_index, does_not_note_what_is_in_memory) {
  const Scene scene;
  const auto file =
      platform::make_sealable_file("test", base::as_bytes(std::string(file_bytes, 'a')));
  ASSERT_TRUE(file);
  const auto identity = FileIdentity::of(*file);
  ASSERT_TRUE(identity);
  EXPECT_FALSE(scene.index.note(*identity, *file, key_of("a")))
      << "a write through a mapping changes no time there";
}

TEST(file_index, takes_damage_for_nothing) {
  const Scene scene;
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  std::ifstream file(scene.table, std::ios::binary);
  const std::string sound((std::istreambuf_iterator<char>(file)), {});
  ASSERT_LE(sound.size(), size_t{1} << 20);
  const size_t start = sound.find_first_not_of('\0');
  ASSERT_NE(start, std::string::npos);
  const auto write_table = [&](const std::string& bytes) {
    std::ofstream(scene.table, std::ios::binary) << bytes;
  };
  for (size_t i = start; i < start + 120; ++i) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_table(damaged);
    ASSERT_EQ(scene.find(scene.path), "(none)") << i - start;
  }
  // Behind the checksum are zeros, as behind the end.
  for (size_t size = start; size < start + 96; ++size) {
    write_table(sound.substr(0, size));
    ASSERT_EQ(scene.find(scene.path), "(none)") << size - start;
  }
  for (const std::string& bytes :
       {std::string(), std::string(1 << 20, '\xff'), std::string(1 << 20, 'W')}) {
    write_table(bytes);
    EXPECT_EQ(scene.find(scene.path), "(none)");
    EXPECT_TRUE(scene.note(scene.path, key_of("a")));
    EXPECT_EQ(scene.find(scene.path), key_of("a").hex());
  }
}

TEST(file_index, uses_no_table_that_others_may_have_written) {
  const Scene scene;
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  ASSERT_EQ(::chmod(scene.table.c_str(), 0622), 0);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(scene.note(scene.path, key_of("b")));
  ASSERT_EQ(::chmod(scene.table.c_str(), 0600), 0);
  EXPECT_EQ(scene.find(scene.path), key_of("a").hex());
  if (is_root()) {
    ASSERT_EQ(::chown(scene.table.c_str(), nobody, nobody), 0);
    EXPECT_EQ(scene.find(scene.path), "(none)");
  }
  const std::string aside = scene.home.root + "/aside";
  fs::rename(scene.table, aside);
  fs::create_symlink("aside", scene.table);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(scene.note(scene.path, key_of("b")));
  fs::remove(scene.table);
  ASSERT_EQ(::mkfifo(scene.table.c_str(), 0600), 0);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(scene.note(scene.path, key_of("b")));
  fs::remove(scene.table);
  fs::create_directory(scene.table);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(scene.note(scene.path, key_of("b")));
}

TEST(file_index, believes_only_records_that_its_secret_sealed) {
  const Scene scene;
  const auto secret = base::as_bytes("secret");
  const FileIndex sealed(scene.store, secret, soon_ns);
  ASSERT_TRUE(scene.note(scene.path, key_of("forged")));
  EXPECT_EQ(Scene::found(sealed, scene.path), "(none)");
  ASSERT_TRUE(sealed.note(identity_of(scene.path), open_file(scene.path), key_of("a")));
  EXPECT_EQ(Scene::found(sealed, scene.path), key_of("a").hex());
  EXPECT_EQ(Scene::found(FileIndex(scene.store, secret), scene.path), key_of("a").hex());
  EXPECT_EQ(Scene::found(FileIndex(scene.store, base::as_bytes("other")), scene.path), "(none)");
}

TEST(file_index, is_read_only_where_its_store_is) {
  const Scene scene;
  DirectoryOptions options = scene.home.options();
  options.read_only = true;
  const FileIndex reader(scene.home.open(options), {}, soon_ns);
  EXPECT_FALSE(reader.note(identity_of(scene.path), open_file(scene.path), key_of("a")));
  EXPECT_FALSE(fs::exists(scene.table));
  ASSERT_TRUE(scene.note(scene.path, key_of("a")));
  EXPECT_EQ(Scene::found(reader, scene.path), key_of("a").hex());
}

TEST(file_index, stays_small_however_many_files_there_are) {
  const Scene scene;
  constexpr size_t count = 3000;  // so that some sets of eight overflow
  const auto name = [&](size_t i) { return scene.files / ("f" + std::to_string(i)); };
  for (size_t i = 0; i < count; ++i) {
    std::ofstream(name(i)).close();
    ASSERT_EQ(::truncate(name(i).c_str(), file_bytes), 0);
    ASSERT_TRUE(scene.note(name(i), key_of(i)));
    ASSERT_EQ(scene.find(name(i)), key_of(i).hex());
  }
  EXPECT_LE(fs::file_size(scene.table), uint64_t{1} << 20);
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::string digest = scene.find(name(i));
    ASSERT_TRUE(digest == "(none)" || digest == key_of(i).hex());
    if (digest != "(none)") ++found;
  }
  EXPECT_GT(found, count * 9 / 10);
  EXPECT_LT(found, count);
}

TEST(file_index, ends_no_process_where_files_may_not_grow) {
  const Scene scene;
  Child child([&] {
    const rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_FALSE(scene.note(scene.path, key_of("a")));
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  fs::remove_all(scene.home.root);
  EXPECT_EQ(scene.find(scene.path), "(none)");
  EXPECT_FALSE(scene.note(scene.path, key_of("a")));
}

TEST(file_index, is_shared_by_threads_and_processes) {
  const Scene scene;
  constexpr size_t count = 12;
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(scene.files / ("g" + std::to_string(i)));
    std::ofstream(names[i]) << std::string(file_bytes, 'g');
  }
  const auto work = [&](size_t start) {
    for (size_t round = 0; round < 300; ++round) {
      const size_t i = (round + start) % count;
      const std::string digest = scene.find(names[i]);
      EXPECT_TRUE(digest == "(none)" || digest == key_of(i).hex());
      EXPECT_TRUE(scene.note(names[i], key_of(i)));
    }
  };
  std::vector<Child> children;
  for (size_t c = 0; c < 2; ++c) {
    children.emplace_back([&, c] {
      std::thread second(work, 7 * c);
      work(3 * c + 1);
      second.join();
    });
  }
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(scene.find(names[i]), key_of(i).hex());
}

}  // namespace
}  // namespace waxwing::cache
