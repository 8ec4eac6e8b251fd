#include "cache/directory_store.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "directories.h"

namespace waxwing::cache {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST(directory_store, makes_what_is_missing_for_the_user_alone) {
  CacheHome home;
  home.root = home.outside / "a/b/cache";
  const auto store = home.open();
  ASSERT_TRUE(store->put(key_of("k"), blob_of("bytes")));
  EXPECT_EQ(store->path(), home.root);
  EXPECT_EQ(home.open({.path = home.root + "//", .generation = "test"})->path(), home.root);
  for (const std::string& made : {home.outside / "a", home.outside / "a/b", home.root,
                                  home.generation(), home.fan_out(key_of("k"))}) {
    EXPECT_EQ(mode_of(made), 0700U) << made;
  }
  EXPECT_EQ(mode_of(home.entry(key_of("k"))), 0600U);
}

TEST(directory_store, returns_what_was_put_in_any_process_and_any_size) {
  const CacheHome home;
  const auto store = home.open();
  for (const size_t size : {size_t{1}, size_t{4095}, size_t{16} << 10, (size_t{3} << 20) + 5}) {
    const Digest key = key_of(size);
    EXPECT_EQ(text_of(store->get(key)), "(none)");
    const Blob blob = blob_for(key, size);
    ASSERT_TRUE(store->put(key, blob));
    const auto got = home.open()->get(key);
    ASSERT_TRUE(got) << message_of(got);
    EXPECT_TRUE(std::ranges::equal(got->bytes(), blob.bytes())) << size;
    ASSERT_NE(got->file(), nullptr);
    EXPECT_EQ(got->file()->stat()->size_bytes, size);
    EXPECT_EQ(got->without_file().file(), nullptr);
  }
}

TEST(directory_store, replaces_and_removes_without_harm_to_readers) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  const size_t size = 100'000;
  ASSERT_TRUE(store->put(key, blob_for(key, size)));
  const Blob held = store->get(key)->without_file();
  ASSERT_TRUE(store->put(key, blob_of("new")));
  EXPECT_EQ(text_of(store->get(key)), "new");
  ASSERT_TRUE(store->remove(key));
  ASSERT_TRUE(store->remove(key));
  EXPECT_EQ(text_of(store->get(key)), "(none)");
  EXPECT_EQ(text_of(held), text_of(blob_for(key, size)));
}

TEST(directory_store, is_no_file) {
  const CacheHome home;
  home.outside.write("file", "text");
  const std::string file = home.outside / "file";
  EXPECT_EQ(DirectoryStore::open({.path = file, .generation = "g"}).error().message(),
            file + " is not a directory");
  const auto below = DirectoryStore::open({.path = file + "/below", .generation = "g"});
  EXPECT_EQ(fault_of(below), "not_a_directory");
  EXPECT_EQ(fault_of(DirectoryStore::open({.path = "", .generation = "g"})), "unreadable");
  EXPECT_EQ(fault_of(DirectoryStore::open({.path = std::string("a\0b", 3), .generation = "g"})),
            "unreadable");
}

TEST(directory_store, takes_only_names_for_generations) {
  const CacheHome home;
  for (const std::string& bad :
       {std::string(), std::string("a/b"), std::string("../x"), std::string("a b"),
        std::string("a\0", 2), std::string(101, 'a')}) {
    EXPECT_EQ(fault_of(DirectoryStore::open({.path = home.root, .generation = bad})), "bad_name");
  }
  EXPECT_FALSE(fs::exists(home.root));
  EXPECT_TRUE(DirectoryStore::open({.path = home.root, .generation = "1.2.3-x86_64+v3-linux"}));
}

TEST(directory_store, stays_where_it_was_when_it_was_opened) {
  const CacheHome home;
  const fs::path before = fs::current_path();
  fs::current_path(home.outside.path());
  const auto store = DirectoryStore::open({.path = "cache", .generation = "test"});
  fs::current_path(before);
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->path(), home.root);
  ASSERT_TRUE((*store)->put(key_of("k"), blob_of("v")));
  fs::remove_all(home.root);
  ASSERT_TRUE((*store)->put(key_of("k"), blob_of("v")));
  EXPECT_TRUE(fs::exists(home.entry(key_of("k"))));
}

