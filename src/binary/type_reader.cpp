// Reads types from their codes, and checks the features that they need.
#include "binary/type_reader.h"

namespace waxwing::binary {

using base::ErrorCode;
using syntax::AbstractHeap;
using syntax::AddressType;
using syntax::Feature;
using syntax::HeapType;
using syntax::TypeIdx;
using syntax::ValKind;
using syntax::ValType;

namespace {

constexpr uint8_t ref_null_code = 0x63;
constexpr uint8_t ref_code = 0x64;

std::optional<AbstractHeap> abstract_heap(uint8_t code) {
  switch (code) {
    case 0x69: return AbstractHeap::exn;
    case 0x6a: return AbstractHeap::array;
    case 0x6b: return AbstractHeap::struct_;
    case 0x6c: return AbstractHeap::i31;
    case 0x6d: return AbstractHeap::eq;
    case 0x6e: return AbstractHeap::any;
    case 0x6f: return AbstractHeap::extern_;
    case 0x70: return AbstractHeap::func;
    case 0x71: return AbstractHeap::none;
    case 0x72: return AbstractHeap::noextern;
    case 0x73: return AbstractHeap::nofunc;
    case 0x74: return AbstractHeap::noexn;
    default: return std::nullopt;
  }
}

Feature feature_of(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func: return Feature::mvp;
    case AbstractHeap::extern_: return Feature::reference_types;
    case AbstractHeap::exn:
    case AbstractHeap::noexn: return Feature::exceptions;
    case AbstractHeap::any:
    case AbstractHeap::eq:
    case AbstractHeap::i31:
    case AbstractHeap::struct_:
    case AbstractHeap::array:
    case AbstractHeap::none:
    case AbstractHeap::nofunc:
    case AbstractHeap::noextern:
    case AbstractHeap::bottom: return Feature::gc;
  }
  return Feature::gc;
}

std::string code_text(uint8_t code) {
  constexpr char digits[] = "0123456789abcdef";
  return std::string("0x") + digits[code >> 4] + digits[code & 0xf];
}

}  // namespace

std::string needs_feature(std::string_view what, Feature feature) {
  return std::string(what).append(" needs the feature ").append(syntax::feature_info(feature).text);
}

bool is_too_long_code(Reader& reader, uint8_t code) {
  if (code < 0x80) return false;
  reader.fail(ErrorCode::integer_too_long, reader.position());
  return true;
}

void TypeReader::need(Feature feature, std::string_view what, uint64_t offset) {
  used_.set(feature, true);
  if (features_.has(feature)) [[likely]]
    return;
  reader_.fail(ErrorCode::feature_disabled, offset, needs_feature(what, feature));
}

void TypeReader::need_for_heap(AbstractHeap heap, uint64_t offset) {
  need(feature_of(heap), "the heap type " + to_string(HeapType(heap)), offset);
}

TypeIdx TypeReader::resolve(uint64_t index, uint64_t offset) {
  const size_t known = module_.canonical_types.size();
  if (index < known) return module_.canonical_types[TypeIdx(size_t(index))];
  if (index < group_end_) return TypeIdx(size_t(index));
  reader_.fail(ErrorCode::unknown_type, offset, std::to_string(index));
  return TypeIdx();
}

TypeIdx TypeReader::type_index() {
  const uint64_t offset = reader_.position();
  const uint32_t index = reader_.u32();
  return reader_.ok() ? resolve(index, offset) : TypeIdx();
}

TypeIdx TypeReader::func_type_index() {
  const uint64_t offset = reader_.position();
  const TypeIdx index = type_index();
  if (reader_.ok() && module_.types[index].func() == nullptr) {
    reader_.fail(ErrorCode::non_function_type, offset, std::to_string(index.value));
  }
  return index;
}

HeapType TypeReader::heap_type() {
  const uint64_t offset = reader_.position();
  const std::optional<AbstractHeap> abstract = abstract_heap(reader_.peek());
  if (abstract) {
    reader_.u8();
    need_for_heap(*abstract, offset);
    return *abstract;
  }
  const int64_t index = reader_.s33();
  if (!reader_.ok()) return {};
  if (index < 0) {
    reader_.fail(ErrorCode::malformed_heap_type, offset);
    return {};
  }
  need(Feature::function_references, "a type index as a heap type", offset);
  return HeapType(resolve(uint64_t(index), offset));
}

ValType TypeReader::ref_type_from(uint8_t code, ErrorCode otherwise) {
  const uint64_t offset = reader_.position() - 1;
  if (const std::optional<AbstractHeap> abstract = abstract_heap(code)) {
    if (*abstract != AbstractHeap::func && *abstract != AbstractHeap::extern_) {
      need_for_heap(*abstract, offset);
    }
    return ValType::ref(true, *abstract);
  }
  if (is_too_long_code(reader_, code)) return {};
  if (code != ref_code && code != ref_null_code) {
    reader_.fail(otherwise, offset, code_text(code));
    return {};
  }
  need(Feature::function_references, "a typed reference", offset);
  return ValType::ref(code == ref_null_code, heap_type());
}

