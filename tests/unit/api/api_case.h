// What tests of the public API share: modules from text, in each tier.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waxwing/waxwing.h"

namespace waxwing {

/// The value, or a failed test and an end of the program.
template <typename T>
T require(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message();
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline Module compile(const Engine& engine, std::string_view wat) {
  return require(engine.compile(require(wat_to_wasm(wat))));
}

/// Tests that run once in each tier.
class Tiers : public testing::TestWithParam<Tier> {
 protected:
  Instance instantiate(std::string_view wat) {
    return require(linker.instantiate(store, compile(engine, wat)));
  }

  Engine engine{Config{.tier = GetParam()}};
  Store store = require(Store::create(engine));
  Linker linker;
};

inline std::string tier_name(const testing::TestParamInfo<Tier>& info) {
  return info.param == Tier::interpreter ? "interpreter" : "baseline";
}

#if defined(__x86_64__)
inline const auto all_tiers = testing::Values(Tier::interpreter, Tier::baseline);
#else
inline const auto all_tiers = testing::Values(Tier::interpreter);
#endif

}  // namespace waxwing
