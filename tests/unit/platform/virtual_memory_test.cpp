#include "platform/virtual_memory.h"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <utility>

namespace waxwing::platform {
namespace {

constexpr size_t wasm_page = 64 * 1024;

TEST(virtual_memory, a_guarded_memory_is_reserved_cheaply) {
  const size_t size = (size_t{4} << 30) + (size_t{64} << 20);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    auto reservation = Reservation::reserve(size);
    ASSERT_TRUE(reservation) << reservation.error().message();
    EXPECT_GE(reservation->size(), size);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(virtual_memory, committed_pages_are_zero_and_writable_at_both_ends) {
  auto reservation = Reservation::reserve(16 * wasm_page);
  ASSERT_TRUE(reservation);
  ASSERT_TRUE(reservation->commit(wasm_page, 2 * wasm_page));
  uint8_t* data = reservation->data();
  EXPECT_EQ(data[wasm_page], 0);
  EXPECT_EQ(data[3 * wasm_page - 1], 0);
  data[wasm_page] = 1;
  data[3 * wasm_page - 1] = 2;
  ASSERT_TRUE(reservation->commit(0, 3 * wasm_page));
  EXPECT_EQ(data[wasm_page], 1);
  EXPECT_EQ(data[3 * wasm_page - 1], 2);
}

TEST(virtual_memory_DeathTest, what_is_not_committed_faults) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto reservation = Reservation::reserve(4 * wasm_page);
  ASSERT_TRUE(reservation);
  ASSERT_TRUE(reservation->commit(0, 2 * wasm_page));
  volatile uint8_t* data = reservation->data();
  data[2 * wasm_page - 1] = 1;
  EXPECT_DEATH(data[2 * wasm_page] = 1, "");
  ASSERT_TRUE(reservation->decommit(wasm_page, wasm_page));
  EXPECT_DEATH(data[wasm_page] = 1, "");
}

TEST(virtual_memory, reset_and_decommit_give_zeroes_again) {
  auto reservation = Reservation::reserve(4 * wasm_page);
  ASSERT_TRUE(reservation);
  ASSERT_TRUE(reservation->commit(0, 4 * wasm_page));
  std::fill_n(reservation->data(), 4 * wasm_page, uint8_t{7});
  ASSERT_TRUE(reservation->reset(wasm_page, wasm_page));
  EXPECT_EQ(reservation->data()[wasm_page - 1], 7);
  EXPECT_EQ(reservation->data()[wasm_page], 0);
  EXPECT_EQ(reservation->data()[2 * wasm_page - 1], 0);
  EXPECT_EQ(reservation->data()[2 * wasm_page], 7);
  ASSERT_TRUE(reservation->decommit(2 * wasm_page, wasm_page));
  ASSERT_TRUE(reservation->commit(2 * wasm_page, wasm_page));
  EXPECT_EQ(reservation->data()[2 * wasm_page], 0);
  EXPECT_EQ(reservation->data()[3 * wasm_page], 7);
}

TEST(virtual_memory, what_is_impossible_is_an_error) {
  for (const size_t size : {SIZE_MAX, SIZE_MAX - 1, size_t{1} << 62, size_t{1} << 50}) {
    auto reservation = Reservation::reserve(size);
    ASSERT_FALSE(reservation);
    EXPECT_EQ(reservation.error().code, base::ErrorCode::out_of_memory);
  }
  EXPECT_EQ(Buffer::allocate(SIZE_MAX / 2).error().code, base::ErrorCode::out_of_memory);
}

TEST(virtual_memory, ranges_outside_are_refused) {
  auto reservation = Reservation::reserve(4 * wasm_page);
  ASSERT_TRUE(reservation);
  const struct {
    size_t offset;
    size_t size;
  } wrong[] = {{0, 5 * wasm_page},
               {4 * wasm_page, wasm_page},
               {5 * wasm_page, 0},
               {SIZE_MAX & ~(wasm_page - 1), 2 * wasm_page},
               {wasm_page, SIZE_MAX & ~(wasm_page - 1)},
               {1, wasm_page},
               {0, 1}};
  for (const auto& [offset, size] : wrong) {
    for (const auto& result :
         {reservation->commit(offset, size), reservation->decommit(offset, size),
          reservation->reset(offset, size)}) {
      ASSERT_FALSE(result) << offset << " " << size;
      EXPECT_EQ(result.error().code, base::ErrorCode::invalid_argument);
    }
  }
  EXPECT_TRUE(reservation->commit(4 * wasm_page, 0));
}

TEST(virtual_memory, moving_hands_the_range_over) {
  auto first = Reservation::reserve(wasm_page);
  ASSERT_TRUE(first && first->commit(0, wasm_page));
  uint8_t* data = first->data();
  data[0] = 9;
  Reservation second = std::move(*first);
  EXPECT_EQ(first->data(), nullptr);
  EXPECT_EQ(first->size(), 0u);
  ASSERT_EQ(second.data(), data);
  second = Reservation();
  EXPECT_EQ(second.data(), nullptr);
  EXPECT_EQ(Reservation::reserve(0)->data(), nullptr);
}

TEST(virtual_memory, sizes_round_up_to_pages) {
  EXPECT_EQ(page_size() & (page_size() - 1), 0u);
  EXPECT_EQ(round_up_to_page(0), 0u);
  EXPECT_EQ(round_up_to_page(1), page_size());
  EXPECT_EQ(round_up_to_page(page_size()), page_size());
  EXPECT_EQ(Reservation::reserve(1)->size(), page_size());
}

TEST(buffer, is_zeroed_and_keeps_its_bytes_when_resized) {
  auto buffer = Buffer::allocate(100);
  ASSERT_TRUE(buffer);
  EXPECT_TRUE(std::ranges::all_of(buffer->bytes(), [](uint8_t byte) { return byte == 0; }));
  buffer->data()[99] = 5;
  ASSERT_TRUE(buffer->resize(1 << 20));
  EXPECT_EQ(buffer->data()[99], 5);
  ASSERT_FALSE(buffer->resize(SIZE_MAX / 2));
  EXPECT_EQ(buffer->size(), size_t{1} << 20);
  EXPECT_EQ(buffer->data()[99], 5);
  ASSERT_TRUE(buffer->resize(0));
  EXPECT_EQ(buffer->data(), nullptr);
}

}  // namespace
}  // namespace waxwing::platform
