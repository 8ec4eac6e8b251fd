// A hash table from groups, written as words, to the first id of the group.
#include "syntax/type_canonicalizer.h"

#include <algorithm>
#include <chrono>

namespace waxwing::syntax {
namespace {

constexpr uint64_t odd_constant = 0x9e3779b97f4a7c15u;

/// Words that no `ValType` has: its kinds end well before 15.
constexpr uint32_t member_kind = 0xf;

/// Writes one group; indices of the group's own members become places in the group, marked as such.
class KeyWriter {
 public:
  KeyWriter(std::vector<uint32_t>& words, TypeIdx first) : words_(words), first_(first.value) {}

  void write(const SubType& type) {
    const uint32_t form = uint32_t(type.composite.index());
    words_.push_back(form << 2 | (type.super ? 2 : 0) | (type.is_final ? 1 : 0));
    if (type.super) write_index(*type.super);
    if (const FuncType* func = type.func()) {
      words_.push_back(uint32_t(func->params.size()));
      words_.push_back(uint32_t(func->results.size()));
      for (ValType value : func->params) write_value(value);
      for (ValType value : func->results) write_value(value);
    } else if (const StructType* structure = type.structure()) {
      words_.push_back(uint32_t(structure->fields.size()));
      for (const FieldType& field : structure->fields) write_field(field);
    } else {
      write_field(std::get<ArrayType>(type.composite).element);
    }
  }

 private:
  void write_index(TypeIdx index) {
    words_.push_back(index.value >= first_ ? 1 : 0);
    words_.push_back(index.value >= first_ ? index.value - first_ : index.value);
  }

  void write_value(ValType value) {
    if (value.is_ref() && value.heap().is_index() && value.heap().index().value >= first_) {
      words_.push_back(member_kind | (value.is_nullable() ? 0x10 : 0));
      words_.push_back(value.heap().index().value - first_);
    } else {
      words_.push_back(value.bits());
    }
  }

  void write_field(const FieldType& field) {
    words_.push_back(field.is_mutable ? 1 : 0);
    write_value(field.storage);
  }

  std::vector<uint32_t>& words_;
  uint32_t first_;
};

uint64_t mixed(uint64_t value) {
  value ^= value >> 32;
  value *= odd_constant;
  return value ^ value >> 29;
}

}  // namespace

// The clock and the address differ from run to run; nothing but the order of probing depends on
// them.
TypeCanonicalizer::TypeCanonicalizer()
    : slots_(64),
      seed_(mixed(uint64_t(std::chrono::steady_clock::now().time_since_epoch().count())) ^
            mixed(uint64_t(reinterpret_cast<uintptr_t>(this)))) {}

uint64_t TypeCanonicalizer::hash_of(std::span<const uint32_t> words) const {
  __extension__ using Wide = unsigned __int128;
  const uint64_t factor = seed_ | 1;
  uint64_t hash = mixed(seed_ ^ words.size());
  const auto take = [&](uint64_t value) {
    const Wide product = Wide{hash ^ value} * factor;
    hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  size_t i = 0;
  for (; i + 1 < words.size(); i += 2) take(uint64_t{words[i + 1]} << 32 | words[i]);
  if (i < words.size()) take(words[i]);
  return mixed(hash);
}

void TypeCanonicalizer::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t slot = entries_[i].hash & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = uint32_t(i + 1);
  }
}

TypeIdx TypeCanonicalizer::intern(std::span<const SubType> group, TypeIdx first,
                                  const base::StopFlag* stop) {
  const size_t begin = words_.size();
  KeyWriter writer(words_, first);
  for (const SubType& type : group) {
    if (base::is_stopped(stop)) [[unlikely]] {
      words_.resize(begin);
      return first;
    }
    writer.write(type);
  }
  const std::span<const uint32_t> key = std::span<const uint32_t>(words_).subspan(begin);
  const uint64_t hash = hash_of(key);

  size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    const Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash != hash || entry.words_count != key.size()) continue;
    if (std::equal(key.begin(), key.end(), words_.begin() + ptrdiff_t(entry.words_begin))) {
      words_.resize(begin);
      return entry.first;
    }
  }
  entries_.push_back({hash, begin, key.size(), first});
  slots_[slot] = uint32_t(entries_.size());
  if (entries_.size() * 2 > slots_.size()) grow();
  return first;
}

}  // namespace waxwing::syntax