TEST(directory_store, keeps_generations_apart) {
  const CacheHome home;
  const auto one = home.open();
  const auto two = home.open({.path = home.root, .generation = "other"});
  ASSERT_TRUE(one->put(key_of("k"), blob_of("one")));
  EXPECT_EQ(text_of(two->get(key_of("k"))), "(none)");
  ASSERT_TRUE(two->put(key_of("k"), blob_of("two")));
  EXPECT_EQ(text_of(one->get(key_of("k"))), "one");
  const auto entries = one->entries();
  ASSERT_TRUE(entries);
  std::vector<std::string> generations;
  for (const EntryInfo& entry : *entries) {
    EXPECT_EQ(entry.key, key_of("k"));
    EXPECT_EQ(entry.size_bytes, 3U);
    EXPECT_GT(entry.used_ns, 0U);
    generations.push_back(entry.generation);
  }
  std::ranges::sort(generations);
  EXPECT_EQ(generations, (std::vector<std::string>{"other", "test"}));
}

TEST(directory_store, passes_over_and_replaces_what_is_no_entry) {
  const CacheHome home;
  const auto store = home.open({.path = home.root, .generation = "test", .max_entry_bytes = 1000});
  const Digest key = key_of("k");
  const std::string name = home.entry(key);
  fs::create_directories(home.fan_out(key));
  fs::permissions(home.fan_out(key), fs::perms::owner_all);
  home.outside.write("elsewhere", "elsewhere");
  std::vector<std::pair<std::string, std::function<void()>>> cases = {
      {"damaged", [&] { fs::create_directory(name); }},
      {"damaged", [&] { fs::create_symlink("nowhere", name); }},
      {"damaged", [&] { fs::create_symlink(home.outside / "elsewhere", name); }},
      {"damaged", [&] { EXPECT_EQ(::mkfifo(name.c_str(), 0600), 0); }},
      {"damaged", [&] { std::ofstream(name).flush(); }},
      {"too_large", [&] { std::ofstream(name) << std::string(1001, 'x'); }},
      {"unreadable", [&] { EXPECT_EQ(::mknod(name.c_str(), S_IFSOCK | 0600, 0), 0); }},
  };
  constexpr dev_t zero_device = 0x105;
  if (::mknod(name.c_str(), S_IFCHR | 0600, zero_device) == 0) {  // where the host lets us
    fs::remove(name);
    cases.emplace_back("damaged", [&] { ::mknod(name.c_str(), S_IFCHR | 0600, zero_device); });
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    cases[i].second();
    EXPECT_EQ(text_of(store->get(key)), "(" + cases[i].first + ")") << i;
    EXPECT_TRUE(store->remove(key)) << i;
    EXPECT_EQ(text_of(store->get(key)), "(none)") << i;
    cases[i].second();
    const auto put = store->put(key, blob_of("good"));
    EXPECT_TRUE(put) << i << message_of(put);
    EXPECT_EQ(text_of(store->get(key)), "good") << i;
    EXPECT_TRUE(store->remove(key)) << i;
  }
  std::ifstream elsewhere(home.outside / "elsewhere");
  std::string text;
  elsewhere >> text;
  EXPECT_EQ(text, "elsewhere") << "links are not followed, for writing either";
}

TEST(directory_store, leaves_a_directory_alone_that_is_not_empty) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  fs::create_directories(home.entry(key) + "/precious");
  fs::permissions(home.fan_out(key), fs::perms::owner_all);
  EXPECT_EQ(fault_of(store->put(key, blob_of("v"))), "damaged");
  EXPECT_EQ(fault_of(store->remove(key)), "unwritable");
  EXPECT_TRUE(fs::exists(home.entry(key) + "/precious"));
  EXPECT_EQ(home.temporaries(), 0U);
}

TEST(directory_store, uses_nothing_that_others_may_write_to) {
  const CacheHome home;
  const Digest key = key_of("k");
  const auto store = home.open();
  ASSERT_TRUE(store->put(key, blob_of("v")));
  for (const mode_t others : {020U, 002U}) {
    for (const std::string& path : {home.entry(key), home.fan_out(key)}) {
      const unsigned before = mode_of(path);
      ASSERT_EQ(::chmod(path.c_str(), before | others), 0);
      EXPECT_EQ(text_of(store->get(key)), "(writable_by_others)") << path;
      EXPECT_NE(message_of(store->get(key)).find(path), std::string::npos);
      EXPECT_TRUE(store->entries()->empty());
      ASSERT_EQ(::chmod(path.c_str(), before), 0);
    }
    for (const std::string& path : {home.generation(), home.root}) {
      const unsigned before = mode_of(path);
      ASSERT_EQ(::chmod(path.c_str(), before | others), 0);
      EXPECT_EQ(message_of(DirectoryStore::open(home.options())),
                path + " can be written by others (chmod go-w mends that)");
      ASSERT_EQ(::chmod(path.c_str(), before), 0);
    }
  }
  EXPECT_EQ(text_of(store->get(key)), "v");
}

