#include "platform/code_memory.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "machine_code.h"
#include "platform/file.h"
#include "platform/output_file.h"
#include "platform/virtual_memory.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

using Views = CodeMemory::Views;

/// The rights of the mapping that `address` lies in, as /proc/self/maps has them: "r-xp".
std::string rights_at(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    char* rest = nullptr;
    const uintptr_t begin = std::strtoull(line.c_str(), &rest, 16);
    const uintptr_t end = std::strtoull(rest + 1, &rest, 16);
    const auto key = reinterpret_cast<uintptr_t>(address);
    if (begin <= key && key < end) return std::string(rest + 1, 4);
  }
  return "none";
}

bool anything_writable_and_executable() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::string rights = line.substr(line.find(' ') + 1, 4);
    if (rights[1] == 'w' && rights[2] == 'x') return true;
  }
  return false;
}

void append_machine_code(CodeMemory& memory) {
  ASSERT_GE(memory.writable().size(), sizeof machine_code);
  std::copy(std::begin(machine_code), std::end(machine_code), memory.writable().begin());
}

class code_memory : public testing::TestWithParam<Views> {};

TEST_P(code_memory, runs_what_was_published_piece_by_piece) {
  auto memory = CodeMemory::reserve(3 * page_size(), GetParam());
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->views(), GetParam());
  for (int piece = 0; piece < 3; ++piece) {
    append_machine_code(*memory);
    const uint8_t* const expected = memory->next_code();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(expected) % 64, 0U);
    EXPECT_FALSE(anything_writable_and_executable());
    const auto published = memory->publish(sizeof machine_code);
    ASSERT_TRUE(published) << published.error().message();
    EXPECT_EQ(published->data(), expected);
    EXPECT_EQ(published->size(), sizeof machine_code);
    EXPECT_FALSE(anything_writable_and_executable());
    EXPECT_EQ(rights_at(expected).substr(0, 3), "r-x");
    const uintptr_t word = 0x1234567;
    EXPECT_EQ(call_code(expected + code_offset::load, reinterpret_cast<uintptr_t>(&word)), word);
    EXPECT_EQ(call_code(expected + code_offset::recover, 0), 42U);
    EXPECT_EQ(call_code(memory->code().data() + code_offset::recover, 0), 42U);
  }
}

TEST_P(code_memory, is_not_written_to_once_sealed) {
  auto memory = CodeMemory::reserve(3 * page_size(), GetParam());
  ASSERT_TRUE(memory) << memory.error().message();
  append_machine_code(*memory);
  ASSERT_TRUE(memory->publish(sizeof machine_code));
  const uint8_t* const writable = memory->writable().data();
  ASSERT_NE(rights_at(writable).find('w'), std::string::npos);
  memory->seal();
  EXPECT_EQ(rights_at(writable).find('w'), std::string::npos);
  EXPECT_TRUE(memory->writable().empty());
  EXPECT_FALSE(memory->publish(1));
  EXPECT_EQ(call_code(memory->code().data() + code_offset::recover, 0), 42U);
}

TEST_P(code_memory, refuses_what_does_not_fit) {
  auto memory = CodeMemory::reserve(1, GetParam());
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->size(), page_size());
  EXPECT_EQ(memory->writable().size(), page_size());
  EXPECT_EQ(memory->publish(page_size() + 1).error().code, base::ErrorCode::invalid_argument);
  EXPECT_TRUE(memory->publish(0));
  EXPECT_TRUE(memory->publish(page_size()));
  EXPECT_TRUE(memory->writable().empty());
  EXPECT_EQ(memory->publish(1).error().code, base::ErrorCode::invalid_argument);
  EXPECT_EQ(CodeMemory::reserve(0, GetParam()).error().code, base::ErrorCode::invalid_argument);
  for (const size_t size : {SIZE_MAX, SIZE_MAX / 2, size_t{1} << 48}) {
    EXPECT_EQ(CodeMemory::reserve(size, GetParam()).error().code, base::ErrorCode::out_of_memory);
  }
}

