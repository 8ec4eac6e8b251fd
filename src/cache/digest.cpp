// Padding, lengths and texts; the compression function is the platform's.
#include "cache/digest.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace waxwing::cache {
namespace {

constexpr size_t block_size = 64;

// The first 32 bits of the fractions of the square roots of the first 8 primes.
constexpr platform::Sha256State initial_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// The value of a lower-case hexadecimal digit, 16 of any other character.
uint8_t hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<uint8_t>(digit - 'a' + 10);
  return 16;
}

/// The hash that has taken in the first block of HMAC: the key, each of its bytes xor `pad`.
Sha256 started_with(const std::array<uint8_t, block_size>& key, uint8_t pad) {
  std::array<uint8_t, block_size> block;
  std::ranges::transform(key, block.begin(), [&](uint8_t byte) { return uint8_t(byte ^ pad); });
  Sha256 hash;
  hash.update(block);
  return hash;
}

std::array<uint8_t, block_size> key_block(base::ByteSpan key) {
  std::array<uint8_t, block_size> block = {};
  if (key.size() > block_size) {
    std::ranges::copy(sha256(key).bytes, block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  return block;
}

}  // namespace

std::string Digest::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (const uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::optional<Digest> Digest::from_hex(std::string_view text) {
  if (text.size() != 2 * size) return std::nullopt;
  Digest digest;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t high = hex_value(text[2 * i]);
    const uint8_t low = hex_value(text[2 * i + 1]);
    if ((high | low) > 15) return std::nullopt;
    digest.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return digest;
}

bool equal_in_constant_time(const Digest& left, const Digest& right) {
  uint8_t difference = 0;
  for (size_t i = 0; i < Digest::size; ++i) {
    difference = static_cast<uint8_t>(difference | (left.bytes[i] ^ right.bytes[i]));
  }
  return difference == 0;
}

Sha256::Sha256(platform::Sha256Blocks compress) : compress_(compress), state_(initial_state) {}

void Sha256::update(base::ByteSpan bytes) {
  if (bytes.empty()) return;
  size_bytes_ += bytes.size();
  if (pending_size_ != 0) {
    const size_t taken = std::min(bytes.size(), block_size - pending_size_);
    std::memcpy(&pending_[pending_size_], bytes.data(), taken);
    pending_size_ += taken;
    bytes = bytes.subspan(taken);
    if (pending_size_ < block_size) return;
    compress_(state_, pending_.data(), 1);
    pending_size_ = 0;
  }
  const size_t blocks = bytes.size() / block_size;
  if (blocks != 0) compress_(state_, bytes.data(), blocks);
  bytes = bytes.subspan(blocks * block_size);
  if (!bytes.empty()) std::memcpy(pending_.data(), bytes.data(), bytes.size());
  pending_size_ = bytes.size();
}

Digest Sha256::finish() {
  const uint64_t size_bits = size_bytes_ * 8;
  // A one bit, zeros, and the length in the last eight bytes of a block.
  std::array<uint8_t, 2 * block_size> tail = {0x80};
  const size_t zeros_end = (pending_size_ < 56 ? 56 : 120) - pending_size_;
  base::store_le(&tail[zeros_end], std::byteswap(size_bits));
  update(base::ByteSpan(tail).first(zeros_end + 8));
  Digest digest;
  for (size_t i = 0; i < state_.size(); ++i) {
    base::store_le(&digest.bytes[4 * i], std::byteswap(state_[i]));
  }
  *this = Sha256(compress_);
  return digest;
}

Digest sha256(base::ByteSpan bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

HmacSha256::HmacSha256(base::ByteSpan key)
    : inner_start_(started_with(key_block(key), 0x36)),
      outer_start_(started_with(key_block(key), 0x5c)),
      inner_(inner_start_) {}

Digest HmacSha256::finish() {
  Sha256 outer = outer_start_;
  outer.update(inner_.finish().bytes);
  inner_ = inner_start_;
  return outer.finish();
}

Digest hmac_sha256(base::ByteSpan key, base::ByteSpan bytes) {
  HmacSha256 code(key);
  code.update(bytes);
  return code.finish();
}

}  // namespace waxwing::cache