TEST(directory_store, uses_nothing_that_belongs_to_others) {
  if (!is_root()) GTEST_SKIP() << "only root gives files away";
  const CacheHome home;
  const Digest key = key_of("k");
  const auto store = home.open();
  ASSERT_TRUE(store->put(key, blob_of("v")));
  for (const std::string& path : {home.entry(key), home.fan_out(key)}) {
    ASSERT_EQ(::chown(path.c_str(), nobody, nobody), 0);
    EXPECT_EQ(text_of(store->get(key)), "(foreign_owner)") << path;
    EXPECT_TRUE(store->entries()->empty());
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
  for (const std::string& path : {home.generation(), home.root}) {
    ASSERT_EQ(::chown(path.c_str(), nobody, nobody), 0);
    EXPECT_EQ(message_of(DirectoryStore::open(home.options())),
              path + " belongs to another user (uid 65534)");
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
  ASSERT_EQ(::chown(home.entry(key).c_str(), nobody, nobody), 0);
  EXPECT_TRUE(store->put(key, blob_of("ours"))) << "a foreign entry is replaced";
  EXPECT_EQ(text_of(store->get(key)), "ours");
  // Root's files are as good as one's own, to a user who may read them.
  ASSERT_EQ(::chmod(home.outside.path().c_str(), 0755), 0);
  for (const std::string& path : {home.root, home.generation(), home.fan_out(key)}) {
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }
  ASSERT_EQ(::chmod(home.entry(key).c_str(), 0644), 0);
  run_as_user([&] {
    const auto theirs = home.open();
    EXPECT_EQ(text_of(theirs->get(key)), "ours");
    EXPECT_EQ(fault_of(theirs->put(key, blob_of("x"))), "unwritable");
  });
}

TEST(directory_store, follows_no_links_beneath_its_root) {
  const CacheHome home;
  const CacheHome other;
  const Digest key = key_of("k");
  ASSERT_TRUE(other.open()->put(key, blob_of("other's")));
  const auto store = home.open();
  fs::create_directory_symlink(other.fan_out(key), home.fan_out(key));
  EXPECT_EQ(text_of(store->get(key)), "(not_a_directory)");
  EXPECT_EQ(fault_of(store->put(key, blob_of("v"))), "not_a_directory");
  fs::remove(home.fan_out(key));
  fs::remove_all(home.generation());
  fs::create_directory_symlink(other.generation(), home.generation());
  EXPECT_EQ(fault_of(DirectoryStore::open(home.options())), "not_a_directory");
  EXPECT_TRUE(home.open({.path = home.root, .generation = "g2"})->entries()->empty());
  // But the root itself may be reached by one.
  fs::create_directory_symlink(other.root, home.outside / "link");
  const auto linked = home.open({.path = home.outside / "link", .generation = "test"});
  EXPECT_EQ(text_of(linked->get(key)), "other's");
}

TEST(directory_store, stays_with_its_directory_where_a_link_takes_its_place) {
  const CacheHome home;
  const CacheHome other;
  const Digest key = key_of("k");
  ASSERT_TRUE(other.open()->put(key, blob_of("other's")));
  const auto store = home.open();
  ASSERT_TRUE(store->put(key, blob_of("v")));
  fs::rename(home.root, home.outside / "aside");
  fs::create_directory_symlink(other.root, home.root);
  EXPECT_EQ(text_of(store->get(key)), "v");
  ASSERT_TRUE(store->put(key, blob_of("w")));
  EXPECT_EQ(store->lease(key, 0).state(), Lease::State::held);
  EXPECT_EQ(text_of(store->get(key)), "w");
  EXPECT_EQ(text_of(other.open()->get(key)), "other's");
  fs::remove(home.root);
  fs::rename(home.outside / "aside", home.root);
  EXPECT_EQ(text_of(home.open()->get(key)), "w");
}

TEST(directory_store, can_be_read_only) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.read_only = true;
  EXPECT_EQ(fault_of(DirectoryStore::open(options)), "unreadable");
  EXPECT_FALSE(fs::exists(home.root));

  const Digest key = key_of("k");
  ASSERT_TRUE(home.open()->put(key, blob_of("v")));
  set_age(home.entry(key), 5 * hour_ns);
  const std::vector<std::string> before = home.files();
  const auto store = home.open(options);
  EXPECT_EQ(text_of(store->get(key)), "v");
  EXPECT_GT(age_s(home.entry(key)), 3600U) << "reading leaves no trace";
  EXPECT_EQ(fault_of(store->put(key_of("x"), blob_of("x"))), "refused");
  EXPECT_EQ(fault_of(store->remove(key)), "refused");
  EXPECT_EQ(fault_of(store->clear()), "refused");
  EXPECT_EQ(store->lease(key, 0).state(), Lease::State::unavailable);
  EXPECT_EQ(home.files(), before);
  options.generation = "missing";
  EXPECT_EQ(text_of(home.open(options)->get(key)), "(none)");
  EXPECT_FALSE(fs::exists(home.root + "/waxwing-missing"));
}

TEST(directory_store, notes_the_use_of_an_entry_once_an_hour) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  ASSERT_TRUE(store->put(key, blob_of("v")));
  set_age(home.entry(key), hour_ns / 2);
  EXPECT_EQ(text_of(store->get(key)), "v");
  EXPECT_GE(age_s(home.entry(key)), 1700U);
  set_age(home.entry(key), hour_ns * 3 / 2);
  EXPECT_EQ(text_of(store->get(key)), "v");
  EXPECT_LE(age_s(home.entry(key)), 60U);
  set_age(home.entry(key), -2 * hour_ns);  // somebody's clock was wrong
  EXPECT_EQ(text_of(store->get(key)), "v");
  struct stat status = {};
  ASSERT_EQ(::stat(home.entry(key).c_str(), &status), 0);
  EXPECT_LE(status.st_mtime, ::time(nullptr));
}

