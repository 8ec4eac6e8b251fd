// However many modules live, files are left for everybody else.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cache_world.h"

namespace waxwing::engine {
namespace {

constexpr rlim_t file_limit = 64;
constexpr uint32_t module_count = 200;

/// Modules with data enough to be mapped from files: from images, and, where there is no cache,
/// from the second instance on.
const std::vector<Bytes>& modules() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> made;
    for (uint32_t number = 0; number < module_count; ++number) {
      made.push_back(assembled(
          "(module (memory 2) (data (i32.const 1) \"" + std::string(80'000, 'x') +
          "\") (func (export \"run\") (result i32) (i32.add (i32.load8_u (i32.const 80000))"
          " (i32.const " +
          std::to_string(number) + "))))"));
    }
    return made;
  }();
  return all;
}

/// The number that the next file gets.
int next_descriptor() {
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(file);
  return file;
}

/// Runs all modules, each twice, while all of them live.
void run_all(const Engine& engine) {
  std::vector<Compiled> compiled;
  for (const Bytes& bytes : modules()) {
    auto one = engine.compile(bytes);
    ASSERT_TRUE(one) << one.error().message();
    compiled.push_back(*std::move(one));
  }
  for (int round = 0; round < 2; ++round) {
    for (uint32_t number = 0; number < module_count; ++number)
      EXPECT_EQ(call(engine, compiled[number], "run"), std::to_string('x' + number));
  }
  EXPECT_GE(next_descriptor(), 12) << "as many as may be are mapped";
  EXPECT_LE(next_descriptor(), 20);
  EXPECT_LE(cache::open_files(), file_limit / 2);
}

void in_a_process_of_few_files(const std::function<void()>& body) {
  cache::Child child([&] {
    const rlimit limit{file_limit, file_limit};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    body();
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(open_files, are_few_without_a_cache) {
  (void)modules();
  in_a_process_of_few_files([] { run_all(engine_with(nullptr)); });
}

TEST(open_files, are_few_where_images_are_in_memory) {
  (void)modules();
  in_a_process_of_few_files([] { run_all(engine_with(cache_over(nullptr))); });
}

TEST(open_files, are_few_where_images_are_in_a_directory) {
  (void)modules();
  DirectoryCache directory;
  in_a_process_of_few_files([&] {
    const auto cache = directory.open();
    run_all(engine_with(cache));
    EXPECT_EQ(cache->stats().stored, module_count);
  });
  in_a_process_of_few_files([&] {
    const auto cache = directory.open({.requires_hit = true});
    run_all(engine_with(cache));
    EXPECT_EQ(cache->stats().store_hits, module_count);
  });
}

}  // namespace
}  // namespace waxwing::engine
