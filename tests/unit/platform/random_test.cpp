#include "platform/random.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace waxwing::platform {
namespace {

TEST(random, fills_all_of_any_size_differently_each_time) {
  for (const size_t size : {size_t{16}, size_t{257}, size_t{1} << 20}) {
    std::vector<uint8_t> first(size);
    std::vector<uint8_t> second(size);
    ASSERT_TRUE(fill_random(first));
    ASSERT_TRUE(fill_random(second));
    EXPECT_NE(first, second);
    // 16 zero bytes in a row have a chance of 2^-128 each.
    const std::vector<uint8_t> zeroes(16);
    EXPECT_EQ(std::ranges::search(first, zeroes).size(), 0u);
  }
}

TEST(random, nothing_to_fill_is_no_failure) { EXPECT_TRUE(fill_random({})); }

TEST(random, memory_that_is_not_there_is_an_error) {
  uint8_t* const nowhere = reinterpret_cast<uint8_t*>(8);
  const auto result = fill_random({nowhere, 16});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::io_error);
}

}  // namespace
}  // namespace waxwing::platform
