#include "cache/digest.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace waxwing::cache {
namespace {

using base::as_bytes;

std::vector<platform::Sha256Blocks> compressions() {
  std::vector<platform::Sha256Blocks> all = {platform::sha256_portable};
  if (platform::sha256_instructions() != nullptr) all.push_back(platform::sha256_instructions());
  return all;
}

std::string sha256_hex(platform::Sha256Blocks compress, std::string_view text) {
  Sha256 hash(compress);
  hash.update(as_bytes(text));
  return hash.finish().hex();
}

std::vector<uint8_t> bytes_of_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The examples of FIPS 180-4's author, NIST's "SHA256.pdf", and of RFC 6234.
TEST(sha256, makes_the_published_digests) {
  for (const platform::Sha256Blocks compress : compressions()) {
    EXPECT_EQ(sha256_hex(compress, ""),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex(compress, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(compress, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_hex(compress,
                         "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                         "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
              "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    EXPECT_EQ(sha256_hex(compress, std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST(sha256, does_not_mind_how_the_bytes_are_divided) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i * 7);
  for (const platform::Sha256Blocks compress : compressions()) {
    for (size_t size = 0; size <= text.size(); ++size) {
      const std::string_view all = std::string_view(text).substr(0, size);
      const std::string whole = sha256_hex(platform::sha256_portable, all);
      EXPECT_EQ(sha256_hex(compress, all), whole) << size;
      for (size_t split = 0; split <= size; split += 13) {
        Sha256 hash(compress);
        hash.update(as_bytes(all.substr(0, split)));
        hash.update({});
        hash.update(as_bytes(all.substr(split)));
        ASSERT_EQ(hash.finish().hex(), whole) << size << " split at " << split;
      }
    }
  }
}

TEST(sha256, starts_anew_after_finishing_and_goes_on_in_copies) {
  Sha256 hash;
  hash.update(as_bytes("a"));
  Sha256 copy = hash;
  copy.update(as_bytes("bc"));
  EXPECT_EQ(copy.finish(), sha256(as_bytes("abc")));
  EXPECT_EQ(hash.finish(), sha256(as_bytes("a")));
  EXPECT_EQ(hash.finish(), sha256({}));
}

TEST(digest, is_written_and_read_as_hexadecimal) {
  const Digest digest = sha256(as_bytes("abc"));
  const std::string hex = digest.hex();
  EXPECT_EQ(Digest::from_hex(hex), digest);
  EXPECT_EQ(hex.size(), 64U);
  for (size_t i = 0; i < hex.size(); ++i) {
    for (const char wrong : {'A', 'g', '/', ':', '`', ' ', '\0'}) {
      std::string text = hex;
      text[i] = wrong;
      EXPECT_EQ(Digest::from_hex(text), std::nullopt) << text;
    }
  }
  EXPECT_EQ(Digest::from_hex(hex.substr(1)), std::nullopt);
  EXPECT_EQ(Digest::from_hex(hex + "0"), std::nullopt);
  EXPECT_EQ(Digest::from_hex(""), std::nullopt);
}

TEST(digest, is_compared_in_every_byte) {
  const Digest digest = sha256(as_bytes("abc"));
  EXPECT_TRUE(equal_in_constant_time(digest, digest));
  for (size_t i = 0; i < Digest::size; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Digest other = digest;
      other.bytes[i] = static_cast<uint8_t>(other.bytes[i] ^ 1 << bit);
      EXPECT_FALSE(equal_in_constant_time(digest, other)) << i;
      EXPECT_NE(digest, other);
    }
  }
}

// RFC 4231, test cases 1 to 4, 6 and 7; case 5 is case 4's kind, cut short.
TEST(hmac_sha256, makes_the_published_codes) {
  struct Case {
    std::vector<uint8_t> key;
    std::vector<uint8_t> data;
    std::string_view code;
  };
  const auto text = [](std::string_view bytes) {
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  const std::vector<Case> cases = {
      {std::vector<uint8_t>(20, 0x0b), text("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {text("Jefe"), text("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::vector<uint8_t>(20, 0xaa), std::vector<uint8_t>(50, 0xdd),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {bytes_of_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
       std::vector<uint8_t>(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::vector<uint8_t>(131, 0xaa),
       text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::vector<uint8_t>(131, 0xaa),
       text("This is a test using a larger than block-size key and a larger than block-size data. "
            "The key needs to be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(hmac_sha256(each.key, each.data).hex(), each.code);
    HmacSha256 code(each.key);
    for (int again = 0; again < 2; ++again) {
      for (const uint8_t byte : each.data) code.update({&byte, 1});
      EXPECT_EQ(code.finish().hex(), each.code);
    }
  }
}

}  // namespace
}  // namespace waxwing::cache
