// The vectors of wasm.h: arrays of the C heap, so that a size that no memory is there for is no
// abort.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "wasm.h"

namespace waxwing::c_api {

/// `size` elements that are zero; an empty vector where there is no memory for them.
template <typename Vec>
void vec_allocate(Vec* out, size_t size) {
  using Element = std::remove_reference_t<decltype(*out->data)>;
  const bool is_possible = size != 0 && size <= PTRDIFF_MAX / sizeof(Element);
  out->data = is_possible ? static_cast<Element*>(std::calloc(size, sizeof(Element))) : nullptr;
  out->size = out->data ? size : 0;
}

/// The elements of a vector that may be null.
template <typename Vec>
auto elements(const Vec* vec) {
  using Element = std::remove_reference_t<decltype(*vec->data)>;
  return vec && vec->data ? std::span<Element>(vec->data, vec->size) : std::span<Element>();
}

inline std::string_view to_view(const wasm_byte_vec_t* bytes) {
  const auto span = elements(bytes);
  return {span.data(), span.size()};
}

/// Copies `text`, and a final zero where `is_terminated`.
void bytes_from(wasm_byte_vec_t* out, std::string_view text, bool is_terminated = false);

}  // namespace waxwing::c_api