ValType TypeReader::ref_type() {
  const uint64_t offset = reader_.position();
  const uint8_t code = reader_.u8();
  if (!reader_.ok()) return {};
  const ValType type = ref_type_from(code, ErrorCode::malformed_reference_type);
  if (type != syntax::funcref) need(Feature::reference_types, "a type other than funcref", offset);
  return type;
}

ValType TypeReader::val_type() {
  const uint64_t offset = reader_.position();
  const uint8_t code = reader_.u8();
  if (!reader_.ok()) return {};
  switch (code) {
    case 0x7f: return ValKind::i32;
    case 0x7e: return ValKind::i64;
    case 0x7d: return ValKind::f32;
    case 0x7c: return ValKind::f64;
    case 0x7b: need(Feature::simd, "v128", offset); return ValKind::v128;
    default: break;
  }
  const ValType type = ref_type_from(code, ErrorCode::malformed_value_type);
  if (reader_.ok()) need(Feature::reference_types, "a reference as a value", offset);
  return type;
}

ValType TypeReader::storage_type() {
  const uint8_t code = reader_.peek();
  if (code != 0x78 && code != 0x77) return val_type();
  reader_.u8();
  return code == 0x78 ? ValKind::i8 : ValKind::i16;
}

bool TypeReader::is_mutable() {
  const uint64_t offset = reader_.position();
  const uint8_t code = reader_.u8();
  if (code > 1) reader_.fail(ErrorCode::malformed_mutability, offset, code_text(code));
  return code == 1;
}

uint64_t TypeReader::limit() {
  return features_.has(Feature::memory64) ? reader_.u64() : reader_.u32();
}

TypeReader::LimitsForm TypeReader::limits(LimitsOf owner) {
  constexpr uint8_t has_max = 1;
  constexpr uint8_t shared = 2;
  constexpr uint8_t is_64 = 4;
  constexpr uint8_t has_page_size = 8;
  const bool is_memory = owner == LimitsOf::memory;
  const uint64_t offset = reader_.position();
  const uint8_t flags = reader_.u8();
  const bool page_sizes = is_memory && features_.has(Feature::custom_page_sizes);
  const uint8_t allowed =
      has_max | is_64 | (is_memory ? shared : 0) | (page_sizes ? has_page_size : 0);
  if ((flags & ~allowed) != 0) {
    const bool lacks_feature = is_memory && (flags & ~allowed) == has_page_size;
    reader_.fail(ErrorCode::malformed_limits, offset,
                 lacks_feature ? needs_feature("a page size", Feature::custom_page_sizes)
                               : code_text(flags));
    return {};
  }
  LimitsForm form;
  if ((flags & shared) != 0) {
    need(Feature::threads, "a shared memory", offset);
    form.is_shared = true;
  }
  if ((flags & is_64) != 0) {
    need(Feature::memory64, is_memory ? "a 64-bit memory" : "a 64-bit table", offset);
    form.address = AddressType::i64;
  }
  form.limits.min = limit();
  if ((flags & has_max) != 0) form.limits.max = limit();
  if ((flags & has_page_size) != 0) {
    need(Feature::custom_page_sizes, "a page size", offset);
    form.page_size_log2 = page_size_log2();
  }
  return form;
}

// Sizes that 64 bits cannot say are malformed; whether one is allowed, validation says.
uint8_t TypeReader::page_size_log2() {
  const uint64_t offset = reader_.position();
  const uint32_t log2 = reader_.u32();
  if (reader_.ok() && log2 >= 64) {
    reader_.fail(ErrorCode::malformed_page_size, offset, "2 to the power " + std::to_string(log2));
  }
  return reader_.ok() ? uint8_t(log2) : syntax::MemoryType::usual_page_size_log2;
}

syntax::TableType TypeReader::table_type() {
  syntax::TableType type;
  type.element = ref_type();
  const LimitsForm form = limits(LimitsOf::table);
  type.limits = form.limits;
  type.address = form.address;
  return type;
}

syntax::MemoryType TypeReader::memory_type() {
  const LimitsForm form = limits(LimitsOf::memory);
  return {.limits_pages = form.limits,
          .address = form.address,
          .is_shared = form.is_shared,
          .page_size_log2 = form.page_size_log2};
}

syntax::GlobalType TypeReader::global_type() {
  syntax::GlobalType type;
  type.value = val_type();
  type.is_mutable = is_mutable();
  return type;
}

syntax::TagType TypeReader::tag_type() {
  const uint64_t offset = reader_.position();
  const uint8_t attribute = reader_.u8();
  if (attribute != 0) {
    reader_.fail(ErrorCode::malformed_tag_attribute, offset, code_text(attribute));
    return {};
  }
  need(Feature::exceptions, "a tag", offset);
  return {func_type_index()};
}

}  // namespace waxwing::binary
