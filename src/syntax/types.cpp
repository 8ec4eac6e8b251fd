// Types in the words of the text format. [spec 6.4]
#include "syntax/types.h"

#include "syntax/limits.h"

namespace waxwing::syntax {
namespace {

std::string_view abstract_text(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func: return "func";
    case AbstractHeap::extern_: return "extern";
    case AbstractHeap::any: return "any";
    case AbstractHeap::eq: return "eq";
    case AbstractHeap::i31: return "i31";
    case AbstractHeap::struct_: return "struct";
    case AbstractHeap::array: return "array";
    case AbstractHeap::exn: return "exn";
    case AbstractHeap::none: return "none";
    case AbstractHeap::nofunc: return "nofunc";
    case AbstractHeap::noextern: return "noextern";
    case AbstractHeap::noexn: return "noexn";
    case AbstractHeap::bottom: return "bottom";
  }
  return "";
}

// The short form of a nullable abstract reference; the bottom types have irregular ones.
std::string short_ref_text(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::none: return "nullref";
    case AbstractHeap::nofunc: return "nullfuncref";
    case AbstractHeap::noextern: return "nullexternref";
    case AbstractHeap::noexn: return "nullexnref";
    case AbstractHeap::func:
    case AbstractHeap::extern_:
    case AbstractHeap::any:
    case AbstractHeap::eq:
    case AbstractHeap::i31:
    case AbstractHeap::struct_:
    case AbstractHeap::array:
    case AbstractHeap::exn:
    case AbstractHeap::bottom: return std::string(abstract_text(heap)) + "ref";
  }
  return "";
}

std::string ref_text(ValType type) {
  if (type.is_nullable() && !type.heap().is_index()) return short_ref_text(type.heap().abstract());
  return std::string(type.is_nullable() ? "(ref null " : "(ref ") + to_string(type.heap()) + ")";
}

std::string limits_text(AddressType address, const Limits& limits) {
  std::string text = address == AddressType::i64 ? "i64 " : "";
  text += std::to_string(limits.min);
  if (limits.max) text += " " + std::to_string(*limits.max);
  return text;
}

void append_clause(std::string& text, std::string_view keyword, const std::vector<ValType>& types) {
  if (types.empty()) return;
  if (!text.empty()) text += ' ';
  text.append("(").append(keyword);
  for (ValType type : types) text += " " + to_string(type);
  text += ')';
}

}  // namespace

std::string_view extern_kind_text(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return "func";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "";
}

std::string to_string(HeapType type) {
  if (type.is_index()) return std::to_string(type.index().value);
  return std::string(abstract_text(type.abstract()));
}

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValKind::i32: return "i32";
    case ValKind::i64: return "i64";
    case ValKind::f32: return "f32";
    case ValKind::f64: return "f64";
    case ValKind::v128: return "v128";
    case ValKind::i8: return "i8";
    case ValKind::i16: return "i16";
    case ValKind::bottom: return "bottom";
    case ValKind::ref: return ref_text(type);
  }
  return "";
}

std::string to_string(const FuncType& type) {
  std::string text;
  append_clause(text, "param", type.params);
  append_clause(text, "result", type.results);
  return text;
}

std::string to_string(const std::vector<ValType>& types) {
  std::string text = "[";
  for (ValType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

std::string to_string(const TableType& type) {
  return limits_text(type.address, type.limits) + " " + to_string(type.element);
}

std::string to_string(const MemoryType& type) {
  std::string text = limits_text(type.address, type.limits_pages);
  if (type.is_shared) text += " shared";
  if (type.page_size_log2 != MemoryType::usual_page_size_log2 && type.page_size_log2 < 64) {
    text += " (pagesize " + std::to_string(uint64_t(1) << type.page_size_log2) + ")";
  }
  return text;
}

uint64_t max_pages(const MemoryType& type) {
  const bool is_32 = type.address == AddressType::i32;
  if (type.page_size_log2 == 0) return is_32 ? UINT32_MAX : UINT64_MAX;
  return is_32 ? max_memory32_pages : max_memory64_pages;
}

std::string to_string(const GlobalType& type) {
  return type.is_mutable ? "(mut " + to_string(type.value) + ")" : to_string(type.value);
}

}  // namespace waxwing::syntax
