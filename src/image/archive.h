// Fields to bytes and back: two archives with the same methods, so that one description of a
// structure serves both directions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/fallible.h"
#include "image/format.h"

namespace waxwing::image {

/// Bytes that fields refer to, in `content` or `memory`.
struct BytesPlace {
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  SectionId section = SectionId::content;
};

/// Gives bytes that fields refer to a place, in the order in which they are asked for.
class ContentPlaces {
 public:
  /// The place of `bytes`, which must stay until the image is written. Bytes that begin at the same
  /// address and are as many have one place.
  BytesPlace put(base::ByteSpan bytes) {
    if (bytes.empty()) return {};
    const auto known = places_.find(bytes.data());
    if (known != places_.end() && known->second.size_bytes == bytes.size()) return known->second;
    const BytesPlace place{.offset = size_bytes_, .size_bytes = bytes.size()};
    pieces_.push_back(bytes);
    size_bytes_ += bytes.size();
    places_.insert_or_assign(bytes.data(), place);
    return place;
  }
  /// `bytes`, which are not empty, have that place already.
  void note(base::ByteSpan bytes, const BytesPlace& place) { places_[bytes.data()] = place; }

  /// What the section `content` is made of.
  const std::vector<base::ByteSpan>& pieces() const { return pieces_; }

 private:
  std::vector<base::ByteSpan> pieces_;
  std::unordered_map<const uint8_t*, BytesPlace> places_;
  uint64_t size_bytes_ = 0;
};

class OutArchive {
 public:
  static constexpr bool reads = false;

  explicit OutArchive(ContentPlaces& places) : places_(places) {}

