// The store with programs of the tests' own in waxwing-http's place; tests/remote has servers.
#include "remote/http_store.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <thread>

#include "../cache/blobs.h"
#include "../platform/temporary_directory.h"
#include "cache/layered_store.h"
#include "cache/memory_store.h"
#include "platform/clock.h"

namespace waxwing::remote {
namespace {

using cache::blob_of;
using cache::fault_of;
using cache::key_of;
using cache::message_of;
using cache::text_of;

constexpr uint64_t ms = 1'000'000;
constexpr const char* found = "printf found >&3; printf 'outcome done\\nend\\n'";
constexpr const char* missing = "printf 'outcome missing\\nend\\n'";
constexpr const char* ill = "printf 'outcome failing\\ncause status 500\\nend\\n'";
constexpr const char* hangs = "exec sleep 100";

/// A program, what it was asked, and how often.
class Program {
 public:
  explicit Program(const std::string& body) { become(body); }

  void become(const std::string& body) const {
    std::ofstream(path_ + ".new") << "#!/bin/sh\necho >>" << log_ << "\ncat >>" << log_ << "\n"
                                  << body << "\n";
    ::chmod((path_ + ".new").c_str(), 0700);
    ::rename((path_ + ".new").c_str(), path_.c_str());
  }
  std::string log() const {
    std::stringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }
  size_t count(const std::string& words) const {
    const std::string text = log();
    size_t times = 0;
    for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
      ++times;
    }
    return times;
  }
  size_t count() const { return count("url "); }
  const std::string& path() const { return path_; }
  std::string beside(const std::string& name) const { return folder_ / name; }

 private:
  platform::TemporaryDirectory folder_;
  std::string path_ = folder_ / "program";
  std::string log_ = folder_ / "log";
};

std::shared_ptr<HttpStore> open(HttpOptions options) {
  auto store = HttpStore::open(std::move(options));
  EXPECT_TRUE(store) << store.error().message();
  return std::move(*store);
}

HttpOptions options_for(const std::string& url) {
  HttpOptions options;
  options.url = url;
  options.timeout_ns = 20000 * ms;
  return options;
}
HttpOptions options_for(const Program& program) {
  HttpOptions options = options_for("http://user:secret@host/p");
  options.program = program.path();
  return options;
}
std::shared_ptr<HttpStore> open(const Program& program) { return open(options_for(program)); }

TEST(http_store, asks_for_an_entry_and_maps_what_it_got) {
  const Program program(found);
  const auto store = open(program);
  const auto blob = store->get(key_of("a"));
  EXPECT_EQ(text_of(blob), "found");
  ASSERT_TRUE(blob);
  ASSERT_NE(blob->file(), nullptr);
  EXPECT_FALSE(blob->file()->truncate(0)) << "somebody could change it";
  EXPECT_EQ(program.count("method GET\nurl http://host/p/" + key_of("a").hex() + "\n"), 1U);
  EXPECT_EQ(program.count("user user\npassword secret\n"), 1U);
}

TEST(http_store, has_misses_and_empty_entries) {
  const Program program(missing);
  const auto store = open(program);
  EXPECT_EQ(text_of(store->get(key_of("a"))), "(none)");
  program.become("printf 'outcome done\\nend\\n'");
  EXPECT_EQ(text_of(store->get(key_of("b"))), "(damaged)");
}

TEST(http_store, uploads_beside_the_caller) {
  const Program program("sleep 0.3; cat /dev/fd/3 >>$0.body; printf 'outcome done\\nend\\n'");
  const auto store = open(program);
  for (int i = 0; i < 6; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    EXPECT_TRUE(store->put(key_of(name), blob_of(name)));
  }
  EXPECT_EQ(store->waited_ns(), 0U);
  const HttpStore::Uploads uploads = store->finish();
  EXPECT_EQ(uploads.done, 6U);
  EXPECT_EQ(uploads.failed + uploads.abandoned, 0U);
  EXPECT_GT(store->waited_ns(), 100 * ms);
  std::stringstream bodies;
  bodies << std::ifstream(program.path() + ".body").rdbuf();
  std::string sorted = bodies.str();
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, "abcdef");
  EXPECT_EQ(store->finish().done, 0U) << "told twice";
}

TEST(http_store, uploads_the_file_that_a_blob_is_in) {
  const Program program("cat /dev/fd/3 >>$0.body; printf 'outcome done\\nend\\n'");
  const Program server(found);
  const auto blob = open(server)->get(key_of("a"));
  ASSERT_TRUE(blob);
  const auto store = open(program);
  EXPECT_TRUE(store->put(key_of("a"), *blob));
  EXPECT_EQ(store->finish().done, 1U);
  std::string body;
  std::ifstream(program.path() + ".body") >> body;
  EXPECT_EQ(body, "found");
}

