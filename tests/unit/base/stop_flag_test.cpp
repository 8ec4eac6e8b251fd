#include "base/stop_flag.h"

#include <gtest/gtest.h>
#include <thread>

namespace waxwing::base {
namespace {

TEST(stop_flag, is_set_for_ever_and_by_its_first_reason) {
  StopFlag flag;
  EXPECT_FALSE(flag.is_set());
  EXPECT_TRUE(go_on(&flag));
  EXPECT_TRUE(go_on(nullptr));
  flag.set(StopReason::deadline_exceeded);
  flag.set(StopReason::interrupted);
  EXPECT_TRUE(flag.is_set());
  const auto stopped = go_on(&flag);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::deadline_exceeded);
}

TEST(stop_flag, says_that_somebody_asked) {
  StopFlag flag;
  flag.set(StopReason::interrupted);
  EXPECT_EQ(go_on(&flag).error().code, ErrorCode::interrupted);
}

TEST(stop_flag, is_seen_by_other_threads) {
  StopFlag flag;
  std::jthread other([&] { flag.set(StopReason::interrupted); });
  while (!is_stopped(&flag)) std::this_thread::yield();
}

}  // namespace
}  // namespace waxwing::base
