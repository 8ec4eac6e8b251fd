// Finds equal recursive type groups: iso-recursive equality by hashing, for one module or a whole
// engine. [spec 3.1.3]
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/stop_flag.h"
#include "syntax/types.h"

namespace waxwing::syntax {

/// A set of recursive groups, each known by the id of its first member; member i of a group has the
/// id first + i.
///
/// The caller numbers the types. It offers a group as it would be numbered if it were new: `first`
/// is the id that its first member would get, and in the group's types (supertypes, reference
/// types)
///   - an index in [first, first + group.size()) means a member of the group itself,
///   - an index below `first` means a type offered before, by its canonical id: the one that
///   `intern` gave.
/// Since earlier types are already canonical, and members are known by their place, two groups are
/// equal exactly when their types are equal word for word.
///
/// Within a module ids are type indices, and `first` grows by each group's size, whether it was new
/// or not. A registry across modules takes each group of a module (its indices are canonical within
/// the module), replaces every index with `map_type_indices` (the group's own member i: next_id +
/// i; all others: the engine's id of that type), and calls intern(group, next_id); where that
/// returns next_id the group is new: it keeps the types, and next_id grows by the group's size.
/// Otherwise the group's ids are the ones from the returned id on, and next_id stays.
///
/// Not thread-safe. Keeps about one 4-byte word for each type, field, parameter and result of each
/// distinct group.
class TypeCanonicalizer {
 public:
  TypeCanonicalizer();

  /// The id of the first member of the group that equals `group`: `first` if there was none, which
  /// adds it. Linear in the size of `group`, on average. REQUIRES: the indices are as told above;
  /// `first` is above all ids before. Where it is stopped it returns `first`, and adds nothing.
  TypeIdx intern(std::span<const SubType> group, TypeIdx first,
                 const base::StopFlag* stop = nullptr);

 private:
  struct Entry {
    uint64_t hash = 0;
    size_t words_begin = 0;
    size_t words_count = 0;
    TypeIdx first;
  };

  uint64_t hash_of(std::span<const uint32_t> words) const;
  void grow();

  std::vector<uint32_t>
      words_;  // the keys of all entries, and behind them the key that is being looked up
  std::vector<Entry> entries_;
  std::vector<uint32_t>
      slots_;      // open addressing: index into entries_ plus 1; 0 is free. A power of two
  uint64_t seed_;  // so that no module can be made to collide
};

/// Replaces every type index in `type` by `map(index)`: its supertype, and the heap types of its
/// references.
template <typename Map>
void map_type_indices(SubType& type, Map map) {
  const auto map_value = [&](ValType& value) {
    if (value.is_ref() && value.heap().is_index()) {
      value = ValType::ref(value.is_nullable(), HeapType(TypeIdx(map(value.heap().index()))));
    }
  };
  if (type.super) type.super = map(*type.super);
  if (FuncType* func = std::get_if<FuncType>(&type.composite)) {
    for (ValType& value : func->params) map_value(value);
    for (ValType& value : func->results) map_value(value);
  } else if (StructType* structure = std::get_if<StructType>(&type.composite)) {
    for (FieldType& field : structure->fields) map_value(field.storage);
  } else {
    map_value(std::get<ArrayType>(type.composite).element.storage);
  }
}

}  // namespace waxwing::syntax