TEST_P(code_memory, moves_and_gives_its_mappings_back) {
  const uint8_t* code = nullptr;
  const uint8_t* writable = nullptr;
  {
    auto first = CodeMemory::reserve(page_size(), GetParam());
    ASSERT_TRUE(first) << first.error().message();
    append_machine_code(*first);
    ASSERT_TRUE(first->publish(sizeof machine_code));
    code = first->code().data();
    writable = first->writable().data();
    CodeMemory second = *std::move(first);
    EXPECT_TRUE(first->code().empty());
    EXPECT_TRUE(first->writable().empty());
    CodeMemory third;
    third = std::move(second);
    EXPECT_EQ(third.code().data(), code);
    EXPECT_EQ(call_code(code + code_offset::recover, 0), 42U);
  }
  EXPECT_EQ(rights_at(code).find('x'), std::string::npos);
  EXPECT_EQ(rights_at(writable).find('s'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(views, code_memory, testing::Values(Views::dual, Views::single),
                         [](const auto& views) {
                           return views.param == Views::dual ? "dual" : "single";
                         });

/// What a child of the process that runs `body` exits with.
template <typename Body>
int exit_status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Forbids this process to make memory executable that was not mapped so; false where the kernel
/// cannot (before Linux 6.3).
bool deny_executing_written_memory() {
  constexpr int set_mdwe = 65;
  return ::prctl(set_mdwe, 1UL, 0UL, 0UL, 0UL) == 0;
}

void forbid_growing_files() {
  const rlimit none{0, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &none);
}

TEST(code_memory_hosts, children_of_fork_have_no_view_that_they_could_write_to) {
  auto memory = CodeMemory::reserve(page_size(), Views::dual).value();
  uint8_t* const view = memory.writable().data();
  EXPECT_EQ(exit_status_of_child([&] {
              if (!memory.writable().empty()) return 1;
              unsigned char page = 0;
              if (::mincore(view, page_size(), &page) == 0) return 2;
              // What comes to lie there is not unmapped with the memory.
              const void* const own = ::mmap(view, page_size(), PROT_READ,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
              if (own != view) return 3;
              memory = CodeMemory();
              return ::mincore(view, page_size(), &page) == 0 ? 0 : 4;
            }),
            0);
  *view = 1;
  EXPECT_TRUE(memory.publish(1));
}

TEST(code_memory_hosts, single_views_where_memory_files_are_refused) {
  EXPECT_EQ(exit_status_of_child([] {
              forbid_growing_files();
              if (CodeMemory::reserve(1, Views::dual)) return 1;
              const auto memory = CodeMemory::reserve(1);
              return memory && memory->views() == Views::single ? 0 : 2;
            }),
            0);
}

TEST(code_memory_hosts, dual_views_where_written_memory_must_not_run) {
  EXPECT_EQ(exit_status_of_child([] {
              if (!deny_executing_written_memory()) return 0;
              if (CodeMemory::reserve(1, Views::single)) return 1;
              const auto memory = CodeMemory::reserve(1);
              return memory && memory->views() == Views::dual ? 0 : 2;
            }),
            0);
}

TEST(code_memory_hosts, an_error_where_nothing_is_allowed) {
  EXPECT_EQ(exit_status_of_child([] {
              forbid_growing_files();
              if (!deny_executing_written_memory()) return 0;
              const auto memory = CodeMemory::reserve(1);
              return !memory && memory.error().code == base::ErrorCode::unsupported ? 0 : 1;
            }),
            0);
}

TEST(code_memory_hosts, a_child_runs_its_parents_code_but_cannot_write_to_it) {
  auto memory = CodeMemory::reserve(page_size(), Views::dual);
  ASSERT_TRUE(memory) << memory.error().message();
  append_machine_code(*memory);
  ASSERT_TRUE(memory->publish(sizeof machine_code));
  EXPECT_EQ(exit_status_of_child([&] {
              if (!memory->writable().empty() || memory->publish(1)) return 1;
              return call_code(memory->code().data() + code_offset::recover, 0) == 42 ? 0 : 2;
            }),
            0);
  EXPECT_FALSE(memory->writable().empty());
}

TEST(code_memory_file, is_run_privately_from_a_page_on) {
  const TemporaryDirectory directory;
  const std::string path = directory / "code";
  std::string bytes(page_size(), '\0');
  bytes.append(reinterpret_cast<const char*>(machine_code), sizeof machine_code);
  ASSERT_TRUE(
      write_whole_file(path, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  auto file = open_host_path(path, {.read = true});
  ASSERT_TRUE(file);
  auto memory = CodeMemory::map_file(*file, page_size(), sizeof machine_code);
  ASSERT_TRUE(memory) << memory.error().message();
  *file = File();
  EXPECT_EQ(memory->code().size(), sizeof machine_code);
  EXPECT_EQ(rights_at(memory->code().data()), "r-xp");
  EXPECT_TRUE(memory->writable().empty());
  EXPECT_FALSE(memory->publish(1));
  EXPECT_EQ(call_code(memory->code().data() + code_offset::recover, 0), 42U);
}

TEST(code_memory_file, must_hold_the_range) {
  const TemporaryDirectory directory;
  const std::string path = directory / "code";
  ASSERT_TRUE(write_whole_file(path, machine_code));
  const auto file = open_host_path(path, {.read = true});
  ASSERT_TRUE(file);
  constexpr size_t size = sizeof machine_code;
  const std::pair<uint64_t, size_t> wrong[] = {
      {0, 0},       {0, size + 1}, {1, 1}, {page_size(), 1}, {UINT64_MAX - page_size() + 1, 1},
      {0, SIZE_MAX}};
  for (const auto& [offset, size_bytes] : wrong) {
    const auto memory = CodeMemory::map_file(*file, offset, size_bytes);
    ASSERT_FALSE(memory) << offset << ' ' << size_bytes;
    EXPECT_EQ(memory.error().code, base::ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(CodeMemory::map_file(File(), 0, 1));
}

}  // namespace
}  // namespace waxwing::platform
