#include "remote/message.h"

#include <gtest/gtest.h>

namespace waxwing::remote {
namespace {

const TransferRequest full = {.method = Method::put,
                              .url = "http://host/a b",
                              .user = "me",
                              .password = "with space ",
                              .headers = {"a: b", "c: d e"},
                              .ca_file = "/etc/ca.pem",
                              .connect_timeout_ms = 1,
                              .timeout_ms = UINT64_MAX,
                              .max_body_bytes = 3};

TEST(message, reads_what_was_written) {
  EXPECT_EQ(read_request(write_request(full)), full);
  TransferRequest least;
  least.url = "x";
  EXPECT_EQ(read_request(write_request(least)), least);
  for (const TransferReply& reply :
       {TransferReply{Outcome::done, {}}, TransferReply{Outcome::local_fault, "no memory"}}) {
    EXPECT_EQ(read_reply(write_reply(reply)), reply);
  }
}

TEST(message, that_is_cut_or_changed_is_none) {
  const std::string request = write_request(full);
  for (size_t size = 0; size < request.size(); ++size) {
    EXPECT_FALSE(read_request(request.substr(0, size))) << size;
  }
  const std::string reply = write_reply({Outcome::refused, "status 403"});
  for (size_t size = 0; size < reply.size(); ++size) {
    EXPECT_FALSE(read_reply(reply.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_reply("end\n"));
  EXPECT_FALSE(read_reply("outcome great\nend\n"));
  EXPECT_FALSE(read_reply("outcome done\nmore x\nend\n"));
  EXPECT_FALSE(read_reply("outcome done\ncause \x1b[2J\nend\n"));
  EXPECT_FALSE(read_reply("outcome done\n\nend\n"));
  EXPECT_FALSE(read_request("url x\nmethod POST\nend\n"));
  EXPECT_FALSE(read_request("url x\ntimeout-ms -1\nend\n"));
  EXPECT_FALSE(read_request("url x\ntimeout-ms 99999999999999999999\nend\n"));
  EXPECT_FALSE(read_request("method GET\nend\n"));
}

TEST(message, of_a_server_is_one_short_line_of_ascii) {
  const auto reply =
      read_reply(write_reply({Outcome::failing, "a\nb\x1b\xff" + std::string(10000, 'x')}));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->cause.starts_with("a?b??xxx"));
  EXPECT_LE(reply->cause.size(), 400U);
}

}  // namespace
}  // namespace waxwing::remote
