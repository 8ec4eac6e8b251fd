// Types in chunks that never move, so that readers need no lock; writers take one.
#include "runtime/type_registry.h"

#include <array>
#include <atomic>
#include <bit>
#include <span>

#include "base/check.h"
#include "syntax/limits.h"
#include "syntax/subtyping.h"
#include "syntax/type_canonicalizer.h"

namespace waxwing::runtime {
namespace {

using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::SubType;
using syntax::TypeIdx;
using syntax::ValType;

/// A `ValType` holds no larger index. So many distinct types take some 10 GB.
constexpr uint32_t max_type_ids = (1u << 27) - 64;

/// Grows by chunks of doubling size; elements do not move, and reading one takes no lock.
template <typename T>
class ChunkedStore {
 public:
  ChunkedStore() = default;
  ChunkedStore(const ChunkedStore&) = delete;
  ChunkedStore& operator=(const ChunkedStore&) = delete;
  ~ChunkedStore() {
    for (std::atomic<T*>& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  }

  const T& operator[](uint32_t index) const {
    const Place place(index);
    return chunks_[place.chunk].load(std::memory_order_acquire)[place.offset];
  }

  uint32_t size() const { return size_; }

  /// REQUIRES: one writer at a time.
  void push_back(T type) {
    const Place place(size_);
    if (place.offset == 0) {
      chunks_[place.chunk].store(new T[place.chunk_size], std::memory_order_release);
    }
    chunks_[place.chunk].load(std::memory_order_relaxed)[place.offset] = std::move(type);
    ++size_;
  }

 private:
  static constexpr uint32_t first_chunk_log2 = 6;

  /// Chunk k holds the indices from first << k minus first, and first << k of them.
  struct Place {
    explicit Place(uint32_t index) {
      const uint32_t shifted = index + (1u << first_chunk_log2);
      const uint32_t log2 = uint32_t(std::bit_width(shifted)) - 1;
      chunk = log2 - first_chunk_log2;
      chunk_size = 1u << log2;
      offset = shifted - chunk_size;
    }
    uint32_t chunk;
    uint32_t chunk_size;
    uint32_t offset;
  };

  std::array<std::atomic<T*>, 32 - first_chunk_log2> chunks_{};
  uint32_t size_ = 0;
};

AbstractHeap kind_of(const SubType& type) {
  if (type.func()) return AbstractHeap::func;
  return type.structure() ? AbstractHeap::struct_ : AbstractHeap::array;
}

}  // namespace

struct TypeRegistry::State {
  std::mutex mutex;  // held by writers
  ChunkedStore<SubType> types;
  ChunkedStore<TypeInfo> infos;
  syntax::TypeCanonicalizer canonicalizer;

  /// The id of the first type of `group`, whose indices are engine-wide, its own members' from
  /// types.size() on. Takes the types where they are new.
  TypeId intern(std::span<SubType> group) {
    CHECK(group.size() <= max_type_ids - types.size());
    const TypeIdx first(types.size());
    const TypeIdx found = canonicalizer.intern(group, first);
    if (found == first) {
      // A supertype is always an earlier type.
      for (SubType& type : group) {
        const TypeInfo* super = type.super ? &infos[type.super->value] : nullptr;
        infos.push_back(make_type_info(TypeId(types.size()), type, super));
        types.push_back(std::move(type));
      }
    }
    return TypeId(found.value);
  }

  bool is_heap_subtype(HeapType sub, HeapType super) const {
    if (sub == super) return true;
    if (sub.is_index() && super.is_index())
      return is_declared_subtype(sub.index().value, super.index().value);
    if (sub.is_index())
      return syntax::is_abstract_subtype(kind_of(types[sub.index().value]), super.abstract());
    if (super.is_index()) {
      const AbstractHeap top = syntax::top_of_abstract(kind_of(types[super.index().value]));
      return syntax::is_below_concrete(sub.abstract(), top);
    }
    return syntax::is_abstract_subtype(sub.abstract(), super.abstract());
  }

  bool is_declared_subtype(uint32_t sub, uint32_t super) const {
    return sub == super ||
           (sub > super && infos[sub].is_below(TypeId(super), infos[super].supertypes.size() - 1));
  }
};

TypeRegistry::TypeRegistry() : state_(std::make_unique<State>()) {}
TypeRegistry::~TypeRegistry() = default;

base::IndexVector<TypeIdx, TypeId> TypeRegistry::add_module(const syntax::Module& module) {
  base::IndexVector<TypeIdx, TypeId> ids(module.types.size());
  std::vector<SubType> types;
  const std::lock_guard lock(state_->mutex);
  for (const syntax::RecGroup& group : module.rec_groups) {
    const uint32_t first = group.first.value;
    const TypeIdx canonical = module.canonical_types[group.first];
    TypeId id;
    if (canonical != group.first) {
      id = ids[canonical];
    } else {
      types.clear();
      const uint32_t next_id = state_->types.size();
      for (uint32_t i = 0; i < group.count; ++i) {
        types.push_back(module.types[TypeIdx(first + i)]);
        syntax::map_type_indices(types.back(), [&](TypeIdx index) {
          return TypeIdx(index.value >= first ? next_id + (index.value - first) : ids[index].value);
        });
      }
      id = state_->intern(types);
    }
    for (uint32_t i = 0; i < group.count; ++i) ids[TypeIdx(first + i)] = TypeId(id.value + i);
  }
  return ids;
}

TypeId TypeRegistry::add_func_type(const syntax::FuncType& type) {
  SubType alone{.is_final = true, .super = std::nullopt, .composite = type};
  const std::lock_guard lock(state_->mutex);
  return state_->intern({&alone, 1});
}

bool TypeRegistry::has(TypeId id) const {
  const std::lock_guard lock(state_->mutex);
  return id.value < state_->types.size();
}

const syntax::FuncType& TypeRegistry::func_type(TypeId id) const {
  return *state_->types[id.value].func();
}

const TypeInfo& TypeRegistry::info(TypeId id) const { return state_->infos[id.value]; }

base::IndexVector<TypeIdx, const TypeInfo*> TypeRegistry::infos(
    const base::IndexVector<TypeIdx, TypeId>& ids) const {
  base::IndexVector<TypeIdx, const TypeInfo*> infos(ids.size());
  for (uint32_t i = 0; i < ids.size(); ++i) infos[TypeIdx(i)] = &info(ids[TypeIdx(i)]);
  return infos;
}

bool TypeRegistry::is_subtype(TypeId sub, TypeId super) const {
  return state_->is_declared_subtype(sub.value, super.value);
}

bool TypeRegistry::is_subtype(HeapType sub, HeapType super) const {
  return state_->is_heap_subtype(sub, super);
}

bool TypeRegistry::is_subtype(ValType sub, ValType super) const {
  if (sub == super || sub.kind() == syntax::ValKind::bottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.is_nullable() && !super.is_nullable()) return false;
  return state_->is_heap_subtype(sub.heap(), super.heap());
}

ValType engine_wide(ValType type, const base::IndexVector<TypeIdx, TypeId>& ids) {
  if (!type.is_ref() || !type.heap().is_index()) return type;
  return ValType::ref(type.is_nullable(), HeapType(TypeIdx(ids[type.heap().index()].value)));
}

}  // namespace waxwing::runtime