  template <typename T>
    requires std::is_integral_v<T>
  void number(const T& value) {
    append({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  void flag(const bool& value) { number(static_cast<uint8_t>(value)); }
  template <typename E>
  void choice(const E& value, E /*last*/) {
    number(static_cast<uint8_t>(value));
  }
  void text(const std::string_view& value) {
    number(static_cast<uint32_t>(value.size()));
    append(base::as_bytes(value));
  }
  void content(const base::ByteSpan& value) {
    const BytesPlace place = places_.put(value);
    flag(place.section == SectionId::memory);
    number(place.offset);
    number(place.size_bytes);
  }
  void content(const std::string_view& value) { content(base::as_bytes(value)); }
  void elem_funcs(const base::FlatVector<syntax::FuncIdx>& funcs) {
    number(static_cast<uint32_t>(funcs.size()));
    elem_funcs_.append(funcs);
  }
  template <typename Items, typename Each>
  void list(const Items& items, size_t /*least_bytes*/, Each each) {
    number(static_cast<uint32_t>(items.size()));
    for (const auto& item : items) each(*this, item);
  }
  template <typename T, typename Each>
  void maybe(const std::optional<T>& value, Each each) {
    flag(value.has_value());
    if (value) each(*this, *value);
  }

  /// There was no memory for all of it; what is there is not to be used.
  bool is_out_of_memory() const { return is_out_of_memory_; }
  base::ByteSpan bytes() const { return bytes_; }
  std::span<const syntax::FuncIdx> all_elem_funcs() const { return elem_funcs_; }

 private:
  void append(base::ByteSpan more) {
    const size_t needed = bytes_.size() + more.size();
    if (needed > bytes_.capacity() &&
        !base::try_reserve(bytes_, std::max(needed, 2 * bytes_.capacity()))) {
      is_out_of_memory_ = true;
    }
    if (!is_out_of_memory_) bytes_.insert(bytes_.end(), more.begin(), more.end());
  }

  ContentPlaces& places_;
  base::FlatVector<syntax::FuncIdx> elem_funcs_;
  std::vector<uint8_t> bytes_;
  bool is_out_of_memory_ = false;
};

/// Reads what an OutArchive wrote, or anything: what is missing or out of range makes `ok` false,
/// and reads as zero from there on.
class InArchive {
 public:
  static constexpr bool reads = true;

  struct Sections {
    base::ByteSpan module;
    base::ByteSpan content;
    base::ByteSpan memory;
    std::span<const syntax::FuncIdx> elem_funcs;
  };
  explicit InArchive(const Sections& sections)
      : rest_(sections.module),
        content_(sections.content),
        memory_(sections.memory),
        elem_funcs_(sections.elem_funcs) {}

  bool ok() const { return ok_; }
  bool is_at_end() const { return rest_.empty() && elem_funcs_.empty(); }
  bool is_out_of_memory() const { return is_out_of_memory_; }
  /// What was read makes no sense.
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  template <typename T>
    requires std::is_integral_v<T>
  void number(T& value) {
    value = 0;
    const base::ByteSpan bytes = take(sizeof value);
    if (!bytes.empty()) value = base::load_le<T>(bytes.data());
  }
  void flag(bool& value) {
    uint8_t number_read = 0;
    number(number_read);
    value = number_read == 1;
    if (number_read > 1) fail();
  }
  /// One of the values up to `last`.
  template <typename E>
  void choice(E& value, E last) {
    uint8_t number_read = 0;
    number(number_read);
    if (number_read > static_cast<uint8_t>(last)) fail();
    value = ok_ ? static_cast<E>(number_read) : E();
  }
  void text(std::string_view& value) {
    uint32_t size = 0;
    number(size);
    value = base::as_text(take(size));
  }
  void content(base::ByteSpan& value) {
    bool is_memory = false;
    uint64_t offset = 0;
    uint64_t size = 0;
    flag(is_memory);
    number(offset);
    number(size);
    const base::ByteSpan section = is_memory ? memory_ : content_;
    if (offset > section.size() || size > section.size() - offset) return fail();
    value = section.subspan(offset, size);
  }
  void content(std::string_view& value) {
    base::ByteSpan bytes;
    content(bytes);
    value = base::as_text(bytes);
  }
  /// The next functions of the section.
  void elem_funcs(base::FlatVector<syntax::FuncIdx>& funcs) {
    uint32_t count = 0;
    number(count);
    if (count > elem_funcs_.size()) return fail();
    funcs = base::FlatVector<syntax::FuncIdx>::view(elem_funcs_.first(count));
    elem_funcs_ = elem_funcs_.subspan(count);
  }
  /// `least_bytes`, not 0, is what an item takes at least: no count is believed for which there are
  /// no bytes.
  template <typename Items, typename Each>
  void list(Items& items, size_t least_bytes, Each each) {
    uint32_t count = 0;
    number(count);
    if (count > rest_.size() / least_bytes) return fail();
    if (!make_room(items, count)) {
      is_out_of_memory_ = true;
      return fail();
    }
    for (auto& item : items) {
      each(*this, item);
      if (!ok_) return;
    }
  }
  template <typename T, typename Each>
  void maybe(std::optional<T>& value, Each each) {
    bool is_there = false;
    flag(is_there);
    if (is_there) each(*this, value.emplace());
  }

 private:
  template <typename T>
  static bool make_room(std::vector<T>& items, size_t count) {
    if (!base::try_reserve(items, count)) return false;
    items.resize(count);
    return true;
  }
  template <typename Id, typename T>
  static bool make_room(base::IndexVector<Id, T>& items, size_t count) {
    std::vector<T> room;
    if (!make_room(room, count)) return false;
    items = base::IndexVector<Id, T>(std::move(room));
    return true;
  }

  base::ByteSpan take(size_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const base::ByteSpan bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }

  base::ByteSpan rest_;
  base::ByteSpan content_;
  base::ByteSpan memory_;
  std::span<const syntax::FuncIdx> elem_funcs_;
  bool ok_ = true;
  bool is_out_of_memory_ = false;
};

}  // namespace waxwing::image
