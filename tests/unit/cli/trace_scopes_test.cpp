// What --trace is told to show.
#include "cli/trace_scopes.h"

#include <gtest/gtest.h>

namespace waxwing::cli {
namespace {

TEST(trace_scopes, are_a_list) {
  const auto scopes = parse_trace_scopes("wasi,host:env.*,calls,host:a.b");
  ASSERT_TRUE(scopes);
  EXPECT_TRUE(scopes->wasi);
  EXPECT_TRUE(scopes->calls);
  EXPECT_TRUE(scopes->has_host("env.log"));
  EXPECT_TRUE(scopes->has_host("a.b"));
  EXPECT_FALSE(scopes->has_host("a.bc"));
  EXPECT_FALSE(parse_trace_scopes("host:env.*")->calls);
}

TEST(trace_scopes, that_there_are_not_are_named) {
  EXPECT_EQ(parse_trace_scopes("wasi,walls").error(), "'walls' is no scope");
  for (const char* text : {"", ",", "wasi,", ",wasi", "host:", "host", "WASI", "wasi calls"})
    EXPECT_FALSE(parse_trace_scopes(text)) << text;
}

TEST(trace_scopes, patterns_match_whole_names) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("**", "anything"));
  EXPECT_TRUE(matches("env.*", "env."));
  EXPECT_TRUE(matches("*.fd_*", "wasi.fd_write"));
  EXPECT_TRUE(matches("a?c*e", "abcdde"));
  EXPECT_TRUE(matches("*aab", "aaaaab"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("a", ""));
  EXPECT_FALSE(matches("a?", "a"));
  EXPECT_FALSE(matches("env.*", "envx.f"));
  EXPECT_FALSE(matches("*aab", "aaaaa"));
}

}  // namespace
}  // namespace waxwing::cli
