// SHA-256: what names entries of a cache, and what keys are made of. [FIPS 180-4; RFC 2104]
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "platform/sha256_blocks.h"

namespace waxwing::cache {

/// 256 bits that stand for all the bytes that they were made from.
struct Digest {
  static constexpr size_t size = 32;
  std::array<uint8_t, size> bytes = {};

  /// 64 lower-case hexadecimal digits.
  std::string hex() const;
  /// The digest that `hex` wrote as `text`; none for any other text, upper case included.
  static std::optional<Digest> from_hex(std::string_view text);

  auto operator<=>(const Digest&) const = default;
};

/// For tables keyed by digests, which are as random as a hash can be.
struct DigestHash {
  size_t operator()(const Digest& digest) const {
    return base::load_le<size_t>(digest.bytes.data());
  }
};

/// Compares in a time that does not tell where the two differ, as secrets must be.
bool equal_in_constant_time(const Digest& left, const Digest& right);

/// SHA-256 of bytes that come in parts. 1.2 GB/s with the processor's instructions. Copyable: a
/// copy goes on from where the original stood. Not thread-safe.
class Sha256 {
 public:
  Sha256() : Sha256(platform::sha256_fastest()) {}
  /// With a compression function of the caller's choice.
  explicit Sha256(platform::Sha256Blocks compress);

  void update(base::ByteSpan bytes);
  /// The digest of all that `update` was given; the object then is as it was when it was made.
  Digest finish();

 private:
  platform::Sha256Blocks compress_;
  platform::Sha256State state_;
  std::array<uint8_t, 64> pending_;  // less than a block
  size_t pending_size_ = 0;
  uint64_t size_bytes_ = 0;
};

/// SHA-256 of `bytes`.
Digest sha256(base::ByteSpan bytes);

/// HMAC with SHA-256: a digest that nobody can make without the key. Keys are of any size; those of
/// more than 64 bytes count by their digest. Copyable: a copy spares taking in the key again. Not
/// thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(base::ByteSpan key);

  void update(base::ByteSpan bytes) { inner_.update(bytes); }
  /// The code of all that `update` was given; the object then is as it was when it was made.
  Digest finish();

 private:
  Sha256 inner_start_;  // after the key
  Sha256 outer_start_;
  Sha256 inner_;
};

/// HMAC-SHA-256 of `bytes` with `key`.
Digest hmac_sha256(base::ByteSpan key, base::ByteSpan bytes);

}  // namespace waxwing::cache
