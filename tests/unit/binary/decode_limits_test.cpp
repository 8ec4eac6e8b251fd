// What whoever decodes allows, and that decoding can be stopped.
#include <gtest/gtest.h>
#include <string>

#include "hex.h"

namespace waxwing::binary {
namespace {

using base::ErrorCode;

// An import and two functions of the type [] -> [], with bodies of 2 and of 4 bytes.
constexpr std::string_view three_funcs =
    "00 61 73 6d 01 00 00 00 "
    "01 04 01 60 00 00  02 07 01 01 6d 01 66 00 00  03 03 02 00 00 "
    "0a 09 02  02 00 0b  04 00 01 01 0b";

base::Result<syntax::Module> decode_within(const DecodeOptions& options) {
  return decode(std::make_shared<const std::vector<uint8_t>>(hex(three_funcs)),
                syntax::FeatureSet::all(), options);
}

void expect_beyond(const DecodeLimits& limits, std::string_view words) {
  const auto refused = decode_within({.limits = limits});
  ASSERT_FALSE(refused) << words;
  EXPECT_EQ(refused.error().code, ErrorCode::resource_limit);
  EXPECT_EQ(refused.error().detail, words);
}

TEST(decode_limits, are_met_and_not_exceeded) {
  const uint64_t size = hex(three_funcs).size();
  const DecodeLimits exact{.module_bytes = size, .funcs = 3, .func_bytes = 4};
  EXPECT_TRUE(decode_within({.limits = exact}));
  DecodeLimits limits = exact;
  limits.module_bytes = size - 1;
  expect_beyond(limits, std::to_string(size) +
                            " bytes in a module, and CompileLimits::module_bytes allows " +
                            std::to_string(size - 1));
  limits = exact;
  limits.funcs = 2;
  expect_beyond(limits, "3 functions, and CompileLimits::funcs allows 2");
  limits = exact;
  limits.func_bytes = 3;
  expect_beyond(limits, "4 bytes in a function, and CompileLimits::func_bytes allows 3");
}

TEST(decode_limits, count_imported_functions_when_they_come) {
  expect_beyond({.funcs = 0}, "1 functions, and CompileLimits::funcs allows 0");
}

TEST(decode, can_be_stopped) {
  base::StopFlag stop;
  EXPECT_TRUE(decode_within({.stop = &stop}));
  stop.set(base::StopReason::deadline_exceeded);
  const auto stopped = decode_within({.stop = &stop});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::deadline_exceeded);
}

}  // namespace
}  // namespace waxwing::binary
