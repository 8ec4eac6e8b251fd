// Tables: contents, growth, limits.
#include "runtime/table.h"

#include <gtest/gtest.h>

namespace waxwing::runtime {
namespace {

std::shared_ptr<ResourceBudget> budget_of(uint64_t elements) {
  return std::make_shared<ResourceBudget>(UINT64_MAX, elements);
}

syntax::TableType elements(uint64_t min, std::optional<uint64_t> max = {},
                           syntax::AddressType address = syntax::AddressType::i32) {
  return {.element = syntax::externref, .limits = {min, max}, .address = address};
}

TEST(table_create, holds_its_initial_value) {
  const auto table = Table::create(elements(3), Ref::from_host(7), budget_of(10)).value();
  EXPECT_EQ(table->size(), 3u);
  EXPECT_EQ(table->data()[2].host(), 7u);
  EXPECT_TRUE(table->contains(3, 0));
  EXPECT_FALSE(table->contains(3, 1));
  EXPECT_FALSE(table->contains(UINT64_MAX, 2));
}

TEST(table_create, refuses_beyond_the_limits) {
  EXPECT_EQ(Table::create(elements(11), Ref(), budget_of(10)).error().code,
            base::ErrorCode::resource_limit);
  EXPECT_EQ(Table::create(elements(10'000'001), Ref(), budget_of(UINT64_MAX)).error().code,
            base::ErrorCode::resource_limit);
  EXPECT_EQ(Table::create(elements(UINT64_MAX, {}, syntax::AddressType::i64), Ref(),
                          budget_of(UINT64_MAX))
                .error()
                .code,
            base::ErrorCode::resource_limit);
  EXPECT_EQ(Table::create(elements(2, 1), Ref(), budget_of(10)).error().code,
            base::ErrorCode::min_greater_than_max);
}

TEST(table_grow, keeps_contents_and_fills_what_is_new) {
  const auto table = Table::create(elements(1, 1000), Ref::from_host(1), budget_of(2000)).value();
  for (uint64_t size = 1; size < 1000; ++size)
    ASSERT_EQ(table->grow(1, Ref::from_host(size + 1)), int64_t(size));
  for (uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(table->data()[i].host(), i + 1);
  EXPECT_EQ(table->grow(1, Ref()), -1);
  EXPECT_EQ(table->grow(UINT64_MAX, Ref()), -1);
  EXPECT_EQ(table->grow(0, Ref()), 1000);
  EXPECT_EQ(table->current_type().limits.min, 1000u);
}

TEST(table_grow, is_held_to_the_budget_which_comes_back) {
  const auto budget = budget_of(10);
  const auto first = Table::create(elements(4), Ref(), budget).value();
  {
    const auto second = Table::create(elements(4), Ref(), budget).value();
    EXPECT_EQ(first->grow(3, Ref()), -1);
    EXPECT_EQ(first->size(), 4u);
  }
  EXPECT_EQ(first->grow(6, Ref()), 4);
}

TEST(table_grow, from_nothing) {
  const auto table = Table::create(elements(0), Ref(), budget_of(10)).value();
  EXPECT_EQ(table->grow(0, Ref()), 0);
  EXPECT_EQ(table->grow(2, Ref::from_host(3)), 0);
  EXPECT_EQ(table->data()[1].host(), 3u);
}

}  // namespace
}  // namespace waxwing::runtime
