// What follows from a type's definition.
#include "runtime/type_info.h"

#include "runtime/heap_object.h"

namespace waxwing::runtime {
namespace {

void lay_out(TypeInfo& info, const syntax::StructType& type) {
  const abi::StructLayout layout = abi::lay_out(type);
  info.all_words = true;
  info.fields.reserve(type.fields.size());
  for (size_t i = 0; i < type.fields.size(); ++i) {
    const syntax::ValKind kind = type.fields[i].storage.kind();
    info.fields.push_back({layout.offsets[i], kind});
    if (kind == syntax::ValKind::ref) info.ref_offsets.push_back(layout.offsets[i]);
    if (abi::storage_size_log2(kind) != 3) info.all_words = false;
  }
  info.size_bytes = static_cast<uint32_t>(object_size(layout.end));
  info.has_refs = !info.ref_offsets.empty();
}

/// An exception holds what a function of the tag's type takes.
void lay_out(TypeInfo& info, const syntax::FuncType& type) {
  uint32_t offset = exception_payload;
  for (const syntax::ValType param : type.params) {
    if (param.is_ref()) info.ref_offsets.push_back(offset);
    offset += param.slot_count() * static_cast<uint32_t>(sizeof(Slot));
  }
  info.size_bytes = static_cast<uint32_t>(object_size(offset));
  info.has_refs = !info.ref_offsets.empty();
}

}  // namespace

TypeInfo make_type_info(TypeId id, const syntax::SubType& type, const TypeInfo* super) {
  TypeInfo info;
  info.header = header_of(id);
  if (super) {
    info.supertypes.reserve(super->supertypes.size() + 1);
    info.supertypes = super->supertypes;
  }
  info.supertypes.push_back(id);
  if (const syntax::FuncType* func = type.func()) {
    lay_out(info, *func);
  } else if (const syntax::StructType* structure = type.structure()) {
    info.kind = TypeInfo::Kind::structure;
    lay_out(info, *structure);
  } else if (const syntax::ArrayType* array = type.array()) {
    info.kind = TypeInfo::Kind::array;
    info.element = array->element.storage.kind();
    info.element_size_log2 = storage_size_log2(info.element);
    info.has_refs = info.element == syntax::ValKind::ref;
  }
  return info;
}

}  // namespace waxwing::runtime