TEST(http_store, gives_what_it_is_about_to_upload) {
  const Program program(hangs);
  const auto store = open(program);
  for (size_t i = 0; i < 6; ++i) EXPECT_TRUE(store->put(key_of(i), blob_of(std::to_string(i))));
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(text_of(store->get(key_of(i))), std::to_string(i));
  EXPECT_NE(store->get(key_of(size_t{0}))->file(), nullptr);
  EXPECT_EQ(store->waited_ns(), 0U);
}

TEST(http_store, does_not_ask_twice_in_a_row_for_what_is_missing) {
  const Program program(missing);
  const auto store = open(program);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(store->get(key_of("a"))), "(none)");
  EXPECT_EQ(program.count(), 1U);
  EXPECT_EQ(text_of(store->get(key_of("b"))), "(none)");
  EXPECT_EQ(program.count(), 2U);
  program.become(found);
  EXPECT_TRUE(store->put(key_of("a"), blob_of("x")));
  EXPECT_EQ(store->finish().done, 1U);
  EXPECT_EQ(text_of(store->get(key_of("a"))), "found");
}

TEST(http_store, leaves_a_server_that_fails_alone_for_a_while) {
  const Program program(ill);
  HttpOptions options = options_for(program);
  options.retry_after_ns = 300 * ms;
  const auto store = open(std::move(options));
  EXPECT_EQ(message_of(store->get(key_of("a"))),
            "http://***@host/p/ is not available (status 500)");
  EXPECT_EQ(message_of(store->get(key_of("a"))),
            "http://***@host/p/ is not available (not asked for 300 ms since: status 500)");
  EXPECT_EQ(fault_of(store->put(key_of("a"), blob_of("x"))), "unavailable");
  EXPECT_EQ(fault_of(store->remove(key_of("a"))), "unavailable");
  EXPECT_EQ(program.count(), 1U);
  program.become(found);
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  EXPECT_EQ(text_of(store->get(key_of("a"))), "found");
}

TEST(http_store, that_answers_is_asked_again_whatever_it_answers) {
  const Program program("printf 'outcome refused\\ncause status 403\\nend\\n'");
  const auto store = open(program);
  EXPECT_EQ(fault_of(store->get(key_of("a"))), "refused");
  EXPECT_TRUE(store->remove(key_of("a"))) << "a server that cannot remove is no failure";
  EXPECT_TRUE(store->put(key_of("a"), blob_of("x")));
  const HttpStore::Uploads uploads = store->finish();
  ASSERT_EQ(uploads.failures.size(), 1U);
  EXPECT_EQ(uploads.failures[0].fault, cache::StoreFault::refused);
  program.become("printf 'outcome too_large\\nend\\n'");
  EXPECT_EQ(fault_of(store->get(key_of("a"))), "too_large");
  EXPECT_EQ(program.count(), 4U);
}

TEST(http_store, waits_no_longer_than_it_may_in_all) {
  const Program program(hangs);
  HttpOptions options = options_for(program);
  options.timeout_ns = 300 * ms;
  options.retry_after_ns = 0;
  const auto store = open(std::move(options));
  const uint64_t begin = platform::monotonic_ns();
  EXPECT_TRUE(store->put(key_of("b"), blob_of("x")));
  EXPECT_EQ(message_of(store->get(key_of("a"))),
            "http://***@host/p/ is not available (no whole answer within 300 ms)");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(fault_of(store->get(key_of("a"))), "unavailable");
  const HttpStore::Uploads uploads = store->finish();
  EXPECT_EQ(uploads.abandoned, 1U);
  const uint64_t passed = platform::monotonic_ns() - begin;
  EXPECT_GE(passed, 300 * ms);
  EXPECT_LT(passed, 3000 * ms);
}

TEST(http_store, waits_once_where_many_threads_do) {
  const Program program(hangs);
  HttpOptions options = options_for(program);
  options.timeout_ns = 400 * ms;
  options.retry_after_ns = 0;
  const auto store = open(std::move(options));
  const uint64_t begin = platform::monotonic_ns();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 20; ++j) EXPECT_FALSE(store->get(key_of("a")));
      });
    }
  }
  EXPECT_LT(platform::monotonic_ns() - begin, 3000 * ms);
}

TEST(http_store, serves_many_threads_at_once) {
  const Program program(found);
  const auto store = open(program);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (size_t j = 0; j < 5; ++j) {
          const auto blob = store->get(key_of(i));
          EXPECT_TRUE(text_of(blob) == "found" || text_of(blob) == "x") << text_of(blob);
          EXPECT_TRUE(store->put(key_of(i), blob_of("x")));
          EXPECT_TRUE(store->remove(key_of(i)));
        }
      });
    }
  }
  EXPECT_EQ(store->finish().done, 20U);
  EXPECT_EQ(program.count("method DELETE\n"), 20U);
}

