#include "platform/memory_image.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace waxwing::platform {
namespace {

TEST(memory_image, every_mapping_has_its_own_bytes) {
  const size_t page = page_size();
  auto image = MemoryImage::create(2 * page);
  ASSERT_TRUE(image) << image.error().message();
  ASSERT_TRUE(image->write(page - 2, base::as_bytes("abcd")));
  auto first = Reservation::reserve(4 * page);
  auto second = Reservation::reserve(4 * page);
  for (auto* reservation : {&first, &second}) {
    ASSERT_TRUE(*reservation);
    ASSERT_TRUE((*reservation)->commit(0, 4 * page));
    (*reservation)->data()[page] = 'x';
    (*reservation)->data()[3 * page] = 'y';
    ASSERT_TRUE(image->map(**reservation, page));
    EXPECT_EQ(base::as_text({(*reservation)->data() + 2 * page - 2, 4}), "abcd");
    EXPECT_EQ((*reservation)->data()[page], 0);
    EXPECT_EQ((*reservation)->data()[3 * page], 'y');
  }
  first->data()[2 * page] = 'z';
  EXPECT_EQ(second->data()[2 * page], 'c');
  auto third = Reservation::reserve(2 * page);
  ASSERT_TRUE(third && third->commit(0, 2 * page) && image->map(*third, 0));
  EXPECT_EQ(third->data()[page], 'c');
}

TEST(memory_image, is_written_and_mapped_within_bounds) {
  const size_t page = page_size();
  auto image = MemoryImage::create(page);
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->write(page, {}));
  EXPECT_FALSE(image->write(page - 1, base::as_bytes("ab")));
  EXPECT_FALSE(image->write(SIZE_MAX, base::as_bytes("ab")));
  auto reservation = Reservation::reserve(2 * page);
  ASSERT_TRUE(reservation && reservation->commit(0, 2 * page));
  EXPECT_FALSE(image->map(*reservation, 2 * page));
  EXPECT_FALSE(image->map(*reservation, 1));
  EXPECT_FALSE(image->map(*reservation, SIZE_MAX - page + 1));
  EXPECT_TRUE(image->map(*reservation, page));
}

}  // namespace
}  // namespace waxwing::platform
