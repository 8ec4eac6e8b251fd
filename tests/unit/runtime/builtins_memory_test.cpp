// Builtins of memories: bounds of both sides, overlap, lengths around those that are copied in
// different ways, and what atomic instructions check in which order.
#include <numeric>
#include <thread>

#include "builtin_fixture.h"

namespace waxwing::runtime {
namespace {

using abi::Status;
using syntax::AddressType;
using syntax::TrapCode;

constexpr uint64_t page = 65536;

class BuiltinMemoryTest : public BuiltinTest {
 public:
  BuiltinMemoryTest() {
    ModuleBuilder builder;
    builder.module.memories.push_back({.limits_pages = {1, 3}});
    builder.module.memories.push_back({.limits_pages = {2, 2}, .address = AddressType::i64});
    builder.module.memories.push_back({.limits_pages = {1, 1}, .is_shared = true});
    builder.module.datas.push_back({.mode = syntax::SegmentMode::passive,
                                    .memory = {},
                                    .offset = {},
                                    .bytes = base::as_bytes("abcdef")});
    builder.module.datas.push_back({.mode = syntax::SegmentMode::passive,
                                    .memory = {},
                                    .offset = {},
                                    .bytes = base::as_bytes("xyz")});
    start(builder);
  }

  Memory& memory(uint32_t index) { return *instance->data.memories[index]; }
  std::string_view text(uint32_t index, uint64_t from, size_t length) {
    return base::as_text({memory(index).base() + from, length});
  }
  TrapCode fill(uint32_t index, uint64_t to, uint64_t value, uint64_t length) {
    return trap_of(builtins::memory_fill(context, index, to, value, length));
  }
  TrapCode copy(uint64_t memories, uint64_t to, uint64_t from, uint64_t length) {
    return trap_of(builtins::memory_copy(context, memories, to, from, length));
  }
  TrapCode init(uint64_t memory_and_data, uint64_t to, uint64_t from, uint64_t length) {
    return trap_of(builtins::memory_init(context, memory_and_data, to, from, length));
  }
};

TEST_F(BuiltinMemoryTest, copies_every_small_length_at_every_distance) {
  constexpr size_t size = 400;
  constexpr size_t middle = 150;
  std::vector<uint8_t> pattern(size);
  std::iota(pattern.begin(), pattern.end(), uint8_t{1});
  for (uint64_t length = 0; length <= 140; ++length) {
    for (const int distance :
         {-129, -64, -33, -16, -9, -8, -7, -1, 0, 1, 3, 8, 15, 16, 31, 65, 100}) {
      std::ranges::copy(pattern, memory(0).base());
      const uint64_t to = middle + static_cast<uint64_t>(distance);
      ASSERT_EQ(copy(0, to, middle, length), TrapCode::none);
      std::vector<uint8_t> expected = pattern;
      for (size_t i = 0; i < length; ++i) expected[to + i] = pattern[middle + i];
      ASSERT_TRUE(std::ranges::equal(expected, std::span(memory(0).base(), size)))
          << length << " bytes by " << distance;
    }
  }
}

TEST_F(BuiltinMemoryTest, copies_a_whole_memory_over_itself) {
  for (uint64_t i = 0; i < page; ++i) memory(0).base()[i] = static_cast<uint8_t>(i * 7);
  ASSERT_EQ(copy(0, 1, 0, page - 1), TrapCode::none);
  for (uint64_t i = 1; i < page; ++i)
    ASSERT_EQ(memory(0).base()[i], static_cast<uint8_t>((i - 1) * 7));
  ASSERT_EQ(copy(0, 0, 1, page - 1), TrapCode::none);
  for (uint64_t i = 0; i + 1 < page; ++i)
    ASSERT_EQ(memory(0).base()[i], static_cast<uint8_t>(i * 7));
}

TEST_F(BuiltinMemoryTest, checks_both_bounds_of_a_copy_before_it_writes) {
  EXPECT_EQ(copy(0, page, page, 0), TrapCode::none);
  EXPECT_EQ(copy(0, page + 1, 0, 0), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(copy(0, 0, page + 1, 0), TrapCode::out_of_bounds_memory);
  memory(0).base()[0] = 1;
  EXPECT_EQ(copy(0, page - 8, 0, 9), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory(0).base()[page - 8], 0);
  EXPECT_EQ(copy(0, 0, page - 8, 9), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory(0).base()[0], 1);
  EXPECT_EQ(copy(0, UINT32_MAX, 0, UINT32_MAX), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(copy(pair(1, 1), UINT64_MAX, 0, 2), TrapCode::out_of_bounds_memory) << "the sum wraps";
  EXPECT_EQ(copy(pair(1, 1), 2, UINT64_MAX - 1, UINT64_MAX), TrapCode::out_of_bounds_memory);
}

TEST_F(BuiltinMemoryTest, copies_from_one_memory_to_another) {
  memory(1).base()[page + 5] = 'q';
  EXPECT_EQ(copy(pair(0, 1), 7, page + 5, 1), TrapCode::none);
  EXPECT_EQ(memory(0).base()[7], 'q');
  EXPECT_EQ(copy(pair(1, 0), page + 6, 7, 1), TrapCode::none);
  EXPECT_EQ(memory(1).base()[page + 6], 'q');
  EXPECT_EQ(copy(pair(0, 1), page + 5, 7, 1), TrapCode::out_of_bounds_memory);
}

TEST_F(BuiltinMemoryTest, fills_with_the_low_byte) {
  EXPECT_EQ(fill(0, page - 3, 0x12345678, 3), TrapCode::none);
  EXPECT_EQ(text(0, page - 4, 4), std::string_view("\0xxx", 4));
  EXPECT_EQ(fill(0, page - 3, 'y', 4), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(fill(0, page, 'y', 0), TrapCode::none);
  EXPECT_EQ(fill(0, page + 1, 'y', 0), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(fill(1, 1, 'y', UINT64_MAX), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(text(0, page - 4, 4), std::string_view("\0xxx", 4));
}

TEST_F(BuiltinMemoryTest, initializes_until_the_segment_is_dropped) {
  EXPECT_EQ(init(pair(0, 0), page - 6, 0, 6), TrapCode::none);
  EXPECT_EQ(text(0, page - 6, 6), "abcdef");
  EXPECT_EQ(init(pair(1, 1), 0, 1, 2), TrapCode::none);
  EXPECT_EQ(text(1, 0, 3), std::string_view("yz\0", 3));
  EXPECT_EQ(init(pair(0, 0), page - 5, 0, 6), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(init(pair(0, 0), 0, 1, 6), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(init(pair(0, 0), 0, UINT32_MAX, 2), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(builtins::data_drop(context, 0), 0u);
  EXPECT_EQ(init(pair(0, 0), 0, 0, 1), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(init(pair(0, 0), 0, 0, 0), TrapCode::none);
  EXPECT_EQ(init(pair(1, 1), 0, 0, 3), TrapCode::none) << "the other segment is still there";
}

TEST_F(BuiltinMemoryTest, grows_to_the_maximum) {
  EXPECT_EQ(builtins::memory_grow(context, 0, 0), 1u);
  EXPECT_EQ(builtins::memory_grow(context, 0, 2), 1u);
  EXPECT_EQ(builtins::memory_grow(context, 0, 1), UINT64_MAX);
  EXPECT_EQ(builtins::memory_grow(context, 1, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(memory(0).size_bytes(), 3 * page);
  EXPECT_EQ(fill(0, 3 * page - 1, 1, 1), TrapCode::none);
}

TEST_F(BuiltinMemoryTest, atomics_check_alignment_then_bounds_then_sharing) {
  const auto wait32 = [&](uint32_t index, uint64_t address, uint64_t offset) {
    return trap_of(builtins::memory_atomic_wait32(context, index, address, offset, 0, 0));
  };
  const auto wait64 = [&](uint32_t index, uint64_t address, uint64_t offset) {
    return trap_of(builtins::memory_atomic_wait64(context, index, address, offset, 0, 0));
  };
  const auto notify = [&](uint32_t index, uint64_t address, uint64_t offset) {
    return trap_of(builtins::memory_atomic_notify(context, index, address, offset, 1));
  };
  EXPECT_EQ(wait32(0, 2 * page, 2), TrapCode::unaligned_atomic);
  EXPECT_EQ(wait32(0, page - 4, 4), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(wait32(0, page - 8, 4), TrapCode::expected_shared_memory);
  EXPECT_EQ(wait64(2, page - 8, 4), TrapCode::unaligned_atomic);
  EXPECT_EQ(wait64(2, page - 8, 8), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(wait64(1, UINT64_MAX, 2), TrapCode::out_of_bounds_memory) << "the sum wraps";
  EXPECT_EQ(notify(0, 1, 2), TrapCode::unaligned_atomic);
  EXPECT_EQ(notify(0, page, 0), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(notify(1, UINT64_MAX, 2), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(notify(0, 4, 0), TrapCode::none);
  EXPECT_EQ(result(), 0u) << "nobody waits at a memory that is not shared";
}

TEST_F(BuiltinMemoryTest, waits_compare_as_many_bits_as_they_have) {
  ASSERT_EQ(fill(2, 8, 0xff, 4), TrapCode::none);
  EXPECT_EQ(builtins::memory_atomic_wait32(context, 2, 8, 0, 1, 0), Status::ok);
  EXPECT_EQ(result(), uint64_t(Memory::WaitResult::not_equal));
  EXPECT_EQ(builtins::memory_atomic_wait32(context, 2, 0, 8, UINT32_MAX, 0), Status::ok);
  EXPECT_EQ(result(), uint64_t(Memory::WaitResult::timed_out));
  EXPECT_EQ(builtins::memory_atomic_wait64(context, 2, 8, 0, UINT64_MAX, 0), Status::ok);
  EXPECT_EQ(result(), uint64_t(Memory::WaitResult::not_equal));
  EXPECT_EQ(builtins::memory_atomic_wait64(context, 2, 8, 0, UINT32_MAX, 1000), Status::ok);
  EXPECT_EQ(result(), uint64_t(Memory::WaitResult::timed_out));
}

TEST_F(BuiltinMemoryTest, notify_wakes_a_waiter) {
  std::thread other([&] {
    while (memory(2).notify(16, 1) == 0) std::this_thread::yield();
  });
  EXPECT_EQ(builtins::memory_atomic_wait32(context, 2, 16, 0, 0, UINT64_MAX), Status::ok);
  EXPECT_EQ(result(), uint64_t(Memory::WaitResult::woken));
  other.join();
}

TEST_F(BuiltinMemoryTest, an_interrupted_wait_traps_with_the_reason) {
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    store->interrupt(store->current_call(), TrapCode::deadline_exceeded);
  });
  EXPECT_EQ(trap_of(builtins::memory_atomic_wait32(context, 2, 16, 0, 0, UINT64_MAX)),
            TrapCode::deadline_exceeded);
  other.join();
}

}  // namespace
}  // namespace waxwing::runtime
