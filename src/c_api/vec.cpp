#include "c_api/vec.h"

#include <algorithm>
#include <cstdint>

namespace waxwing::c_api {
namespace {

void copy_element(wasm_byte_t* out, const wasm_byte_t& from) { *out = from; }
void copy_element(wasm_val_t* out, const wasm_val_t& from) { wasm_val_copy(out, &from); }
void delete_element(wasm_byte_t& /*byte*/) {}
void delete_element(wasm_val_t& value) { wasm_val_delete(&value); }

#define POINTER_VEC(name)                                                 \
  void copy_element(wasm_##name##_t** out, const wasm_##name##_t* from) { \
    *out = from ? wasm_##name##_copy(from) : nullptr;                     \
  }                                                                       \
  void delete_element(wasm_##name##_t* element) { wasm_##name##_delete(element); }
#include "c_api/names.def"

template <typename Vec>
void vec_delete(Vec* vec) {
  if (!vec) return;
  for (auto& element : elements(vec)) delete_element(element);
  std::free(static_cast<void*>(vec->data));
  *vec = {.size = 0, .data = nullptr};
}

template <typename Vec, typename Element>
void vec_new(Vec* out, size_t size, const Element* from) {
  if (!out) return;
  vec_allocate(out, size);
  if (!from) return;
  if (out->size == size) {
    std::copy_n(from, size, out->data);
  } else if (size <= PTRDIFF_MAX / sizeof(void*)) {  // no array has more
    for (size_t i = 0; i < size; ++i) {
      Element element = from[i];
      delete_element(element);
    }
  }
}

template <typename Vec>
void vec_copy(Vec* out, const Vec* from) {
  if (!out) return;
  const auto source = elements(from);
  vec_allocate(out, source.size());
  for (size_t i = 0; i < out->size; ++i) copy_element(&out->data[i], source[i]);
}

}  // namespace

void bytes_from(wasm_byte_vec_t* out, std::string_view text, bool is_terminated) {
  vec_allocate(out, text.size() + (is_terminated ? 1 : 0));
  if (out->size != 0) std::copy_n(text.data(), text.size(), out->data);
}

}  // namespace waxwing::c_api

using waxwing::c_api::vec_allocate;
using waxwing::c_api::vec_copy;
using waxwing::c_api::vec_delete;
using waxwing::c_api::vec_new;

#define VEC(name, element)                                                                      \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) {                                  \
    if (out) *out = {.size = 0, .data = nullptr};                                               \
  }                                                                                             \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {             \
    if (out) vec_allocate(out, size);                                                           \
  }                                                                                             \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, element const elements[]) { \
    vec_new(out, size, elements);                                                               \
  }                                                                                             \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {      \
    vec_copy(out, from);                                                                        \
  }                                                                                             \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vec) { vec_delete(vec); }
#define POINTER_VEC(name) VEC(name, wasm_##name##_t*)

VEC(byte, wasm_byte_t)
VEC(val, wasm_val_t)
#include "c_api/names.def"
