#include "platform/code_ranges.h"

#include <atomic>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "platform/thread.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {
namespace {

bool count_fault(void* context, Fault& fault) {
  ++*static_cast<std::atomic<int>*>(context);
  fault.registers.pc = 0;
  return true;
}

bool answered(const uint8_t* pc) {
  Fault fault{.kind = FaultKind::access, .registers = {}};
  fault.registers.pc = reinterpret_cast<uintptr_t>(pc);
  return answer_fault(fault);
}

/// Address space that nothing else is at.
class code_ranges : public testing::Test {
 protected:
  static constexpr size_t size = 1 << 20;
  void SetUp() override {
    auto reserved = Reservation::reserve(size);
    ASSERT_TRUE(reserved);
    space_ = *std::move(reserved);
  }
  const uint8_t* at(size_t offset) const { return space_.data() + offset; }
  base::Result<CodeRange> add(size_t offset, size_t size_bytes) {
    return CodeRange::add({at(offset), size_bytes}, count_fault, &count_);
  }

  Reservation space_;
  std::atomic<int> count_ = 0;
};

TEST_F(code_ranges, answer_within_their_bounds) {
  EXPECT_FALSE(answered(at(100)));
  auto later = add(300, 100);
  auto earlier = add(100, 100);
  auto beside = add(200, 100);
  ASSERT_TRUE(later && earlier && beside);
  EXPECT_FALSE(answered(at(99)));
  for (const size_t offset : {100U, 199U, 200U, 299U, 300U, 399U})
    EXPECT_TRUE(answered(at(offset)));
  EXPECT_FALSE(answered(at(400)));
  EXPECT_EQ(count_, 6);
  *beside = CodeRange();
  EXPECT_TRUE(answered(at(199)));
  EXPECT_FALSE(answered(at(200)));
  EXPECT_FALSE(answered(at(299)));
  EXPECT_TRUE(answered(at(300)));
}

TEST_F(code_ranges, are_refused_where_they_overlap) {
  {
    auto range = add(100, 100);
    ASSERT_TRUE(range);
    for (const auto& [offset, size_bytes] :
         {std::pair<size_t, size_t>{100, 100}, {50, 51}, {199, 1}, {0, 1000}, {120, 10}}) {
      const auto again = add(offset, size_bytes);
      ASSERT_FALSE(again) << offset;
      EXPECT_EQ(again.error().code, base::ErrorCode::invalid_argument);
    }
    EXPECT_TRUE(add(50, 50));
    EXPECT_TRUE(add(200, 50));
    EXPECT_FALSE(add(100, 0));
  }
  EXPECT_FALSE(answered(at(150)));
  EXPECT_TRUE(add(0, 1000));  // what is gone is in nobody's way
}

TEST_F(code_ranges, move) {
  auto first = add(100, 100);
  ASSERT_TRUE(first);
  CodeRange second = *std::move(first);
  *first = CodeRange();
  EXPECT_TRUE(answered(at(100)));
  second = *add(300, 100);
  EXPECT_FALSE(answered(at(100)));
  EXPECT_TRUE(answered(at(300)));
}

TEST_F(code_ranges, ten_thousand) {
  constexpr size_t count = 10'000;
  constexpr size_t step = 7'919;  // visits all, out of order
  std::vector<CodeRange> ranges(count);
  for (size_t i = 0, n = 0; n < count; ++n, i = (i + step) % count) {
    auto range = add(64 * i, 32);
    ASSERT_TRUE(range) << range.error().message();
    ranges[i] = *std::move(range);
  }
  for (size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(answered(at(64 * i + 31)));
    ASSERT_FALSE(answered(at(64 * i + 32)));
  }
  for (size_t i = 0; i < count; i += 2) ranges[i] = CodeRange();
  for (size_t i = 0; i < count; ++i) ASSERT_EQ(answered(at(64 * i)), i % 2 == 1);
  const auto wide = add(64 * 2, 64);
  EXPECT_TRUE(wide);
  ranges.clear();
  EXPECT_TRUE(answered(at(64 * 2)));
  EXPECT_FALSE(answered(at(64)));
}

TEST_F(code_ranges, are_read_while_they_change) {
  const auto fixed = add(size / 2, 100);
  ASSERT_TRUE(fixed);
  std::atomic<bool> done = false;
  std::atomic<int> missed = 0;
  std::vector<Thread> readers;
  for (int i = 0; i < 3; ++i) {
    auto reader = Thread::start([&] {
      while (!done) {
        if (!answered(at(size / 2 + 50)) || answered(at(size / 2 + 100))) ++missed;
      }
    });
    ASSERT_TRUE(reader);
    readers.push_back(*std::move(reader));
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<CodeRange> ranges;
    for (size_t i = 0; i < 40; ++i) {
      auto range = add((i % 2 == 0 ? 0 : size / 2 + 1'000) + i * 100, 100);
      ASSERT_TRUE(range);
      ranges.push_back(*std::move(range));
    }
  }
  done = true;
  readers.clear();
  EXPECT_EQ(missed, 0);
}

TEST_F(code_ranges, work_in_a_child) {
  const auto range = add(100, 100);
  ASSERT_TRUE(range);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto other = add(300, 100);
    ::_exit(other && answered(at(100)) && answered(at(300)) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(answered(at(300)));
}

}  // namespace
}  // namespace waxwing::platform
