// Constants: shared where equal, aligned, and where their labels say.
#include "assembler/constant_pool.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace waxwing::assembler {
namespace {

template <typename T>
base::ByteSpan bytes_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

TEST(constant_pool, shares_equal_constants_of_equal_size) {
  ConstantPool pool;
  const uint32_t one = 1;
  const uint64_t wide_one = 1;
  pool.add(bytes_of(one));
  pool.add(bytes_of(one));
  EXPECT_EQ(pool.size(), 1u);
  pool.add(bytes_of(wide_one));
  EXPECT_EQ(pool.size(), 2u);
  EXPECT_EQ(pool.size_bytes(), 12u);
}

TEST(constant_pool, places_each_aligned_at_its_size) {
  ConstantPool pool;
  CodeBuffer buffer;
  buffer.put_bytes(std::array<uint8_t, 5>{});
  pool.add(bytes_of(uint32_t{0x11111111}));
  pool.add(bytes_of(std::array<uint8_t, 32>{0x33}));
  pool.add(bytes_of(uint64_t{0x2222222222222222}));
  pool.add(bytes_of(std::array<uint8_t, 16>{0x44}));
  pool.place(buffer);
  const auto bytes = buffer.finish();
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(bytes->size(), 32u + 32 + 16 + 8 + 4);
  EXPECT_EQ((*bytes)[32], 0x33);
  EXPECT_EQ((*bytes)[64], 0x44);
  EXPECT_EQ((*bytes)[80], 0x22);
  EXPECT_EQ((*bytes)[88], 0x11);
}

TEST(constant_pool, small_constants_alone_need_no_wide_alignment) {
  ConstantPool pool;
  CodeBuffer buffer;
  buffer.put_bytes(std::array<uint8_t, 5>{});
  pool.add(bytes_of(uint32_t{7}));
  pool.place(buffer);
  EXPECT_EQ(buffer.position(), 12u);
}

TEST(constant_pool, every_reference_finds_its_constant) {
  ConstantPool pool;
  CodeBuffer buffer;
  std::mt19937_64 random(3);
  std::vector<uint64_t> values;
  for (int i = 0; i < 5000; ++i) {
    const uint64_t value = random() % 3000;
    values.push_back(value);
    const uint32_t field = buffer.position();
    buffer.put_bytes(std::array<uint8_t, 4>{});
    buffer.refer(pool.add(bytes_of(value)), FixupKind::rel32, field, -4);
  }
  EXPECT_LE(pool.size(), 3000u);
  pool.place(buffer);
  const auto bytes = buffer.finish();
  ASSERT_TRUE(bytes.has_value());
  for (uint32_t i = 0; i < values.size(); ++i) {
    const int64_t target = int64_t{4 * i + 4} + base::load_le<int32_t>(&(*bytes)[4 * i]);
    ASSERT_EQ(target % 8, 0);
    ASSERT_EQ(base::load_le<uint64_t>(&(*bytes)[static_cast<size_t>(target)]), values[i]);
  }
}

TEST(constant_pool, forgets_all_at_clear) {
  ConstantPool pool;
  pool.add(bytes_of(uint32_t{7}));
  pool.clear();
  EXPECT_EQ(pool.size(), 0u);
  CodeBuffer buffer;
  pool.add(bytes_of(uint32_t{9}));
  pool.place(buffer);
  EXPECT_EQ(pool.size_bytes(), 4u);
  EXPECT_EQ(base::load_le<uint32_t>(buffer.finish()->data()), 9u);
}

}  // namespace
}  // namespace waxwing::assembler
