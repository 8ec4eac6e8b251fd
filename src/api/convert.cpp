// Conversions, one switch or table each: what the public API lacks of a table below does not
// compile.
#include "api/convert.h"

#include <algorithm>
#include <utility>

namespace waxwing::api {

using syntax::AbstractHeap;
using syntax::ValKind;

namespace {

/// The codes that programs decide by, for the many that the layers below have.
ErrorCode code_of(base::ErrorCode code) {
  using Inner = base::ErrorCode;
  switch (base::error_class(code)) {
    case base::ErrorClass::malformed: return ErrorCode::malformed;
    case base::ErrorClass::invalid: return ErrorCode::invalid;
    case base::ErrorClass::unlinkable: return ErrorCode::unlinkable;
    case base::ErrorClass::limit:
      if (code == Inner::implementation_limit) return ErrorCode::implementation;
      if (code == Inner::resource_limit) return ErrorCode::resource_limit;
      if (code == Inner::out_of_memory) return ErrorCode::out_of_memory;
      return ErrorCode::unsupported;
    case base::ErrorClass::host: break;
  }
  if (code == Inner::not_found) return ErrorCode::not_found;
  if (code == Inner::io_error) return ErrorCode::io;
  if (code == Inner::wrong_type) return ErrorCode::wrong_type;
  if (code == Inner::not_cached) return ErrorCode::not_cached;
  return ErrorCode::invalid_argument;
}

HeapKind heap_of(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func: return HeapKind::func;
    case AbstractHeap::extern_: return HeapKind::extern_;
    case AbstractHeap::any: return HeapKind::any;
    case AbstractHeap::eq: return HeapKind::eq;
    case AbstractHeap::i31: return HeapKind::i31;
    case AbstractHeap::struct_: return HeapKind::struct_;
    case AbstractHeap::array: return HeapKind::array;
    case AbstractHeap::exn: return HeapKind::exn;
    case AbstractHeap::none: return HeapKind::none;
    case AbstractHeap::nofunc: return HeapKind::nofunc;
    case AbstractHeap::noextern: return HeapKind::noextern;
    case AbstractHeap::noexn:
    case AbstractHeap::bottom: break;
  }
  return HeapKind::noexn;
}

AbstractHeap heap_of(HeapKind heap) {
  switch (heap) {
    case HeapKind::func: return AbstractHeap::func;
    case HeapKind::extern_: return AbstractHeap::extern_;
    case HeapKind::any: return AbstractHeap::any;
    case HeapKind::eq: return AbstractHeap::eq;
    case HeapKind::i31: return AbstractHeap::i31;
    case HeapKind::struct_: return AbstractHeap::struct_;
    case HeapKind::array: return AbstractHeap::array;
    case HeapKind::exn: return AbstractHeap::exn;
    case HeapKind::none: return AbstractHeap::none;
    case HeapKind::nofunc: return AbstractHeap::nofunc;
    case HeapKind::noextern: return AbstractHeap::noextern;
    case HeapKind::noexn:
    case HeapKind::concrete: break;
  }
  return AbstractHeap::noexn;
}

template <typename To, typename From>
std::vector<To> each(const std::vector<From>& from) {
  std::vector<To> to;
  to.reserve(from.size());
  for (const From& item : from) {
    if constexpr (std::is_same_v<To, ValType>)
      to.push_back(to_public(item));
    else
      to.push_back(to_internal(item));
  }
  return to;
}

TagType tag_type(const syntax::Module& module, const syntax::TagType& tag) {
  return {each<ValType>(module.types[tag.type].func()->params)};
}

}  // namespace

Error to_public(const base::Error& error) {
  // As of a call that was stopped: the trap says by what.
  const auto stopped = [&](TrapCode code) {
    return Error(Trap{.code = code, .detail = "while a module was compiled", .frames = {}});
  };
  if (error.code == base::ErrorCode::interrupted) return stopped(TrapCode::interrupted);
  if (error.code == base::ErrorCode::deadline_exceeded) return stopped(TrapCode::deadline_exceeded);
  std::optional<uint64_t> offset;
  if (error.offset != base::Error::no_offset) offset = error.offset;
  return {code_of(error.code), error.message(), offset};
}

TrapCode to_public(syntax::TrapCode code) {
  switch (code) {
#define TRAP(ID, TEXT) \
  case syntax::TrapCode::ID: return TrapCode::ID;
#include "syntax/traps.def"
    case syntax::TrapCode::none: break;
  }
  return TrapCode::host_error;
}

syntax::TrapCode to_internal(TrapCode code) {
  switch (code) {
#define TRAP(ID, TEXT) \
  case TrapCode::ID: return syntax::TrapCode::ID;
#include "syntax/traps.def"
  }
  return syntax::TrapCode::host_error;
}

Trap to_public(runtime::Trap trap) {
  Trap result{.code = to_public(trap.code),
              .detail = std::move(trap.detail),
              .exit_status = trap.exit_status,
              .frames = {}};
  result.frames.reserve(trap.frames.size());
  for (runtime::Frame& frame : trap.frames) {
    result.frames.push_back({.module = std::move(frame.module),
                             .func_index = frame.func.value,
                             .func_name = std::move(frame.name),
                             .offset = frame.offset,
                             .module_data = std::move(frame.loaded)});
  }
  return result;
}