TEST(directory_store, notes_the_use_of_an_entry_that_is_read_elsewhere) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  EXPECT_TRUE(store->touch(key)) << "there is none";
  ASSERT_TRUE(store->put(key, blob_of("v")));
  EXPECT_TRUE(store->touch(key_of("other")));
  set_age(home.entry(key), hour_ns / 2);
  EXPECT_TRUE(store->touch(key));
  EXPECT_GE(age_s(home.entry(key)), 1700U);
  set_age(home.entry(key), hour_ns * 2);
  DirectoryOptions options = home.options();
  options.read_only = true;
  EXPECT_TRUE(home.open(options)->touch(key));
  EXPECT_GE(age_s(home.entry(key)), 7000U);
  EXPECT_TRUE(store->touch(key));
  EXPECT_LE(age_s(home.entry(key)), 60U);
}

TEST(directory_store, is_made_again_where_it_is_removed) {
  const CacheHome home;
  const auto store = home.open();
  ASSERT_TRUE(store->put(key_of("k"), blob_of("v")));
  fs::remove_all(home.root);
  EXPECT_EQ(text_of(store->get(key_of("k"))), "(none)");
  EXPECT_TRUE(store->remove(key_of("k")));
  const auto put = store->put(key_of("k"), blob_of("v"));
  EXPECT_TRUE(put) << message_of(put);
  EXPECT_EQ(text_of(store->get(key_of("k"))), "v");
  fs::remove_all(home.root);
  EXPECT_EQ(fault_of(store->entries()), "unreadable");
  EXPECT_EQ(store->lease(key_of("k"), 0).state(), Lease::State::held);
  fs::remove_all(home.root);
  std::ofstream(home.root) << "a file in its place";
  EXPECT_EQ(fault_of(store->put(key_of("k"), blob_of("v"))), "not_a_directory");
}

TEST(directory_store, finds_what_others_put_where_they_made_it_again) {
  const CacheHome home;
  fs::create_directory(home.root);
  DirectoryOptions options = home.options();
  options.read_only = true;
  const auto early = home.open(options);  // before there was a generation
  EXPECT_EQ(text_of(early->get(key_of("k"))), "(none)");
  const auto writer = home.open();
  ASSERT_TRUE(writer->put(key_of("k"), blob_of("v")));
  EXPECT_EQ(text_of(early->get(key_of("k"))), "v");
  const size_t before = open_files();
  for (int round = 0; round < 3; ++round) {
    fs::remove_all(home.root);
    EXPECT_EQ(text_of(early->get(key_of("k"))), "(none)");
    EXPECT_FALSE(fs::exists(home.root)) << "looking makes nothing";
    ASSERT_TRUE(home.open()->put(key_of("k"), blob_of("again")));
    EXPECT_EQ(text_of(early->get(key_of("k"))), "again");
    EXPECT_EQ(text_of(writer->get(key_of("k"))), "again");
  }
  EXPECT_EQ(open_files(), before);
}

