// Strong indices and the vectors that they key.
#include "base/index.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <type_traits>

namespace waxwing::base {
namespace {

using ApplesIdx = Index<struct ApplesTag>;
using PearsIdx = Index<struct PearsTag>;

template <typename A, typename B>
concept comparable = requires(A a, B b) { a == b; };

static_assert(comparable<ApplesIdx, ApplesIdx>);
static_assert(!comparable<ApplesIdx, PearsIdx>, "an apple's index is not a pear's");
static_assert(!std::is_convertible_v<uint32_t, ApplesIdx>, "a number is not an index");
static_assert(!std::is_convertible_v<ApplesIdx, uint32_t>, "an index is not a number");
static_assert(!std::is_constructible_v<ApplesIdx, PearsIdx>);
static_assert(sizeof(ApplesIdx) == sizeof(uint32_t));

TEST(index, orders_by_its_number) {
  EXPECT_LT(ApplesIdx(1u), ApplesIdx(2u));
  EXPECT_EQ(ApplesIdx(size_t{7}), ApplesIdx(7u));
  EXPECT_EQ(ApplesIdx().value, 0u);
}

TEST(index_vector, push_back_returns_the_id_of_the_item) {
  IndexVector<ApplesIdx, std::string> apples;
  EXPECT_TRUE(apples.empty());
  EXPECT_EQ(apples.push_back("cox"), ApplesIdx(0u));
  const ApplesIdx elstar = apples.push_back("elstar");
  EXPECT_EQ(elstar.value, 1u);
  EXPECT_EQ(apples[elstar], "elstar");
  EXPECT_EQ(apples.back(), "elstar");
}

TEST(index_vector, contains_ends_at_its_size) {
  const IndexVector<ApplesIdx, int> apples(3, 5);
  EXPECT_EQ(apples.size(), 3u);
  EXPECT_TRUE(apples.contains(ApplesIdx(2u)));
  EXPECT_FALSE(apples.contains(ApplesIdx(3u)));
  EXPECT_FALSE(apples.contains(ApplesIdx(UINT32_MAX)));
  for (const int apple : apples) EXPECT_EQ(apple, 5);
}

TEST(index_vector, holds_what_cannot_be_copied) {
  IndexVector<ApplesIdx, std::unique_ptr<int>> apples;
  const ApplesIdx id = apples.push_back(std::make_unique<int>(3));
  EXPECT_EQ(*apples[id], 3);
}

}  // namespace
}  // namespace waxwing::base