ValType to_public(syntax::ValType type) {
  switch (type.kind()) {
    case ValKind::i32:
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: return waxwing::ValKind::i32;
    case ValKind::i64: return waxwing::ValKind::i64;
    case ValKind::f32: return waxwing::ValKind::f32;
    case ValKind::f64: return waxwing::ValKind::f64;
    case ValKind::v128: return waxwing::ValKind::v128;
    case ValKind::ref: break;
  }
  const syntax::HeapType heap = type.heap();
  return heap.is_index() ? ValType::concrete(heap.index().value, type.is_nullable())
                         : ValType::ref(heap_of(heap.abstract()), type.is_nullable());
}

syntax::ValType to_internal(ValType type) {
  switch (type.kind()) {
    case waxwing::ValKind::i32: return syntax::i32_type;
    case waxwing::ValKind::i64: return syntax::i64_type;
    case waxwing::ValKind::f32: return syntax::f32_type;
    case waxwing::ValKind::f64: return syntax::f64_type;
    case waxwing::ValKind::v128: return syntax::v128_type;
    case waxwing::ValKind::ref: break;
  }
  const syntax::HeapType heap = type.heap() == HeapKind::concrete
                                    ? syntax::HeapType(syntax::TypeIdx(type.type_index()))
                                    : syntax::HeapType(heap_of(type.heap()));
  return syntax::ValType::ref(type.is_nullable(), heap);
}

FuncType to_public(const syntax::FuncType& type) {
  return {each<ValType>(type.params), each<ValType>(type.results)};
}
syntax::FuncType to_internal(const FuncType& type) {
  return {each<syntax::ValType>(type.params), each<syntax::ValType>(type.results)};
}

MemoryType to_public(const syntax::MemoryType& type) {
  return {.min_pages = type.limits_pages.min,
          .max_pages = type.limits_pages.max,
          .is_64 = type.address == syntax::AddressType::i64,
          .is_shared = type.is_shared,
          .page_size_log2 = type.page_size_log2};
}
syntax::MemoryType to_internal(const MemoryType& type) {
  return {.limits_pages = {.min = type.min_pages, .max = type.max_pages},
          .address = type.is_64 ? syntax::AddressType::i64 : syntax::AddressType::i32,
          .is_shared = type.is_shared,
          .page_size_log2 = type.page_size_log2};
}

TableType to_public(const syntax::TableType& type) {
  return {.element = to_public(type.element),
          .min = type.limits.min,
          .max = type.limits.max,
          .is_64 = type.address == syntax::AddressType::i64};
}
syntax::TableType to_internal(const TableType& type) {
  return {.element = to_internal(type.element),
          .limits = {.min = type.min, .max = type.max},
          .address = type.is_64 ? syntax::AddressType::i64 : syntax::AddressType::i32};
}

GlobalType to_public(const syntax::GlobalType& type) {
  return {.value = to_public(type.value), .is_mutable = type.is_mutable};
}
syntax::GlobalType to_internal(const GlobalType& type) {
  return {.value = to_internal(type.value), .is_mutable = type.is_mutable};
}

ExternType type_of(const syntax::Module& module, const syntax::Import& import) {
  struct Visitor {
    const syntax::Module& module;
    ExternType operator()(syntax::TypeIdx type) const {
      return to_public(*module.types[type].func());
    }
    ExternType operator()(const syntax::TagType& type) const { return tag_type(module, type); }
    ExternType operator()(const syntax::TableType& type) const { return to_public(type); }
    ExternType operator()(const syntax::MemoryType& type) const { return to_public(type); }
    ExternType operator()(const syntax::GlobalType& type) const { return to_public(type); }
  };
  return std::visit(Visitor{module}, import.type);
}

ExternType type_of(const syntax::Module& module, const syntax::Export& entry) {
  switch (entry.kind) {
    case syntax::ExternKind::func: return to_public(module.func_type(syntax::FuncIdx(entry.index)));
    case syntax::ExternKind::table:
      return to_public(module.tables[syntax::TableIdx(entry.index)].type);
    case syntax::ExternKind::memory: return to_public(module.memories[syntax::MemIdx(entry.index)]);
    case syntax::ExternKind::global:
      return to_public(module.globals[syntax::GlobalIdx(entry.index)].type);
    case syntax::ExternKind::tag: break;
  }
  return tag_type(module, module.tags[syntax::TagIdx(entry.index)]);
}

ExternType engine_wide(ExternType type,
                       const base::IndexVector<syntax::TypeIdx, runtime::TypeId>& ids) {
  const auto translate = [&](ValType& value) {
    if (value.is_ref() && value.heap() == HeapKind::concrete)
      value =
          ValType::concrete(ids[syntax::TypeIdx(value.type_index())].value, value.is_nullable());
  };
  struct Visitor {
    const decltype(translate)& visit;
    void operator()(FuncType& func) const {
      std::ranges::for_each(func.params, visit);
      std::ranges::for_each(func.results, visit);
    }
    void operator()(TableType& table) const { visit(table.element); }
    void operator()(MemoryType&) const {}
    void operator()(GlobalType& global) const { visit(global.value); }
    void operator()(TagType& tag) const { std::ranges::for_each(tag.params, visit); }
  };
  std::visit(Visitor{translate}, type);
  return type;
}

syntax::FeatureSet to_internal(Features features) {
  syntax::FeatureSet set;
#define FEATURE(ID, DEFAULT, TEXT, WHAT) set.set(syntax::Feature::ID, features.has(Feature::ID));
#include "syntax/features.def"
  return set;
}

Features to_public(syntax::FeatureSet set) {
  Features features = Features::of({});
#define FEATURE(ID, DEFAULT, TEXT, WHAT) \
  if (set.has(syntax::Feature::ID)) features = features.with(Feature::ID);
#include "syntax/features.def"
  return features;
}

}  // namespace waxwing::api
