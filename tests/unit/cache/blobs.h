// Keys, blobs and failures, in short.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "cache/store.h"

namespace waxwing::cache {

inline Digest key_of(std::string_view name) { return sha256(base::as_bytes(name)); }
inline Digest key_of(size_t number) { return key_of(std::to_string(number)); }

inline Blob blob_of(std::string_view text) {
  return Blob::own(std::vector<uint8_t>(text.begin(), text.end()));
}

/// Bytes that tell which key they belong to.
inline Blob blob_for(const Digest& key, size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<uint8_t>(key.bytes[i % Digest::size] + i / Digest::size);
  }
  return Blob::own(std::move(bytes));
}

inline std::string text_of(const Blob& blob) {
  return blob ? std::string(base::as_text(blob.bytes())) : "(none)";
}

/// The bytes in words: "(none)" for a miss, else what went wrong.
inline std::string text_of(const StoreResult<Blob>& blob) {
  return blob ? text_of(*blob) : "(" + std::string(store_fault_name(blob.error().fault)) + ")";
}

/// "" where nothing went wrong.
template <typename T>
std::string fault_of(const StoreResult<T>& result) {
  return result ? "" : std::string(store_fault_name(result.error().fault));
}

template <typename T>
std::string message_of(const StoreResult<T>& result) {
  return result ? "" : result.error().message();
}

}  // namespace waxwing::cache
