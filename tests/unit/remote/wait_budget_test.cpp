#include "remote/wait_budget.h"

#include <gtest/gtest.h>

namespace waxwing::remote {
namespace {

TEST(wait_budget, is_what_all_may_wait_one_after_another) {
  WaitBudget budget(100);
  EXPECT_EQ(budget.begin(1000), 1100U);
  budget.end(1040);
  EXPECT_EQ(budget.waited_ns(5000), 40U);
  EXPECT_EQ(budget.begin(5000), 5060U);
  budget.end(5070);  // somewhat late
  EXPECT_EQ(budget.deadline_ns(6000), 6000U);
  EXPECT_EQ(budget.begin(6000), 6000U);
  budget.end(6000);
  EXPECT_EQ(budget.waited_ns(7000), 110U);
}

TEST(wait_budget, counts_time_that_several_wait_once) {
  WaitBudget budget(100);
  EXPECT_EQ(budget.begin(0), 100U);
  EXPECT_EQ(budget.begin(60), 100U);  // not 160: the first began before
  budget.end(80);
  EXPECT_EQ(budget.begin(90), 100U);
  budget.end(95);
  budget.end(95);
  EXPECT_EQ(budget.waited_ns(1000), 95U);
  EXPECT_EQ(budget.deadline_ns(1000), 1005U);
}

TEST(wait_budget, can_be_without_end) {
  WaitBudget budget(UINT64_MAX);
  EXPECT_EQ(budget.begin(5), UINT64_MAX);
  budget.end(10);
  EXPECT_EQ(budget.deadline_ns(20), UINT64_MAX);
}

}  // namespace
}  // namespace waxwing::remote
