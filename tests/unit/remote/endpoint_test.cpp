#include "remote/endpoint.h"

#include <gtest/gtest.h>
#include <string>

namespace waxwing::remote {
namespace {

const cache::Digest key = cache::sha256(base::as_bytes("key"));

std::string entry(std::string_view url) {
  const auto endpoint = parse_endpoint(url);
  return endpoint ? endpoint->entry_url(key) : "(" + endpoint.error().message() + ")";
}

std::string error_of(std::string_view url) {
  const auto endpoint = parse_endpoint(url);
  return endpoint ? "" : endpoint.error().message();
}

TEST(endpoint, puts_the_key_behind_the_path_and_before_the_query) {
  const std::string hex = key.hex();
  EXPECT_EQ(entry("http://host"), "http://host/" + hex);
  EXPECT_EQ(entry("http://host/"), "http://host/" + hex);
  EXPECT_EQ(entry("http://host:8080/a/b"), "http://host:8080/a/b/" + hex);
  EXPECT_EQ(entry("https://host/a/?token=1&b"), "https://host/a/" + hex + "?token=1&b");
  EXPECT_EQ(entry("http://host?x"), "http://host/" + hex + "?x");
  EXPECT_EQ(entry("HTTP://[::1]:80/a"), "http://[::1]:80/a/" + hex);
}

TEST(endpoint, takes_user_and_password_out_of_the_address) {
  const auto endpoint = parse_endpoint("https://me%40home:p%3a%2F%25@host/p?sig=secret");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->user, "me@home");
  EXPECT_EQ(endpoint->password, "p:/%");
  EXPECT_EQ(endpoint->entry_url(key), "https://host/p/" + key.hex() + "?sig=secret");
  EXPECT_EQ(endpoint->redacted(), "https://***@host/p/?***");
  EXPECT_EQ(parse_endpoint("http://only@host")->password, "");
  EXPECT_EQ(parse_endpoint("http://host/a@b")->user, "");
  EXPECT_EQ(parse_endpoint("http://host/a@b")->redacted(), "http://host/a@b/");
}

TEST(endpoint, refuses_what_is_none_without_telling_secrets) {
  for (const char* url :
       {"", "host", "host:8080/x", "ftp://secret@host/", "file:///secret", "http://", "http:///p",
        "http://:80/", "http://user:secret@/", "http://host/#secret", "http://ho st/",
        "http://host/\n", "http://a:secret%@host/", "http://a:secret%0a@host/",
        "http://:secret@host/", "http://a:secret%4@host", "http://host/\xc3\xa9"}) {
    const std::string error = error_of(url);
    EXPECT_NE(error, "") << url;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
  EXPECT_NE(error_of("http://host/" + std::string(5000, 'a')), "");
}

TEST(header, is_a_name_and_a_value) {
  EXPECT_EQ(parse_header("Authorization: Bearer x"), "Authorization: Bearer x");
  EXPECT_EQ(parse_header("x-key:v: w"), "x-key: v: w");
}

TEST(header, that_is_none_or_is_ours_is_refused_without_telling_its_value) {
  for (const std::string text :
       {"", "secret", ": secret", "a b: secret", "a: sec\nret: secret", "a: secret\r",
        "a:", "a:  ", "Host: secret", "content-length: 1", "Transfer-Encoding: chunked"}) {
    const auto header = parse_header(text);
    ASSERT_FALSE(header) << text;
    EXPECT_EQ(header.error().message().find("secret"), std::string::npos);
  }
  EXPECT_FALSE(parse_header("a: " + std::string(20000, 'v')));
}

}  // namespace
}  // namespace waxwing::remote