TEST(directory_store, can_read_entries_instead_of_mapping_them) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.read_below_bytes = UINT64_MAX;
  options.sync = true;
  const auto store = home.open(options);
  const Digest key = key_of("k");
  const Blob blob = blob_for(key, 1 << 20);
  ASSERT_TRUE(store->put(key, blob));
  const auto got = store->get(key);
  ASSERT_TRUE(got);
  ASSERT_EQ(::truncate(home.entry(key).c_str(), 0), 0);
  EXPECT_TRUE(std::ranges::equal(got->bytes(), blob.bytes()));
}

TEST(directory_store, refuses_entries_that_it_could_not_return) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.max_entry_bytes = 100;
  const auto store = home.open(options);
  EXPECT_EQ(fault_of(store->put(key_of("k"), blob_of(std::string(101, 'x')))), "too_large");
  EXPECT_EQ(fault_of(store->put(key_of("k"), blob_of(""))), "damaged");
  EXPECT_TRUE(store->put(key_of("k"), blob_of(std::string(100, 'x'))));
  options.max_entry_bytes = 1000;
  options.budget.max_bytes = 99;
  EXPECT_EQ(fault_of(home.open(options)->put(key_of("k"), blob_of(std::string(100, 'x')))),
            "too_large");
}

TEST(directory_store, does_without_its_state_file) {
  const CacheHome home;
  const auto store = home.open();
  const std::string state = home.root + "/waxwing.state";
  home.outside.write("elsewhere", "untouched");
  const std::vector<std::function<void()>> cases = {
      [&] { fs::create_directory(state); },
      [&] { fs::create_symlink(home.outside / "elsewhere", state); },
      [&] { EXPECT_EQ(::mkfifo(state.c_str(), 0600), 0); },
      [&] {
        std::ofstream(state) << "x";
        EXPECT_EQ(::chmod(state.c_str(), 0666), 0);
      },
  };
  for (const auto& spoil : cases) {
    fs::remove_all(state);
    spoil();
    EXPECT_EQ(store->lease(key_of("k"), hour_ns).state(), Lease::State::unavailable);
    EXPECT_TRUE(store->put(key_of("k"), blob_of("v")));
    EXPECT_EQ(text_of(store->get(key_of("k"))), "v");
  }
  EXPECT_EQ(fs::file_size(home.outside / "elsewhere"), 9U);
}

TEST(directory_store, leaks_no_files_whatever_happens) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  ASSERT_TRUE(store->put(key, blob_for(key, 50'000)));
  const size_t before = open_files();
  for (int i = 0; i < 20; ++i) {
    (void)store->get(key);
    (void)store->get(key_of("missing"));
    (void)store->lease(key, 0);
    (void)store->put(key_of(size_t{7}), blob_of("v"));
    ASSERT_EQ(::chmod(home.entry(key).c_str(), 0666), 0);
    (void)store->get(key);
    ASSERT_EQ(::chmod(home.entry(key).c_str(), 0600), 0);
    (void)store->entries();
    (void)store->prune({});
  }
  EXPECT_EQ(open_files(), before);
  const Blob kept = store->get(key)->without_file();
  EXPECT_EQ(open_files(), before) << "a mapping needs no open file";
  EXPECT_EQ(mappings_beneath(home.root), 1U) << "of what is kept, alone";
}

TEST(directory_store, is_shared_by_threads) {
  const CacheHome home;
  const auto store =
      home.open({.path = home.root, .generation = "test", .budget = {.max_entries = 20}});
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 150; ++i) {
        const Digest key = key_of((i * 5 + t) % 30);
        if (i % 3 == 0) {
          const auto put = store->put(key, blob_for(key, 20'000));
          EXPECT_TRUE(put) << message_of(put);
        } else if (i % 31 == 0) {
          EXPECT_TRUE(store->remove(key));
        } else {
          const auto blob = store->get(key);
          ASSERT_TRUE(blob) << message_of(blob);
          if (*blob) {
            EXPECT_TRUE(text_of(*blob) == text_of(blob_for(key, 20000)));
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(home.temporaries(), 0U);
}

}  // namespace
}  // namespace waxwing::cache
