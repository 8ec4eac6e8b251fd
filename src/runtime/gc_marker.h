// Finds what can be reached: a stack of objects to look into, bounded in memory.
#pragma once

#include <cstdint>
#include <span>

#include "platform/virtual_memory.h"
#include "runtime/gc_space.h"
#include "runtime/type_registry.h"

namespace waxwing::runtime {

class GcMarker {
 public:
  GcMarker(GcSpace& space, const TypeRegistry& types) : space_(space), types_(types) {}

  /// For a word that may be anything. REQUIRES: the space's runs are retired.
  void mark_word(uint64_t word) {
    if (space_.is_object(word)) mark_object(word);
  }
  void mark_words(std::span<const uint64_t> words) {
    for (const uint64_t word : words) mark_word(word);
  }
  /// For the bits of a reference of any type.
  void mark_ref(uint64_t ref) {
    if (space_.is_inside(ref)) mark_object(ref);
  }
  /// Looks into marked objects, at about `bytes` of them, in pieces so small that the time of one
  /// does not count. False when nothing is left.
  bool scan(uint64_t bytes);

 private:
  /// An object whose references from number `next` on have not been looked at.
  struct Entry {
    Object* object;
    uint32_t next;
  };
  static constexpr uint32_t max_entries = 1u << 18;
  static constexpr uint32_t slice_refs = 256;

  void mark_object(uint64_t ref) {
    if (space_.mark(ref)) push(reinterpret_cast<Object*>(ref));
  }
  void push(Object* object);
  void push_entry(Entry entry);
  bool reserve();
  uint64_t scan_entry(Entry entry);

  GcSpace& space_;
  const TypeRegistry& types_;
  Entry* entries_ = nullptr;
  uint32_t count_ = 0;
  bool is_reserved_ = false;
  platform::Reservation memory_;
};

}  // namespace waxwing::runtime