TEST(http_store, abandons_uploads_at_its_end_and_leaves_no_process) {
  const Program program("echo $$ >$0.pid; exec sleep 100");
  pid_t process = 0;
  {
    const auto store = open(program);
    EXPECT_TRUE(store->put(key_of("a"), blob_of("x")));
    while (process == 0) std::ifstream(program.path() + ".pid") >> process;
    EXPECT_EQ(::kill(process, 0), 0);
  }
  EXPECT_NE(::kill(process, 0), 0);
}

TEST(http_store, that_is_read_only_writes_nothing) {
  const Program program(found);
  HttpOptions options = options_for(program);
  options.read_only = true;
  const auto store = open(std::move(options));
  EXPECT_TRUE(store->put(key_of("a"), blob_of("x")));
  EXPECT_TRUE(store->remove(key_of("a")));
  EXPECT_EQ(store->finish().done, 0U);
  EXPECT_EQ(program.count(), 0U);
  EXPECT_EQ(text_of(store->get(key_of("a"))), "found");
}

TEST(http_store, uploads_nothing_that_is_too_large) {
  const Program program(found);
  HttpOptions options = options_for(program);
  options.max_entry_bytes = 3;
  const auto store = open(std::move(options));
  EXPECT_EQ(fault_of(store->put(key_of("a"), blob_of("1234"))), "too_large");
  EXPECT_TRUE(store->put(key_of("a"), blob_of("123")));
  EXPECT_EQ(store->finish().done, 1U);
  EXPECT_EQ(program.count("max-body-bytes 0\n"), 1U);
}

TEST(http_store, survives_whatever_becomes_of_the_program) {
  for (const std::string body :
       {"", "exit 3", "kill -SEGV $$", "printf 'outcome done'", "printf 'end\\n'",
        "head -c 3000000 /dev/zero", "printf 'outcome done\\nend\\n' | tr n N", "exit 127"}) {
    const Program program(body);
    const auto store = open(program);
    EXPECT_EQ(fault_of(store->get(key_of("a"))), "unavailable") << body;
    EXPECT_EQ(fault_of(store->get(key_of("a"))), "unavailable") << body;
    EXPECT_EQ(program.count(), 1U) << body;
  }
  const Program unlinked("exit 127");
  EXPECT_NE(message_of(open(unlinked)->get(key_of("a"))).find("libcurl4"), std::string::npos);
  HttpOptions options = options_for("http://host");
  options.program = "/nowhere/waxwing-http";
  const auto store = open(std::move(options));
  EXPECT_EQ(
      message_of(store->get(key_of("a"))),
      "http://host/ is not available (there is no /nowhere/waxwing-http, which belongs beside "
      "waxwing)");
  EXPECT_EQ(fault_of(store->put(key_of("a"), blob_of("x"))), "unavailable");
}

TEST(http_store, says_what_is_wrong_with_its_options) {
  HttpOptions options = options_for("http://host");
  EXPECT_TRUE(HttpStore::open(options));
  options.ca_file = "a\nb";
  EXPECT_FALSE(HttpStore::open(options));
  options = options_for("http://host");
  options.headers = {"x"};
  EXPECT_FALSE(HttpStore::open(options));
  options.headers.assign(9, "a: b");
  EXPECT_FALSE(HttpStore::open(options));
  EXPECT_FALSE(HttpStore::open(options_for("host")));
}

TEST(http_store, fills_the_stores_above_it_and_never_hurts_them) {
  const Program program(found);
  const auto above = std::make_shared<cache::MemoryStore>(cache::Budget{});
  const auto below = open(program);
  cache::LayeredStore both({above, below});
  EXPECT_EQ(text_of(both.get(key_of("a"))), "found");
  EXPECT_EQ(text_of(above->get(key_of("a"))), "found");
  EXPECT_EQ(text_of(both.get(key_of("a"))), "found");
  EXPECT_EQ(program.count(), 1U);
  EXPECT_TRUE(both.put(key_of("b"), blob_of("mine")));
  EXPECT_EQ(below->finish().done, 1U);
  program.become(ill);
  EXPECT_EQ(fault_of(both.get(key_of("c"))), "unavailable");
  EXPECT_EQ(fault_of(both.put(key_of("c"), blob_of("mine"))), "unavailable");
  EXPECT_EQ(text_of(both.get(key_of("c"))), "mine");
}

}  // namespace
}  // namespace waxwing::remote
