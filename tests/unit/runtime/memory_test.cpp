// Memories: size, growth, budget, and waiting on shared ones.
#include "runtime/memory.h"

#include <chrono>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace waxwing::runtime {
namespace {

using syntax::AddressType;
using syntax::MemoryType;
using WaitResult = Memory::WaitResult;

constexpr uint64_t plenty = UINT64_MAX;

std::shared_ptr<ResourceBudget> budget_of(uint64_t bytes) {
  return std::make_shared<ResourceBudget>(bytes, plenty);
}

MemoryType pages(uint64_t min, std::optional<uint64_t> max = {},
                 AddressType address = AddressType::i32) {
  return {.limits_pages = {min, max}, .address = address, .is_shared = false};
}

std::unique_ptr<Memory> make(const MemoryType& type,
                             std::shared_ptr<ResourceBudget> budget = budget_of(plenty)) {
  return Memory::create(type, std::move(budget)).value();
}

TEST(memory_create, is_zero_and_as_large_as_its_minimum) {
  const auto memory = make(pages(2, 3));
  EXPECT_EQ(memory->size_bytes(), 2 * page_size_bytes);
  EXPECT_EQ(memory->base()[0], 0);
  memory->base()[2 * page_size_bytes - 1] = 1;
  EXPECT_TRUE(memory->contains(2 * page_size_bytes, 0));
  EXPECT_FALSE(memory->contains(2 * page_size_bytes, 1));
  EXPECT_FALSE(memory->contains(UINT64_MAX, 2)) << "the sum overflows";
  EXPECT_FALSE(memory->contains(1, UINT64_MAX));
}

TEST(memory_create, an_empty_memory_has_a_base) { EXPECT_NE(make(pages(0, 0))->base(), nullptr); }

TEST(memory_create, refuses_types_that_are_wrong) {
  EXPECT_EQ(Memory::create(pages(65537), budget_of(plenty)).error().code,
            base::ErrorCode::memory_size);
  EXPECT_EQ(Memory::create(pages(2, 1), budget_of(plenty)).error().code,
            base::ErrorCode::min_greater_than_max);
}

TEST(memory_create, refuses_what_no_host_has) {
  const MemoryType huge = pages(uint64_t(1) << 48, {}, AddressType::i64);
  EXPECT_EQ(Memory::create(huge, budget_of(plenty)).error().code, base::ErrorCode::out_of_memory);
}

TEST(memory_guard, is_asked_for_again_where_there_is_a_limit) {
  ASSERT_TRUE(Memory::can_guard(1));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit little = before;
  little.rlim_cur = uint64_t{1} << 30;
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  const bool with_little = Memory::can_guard(1);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_FALSE(with_little);
  EXPECT_TRUE(Memory::can_guard(1));
  EXPECT_FALSE(Memory::can_guard(SIZE_MAX));
}

TEST(memory_grow, keeps_base_and_contents_and_adds_zeros) {
  const auto memory = make(pages(1));
  uint8_t* base = memory->base();
  base[page_size_bytes - 1] = 7;
  EXPECT_EQ(memory->grow(2), 1);
  EXPECT_EQ(memory->base(), base);
  EXPECT_EQ(base[page_size_bytes - 1], 7);
  EXPECT_EQ(base[page_size_bytes], 0);
  base[3 * page_size_bytes - 1] = 1;
  EXPECT_EQ(memory->grow(0), 3);
  EXPECT_EQ(memory->current_type().limits_pages.min, 3u);
  EXPECT_EQ(memory->type().limits_pages.min, 1u);
}

TEST(memory_grow, stops_at_the_maximum_and_at_4_gib) {
  const auto bounded = make(pages(1, 2));
  EXPECT_EQ(bounded->grow(2), -1);
  EXPECT_EQ(bounded->grow(1), 1);
  EXPECT_EQ(bounded->grow(1), -1);
  const auto unbounded = make(pages(0));
  EXPECT_EQ(unbounded->grow(65537), -1);
  EXPECT_EQ(unbounded->grow(UINT64_MAX), -1);
  EXPECT_EQ(unbounded->grow(65536), 0);
  unbounded->base()[unbounded->size_bytes() - 1] = 1;
}

TEST(memory_grow, a_64_bit_memory_grows_beyond_4_gib) {
  const auto memory = make(pages(0, {}, AddressType::i64));
  ASSERT_EQ(memory->grow(65537), 0);
  memory->base()[memory->size_bytes() - 1] = 1;
  EXPECT_EQ(memory->grow(uint64_t(1) << 60), -1);
}

/// Of pages of one byte.
MemoryType bytes(uint64_t min, std::optional<uint64_t> max = {},
                 AddressType address = AddressType::i32) {
  MemoryType type = pages(min, max, address);
  type.page_size_log2 = 0;
  return type;
}

TEST(memory_page_size, a_byte_is_where_such_a_memory_ends) {
  const auto memory = make(bytes(3, 70'000));
  EXPECT_EQ(memory->size_bytes(), 3u);
  EXPECT_EQ(memory->size_pages(), 3u);
  EXPECT_TRUE(memory->contains(2, 1));
  EXPECT_FALSE(memory->contains(2, 2));
  EXPECT_FALSE(memory->is_guarded());
  memory->base()[2] = 7;
  EXPECT_EQ(memory->grow(4093), 3) << "up to where a page of the host may end";
  EXPECT_EQ(memory->grow(1), 4096);
  EXPECT_EQ(memory->base()[2], 7);
  memory->base()[4096] = 1;
  EXPECT_EQ(memory->current_type().limits_pages.min, 4097u);
  EXPECT_EQ(memory->grow(70'000 - 4096), -1);
  EXPECT_EQ(memory->grow(70'000 - 4097), 4097);
  memory->base()[69'999] = 1;
}

TEST(memory_page_size, bounds_what_a_memory_may_have) {
  const uint64_t most = 0xffff'ffff;
  const auto memory = make(bytes(0));
  EXPECT_EQ(memory->grow(most + 1), -1);
  EXPECT_EQ(memory->grow(most), 0);
  memory->base()[most - 1] = 1;
  EXPECT_EQ(Memory::create(bytes(most + 1), budget_of(plenty)).error().code,
            base::ErrorCode::memory_size);
  EXPECT_EQ(Memory::create(bytes(UINT64_MAX, {}, AddressType::i64), budget_of(plenty)).error().code,
            base::ErrorCode::out_of_memory);
  MemoryType other = bytes(1);
  other.page_size_log2 = 1;
  EXPECT_EQ(Memory::create(other, budget_of(plenty)).error().code, base::ErrorCode::page_size);
}

TEST(memory_page_size, is_what_a_budget_counts_in_bytes) {
  const auto budget = budget_of(10);
  const auto memory = make(bytes(4), budget);
  EXPECT_EQ(memory->grow(7), -1);
  EXPECT_EQ(memory->grow(6), 4);
}

TEST(memory_budget, refusal_at_creation_says_how_to_mend_it) {
  const auto refused = Memory::create(pages(2), budget_of(page_size_bytes));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::resource_limit);
  EXPECT_NE(refused.error().message().find("--max-memory"), std::string::npos);
}

TEST(memory_budget, is_shared_by_memories_and_given_back) {
  const auto budget = budget_of(3 * page_size_bytes);
  const auto first = make(pages(1), budget);
  {
    const auto second = make(pages(1), budget);
    EXPECT_EQ(second->grow(2), -1);
    EXPECT_EQ(second->grow(1), 1);
    EXPECT_EQ(first->grow(1), -1);
  }
  EXPECT_EQ(first->grow(2), 1);
}

class SharedMemoryTest : public testing::Test {
 public:
  SharedMemoryTest()
      : memory(make({.limits_pages = {1, 100}, .address = AddressType::i32, .is_shared = true})),
        limit(&word) {}

  uint64_t word = 0;
  std::unique_ptr<Memory> memory;
  std::atomic<uint64_t*> limit;
  platform::WakeWord wake;
};

TEST_F(SharedMemoryTest, wait_compares_first) {
  memory->base()[8] = 5;
  EXPECT_EQ(memory->wait(8, 4, 6, -1, {limit, wake}), WaitResult::not_equal);
  EXPECT_EQ(memory->wait(8, 8, 5, 1000, {limit, wake}), WaitResult::timed_out);
  EXPECT_EQ(memory->wait(8, 4, 5, 0, {limit, wake}), WaitResult::timed_out);
}

TEST_F(SharedMemoryTest, notify_wakes_so_many_at_that_address) {
  std::atomic<int> woken = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back(
        [&] { woken += memory->wait(16, 4, 0, -1, {limit, wake}) == WaitResult::woken ? 1 : 0; });
  }
  EXPECT_EQ(memory->notify(20, 10), 0u);
  EXPECT_EQ(memory->notify(16, 0), 0u);
  uint32_t notified = 0;
  while (notified < 2) notified += memory->notify(16, 2 - notified);
  while (woken < 2) std::this_thread::yield();
  while (notified < 3) notified += memory->notify(16, UINT32_MAX);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(woken, 3);
  EXPECT_EQ(memory->notify(16, 1), 0u);
}

TEST_F(SharedMemoryTest, interruption_ends_a_wait_without_end) {
  std::thread waiter(
      [&] { EXPECT_EQ(memory->wait(0, 8, 0, -1, {limit, wake}), WaitResult::interrupted); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  limit = nullptr;
  wake.wake();
  waiter.join();
  EXPECT_EQ(memory->wait(0, 8, 0, -1, {limit, wake}), WaitResult::interrupted);
}

TEST_F(SharedMemoryTest, grows_from_several_threads) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int page = 0; page < 30; ++page) {
        const int64_t old = memory->grow(1);
        if (old >= 0) memory->base()[uint64_t(old) * page_size_bytes] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(memory->size_pages(), 100u);
}

TEST(memory_wait, nobody_waits_at_a_memory_that_is_not_shared) {
  EXPECT_EQ(make(pages(1))->notify(0, 1), 0u);
}

}  // namespace
}  // namespace waxwing::runtime
