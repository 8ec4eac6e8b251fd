// The names of this build; tests/tools/build_id_test.py shows what changes them.
#include "engine/build_id.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace waxwing::engine {
namespace {

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

TEST(build_id, the_build_and_its_abi_have_names) {
  EXPECT_TRUE(is_digest(build_id())) << build_id();
  EXPECT_TRUE(is_digest(abi_hash())) << abi_hash();
  EXPECT_NE(build_id(), abi_hash());
}

}  // namespace
}  // namespace waxwing::engine
