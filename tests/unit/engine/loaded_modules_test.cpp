// What a process keeps loaded, and when it is dropped.
#include "engine/loaded_modules.h"

#include <gtest/gtest.h>

namespace waxwing::engine {
namespace {

constexpr uint64_t hour_ns = 3'600'000'000'000;

cache::Digest key(uint8_t number) { return {.bytes = {number}}; }

LoadedModules::Module module() {
  return std::make_shared<const runtime::LoadedModule>(syntax::Module());
}

TEST(loaded_modules, are_found_while_somebody_has_them) {
  LoadedModules modules(0);
  LoadedModules::Module first = module();
  modules.add(key(1), first, 10, 0);
  EXPECT_EQ(modules.find(key(1), 0).module, first);
  EXPECT_EQ(modules.find(key(2), 0).module, nullptr);
  first.reset();
  EXPECT_EQ(modules.find(key(1), 0).module, nullptr);
  EXPECT_EQ(modules.warm().modules, 0U);
}

TEST(loaded_modules, are_kept_within_the_budget) {
  LoadedModules modules(25);
  for (const uint8_t number : {uint8_t{1}, uint8_t{2}, uint8_t{3}})
    modules.add(key(number), module(), 10, 0);
  EXPECT_EQ(modules.find(key(1), 0).module, nullptr);
  EXPECT_NE(modules.find(key(2), 0).module, nullptr);
  modules.add(key(4), module(), 10, 0);
  EXPECT_EQ(modules.find(key(3), 0).module, nullptr);
  EXPECT_NE(modules.find(key(2), 0).module, nullptr);
  EXPECT_EQ(modules.warm().bytes, 20U);
  modules.add(key(5), module(), 26, 0);  // too large to keep
  EXPECT_EQ(modules.find(key(5), 0).module, nullptr);
  EXPECT_EQ(modules.warm().bytes, 20U);
  modules.set_warm_budget(10);
  EXPECT_EQ(modules.warm().modules, 1U);
  modules.clear();
  EXPECT_EQ(modules.find(key(2), 0).module, nullptr);
  EXPECT_EQ(modules.warm().bytes, 0U);
}

TEST(loaded_modules, take_the_place_of_others_by_the_same_key) {
  LoadedModules modules(100);
  modules.add(key(1), module(), 10, 0);
  const LoadedModules::Module second = module();
  modules.add(key(1), second, 20, 0);
  EXPECT_EQ(modules.find(key(1), 0).module, second);
  EXPECT_EQ(modules.warm().bytes, 20U);
}

TEST(loaded_modules, are_to_be_touched_once_an_hour) {
  LoadedModules modules(100);
  modules.add(key(1), module(), 10, hour_ns);
  EXPECT_FALSE(modules.find(key(1), 2 * hour_ns - 1).is_touch_due);
  EXPECT_TRUE(modules.find(key(1), 2 * hour_ns).is_touch_due);
  EXPECT_FALSE(modules.find(key(1), 2 * hour_ns + 1).is_touch_due);
  EXPECT_TRUE(modules.find(key(1), 3 * hour_ns).is_touch_due);
}

}  // namespace
}  // namespace waxwing::engine
