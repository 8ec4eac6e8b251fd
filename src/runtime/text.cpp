// Types of externs in the words of the text format. [spec 6.4.9]
#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

constexpr size_t max_printed_bytes = 200;

std::string in_parentheses(syntax::ExternKind kind, const std::string& words) {
  std::string text = "(";
  text += syntax::extern_kind_text(kind);
  if (!words.empty()) text.append(" ").append(words);
  return text + ")";
}

}  // namespace

std::string printable(std::string_view name) {
  static constexpr char digits[] = "0123456789abcdef";
  const bool is_cut = name.size() > max_printed_bytes;
  if (is_cut) {
    name = name.substr(0, max_printed_bytes);
    // Names are UTF-8: leave no half of a character at the end.
    while (!name.empty() && (uint8_t(name.back()) & 0xc0) == 0x80) name.remove_suffix(1);
    if (!name.empty() && uint8_t(name.back()) >= 0xc0) name.remove_suffix(1);
  }
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const uint8_t byte = uint8_t(name[i]);
    // U+0080 to U+009F are control characters as well; in UTF-8 they begin with 0xc2.
    const bool is_c1 = byte == 0xc2 && i + 1 < name.size() && uint8_t(name[i + 1]) < 0xa0;
    const bool was_c1 = i > 0 && uint8_t(name[i - 1]) == 0xc2 && byte >= 0x80 && byte < 0xa0;
    if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\' || is_c1 || was_c1) {
      text += {'\\', digits[byte >> 4], digits[byte & 15]};
    } else {
      text += name[i];
    }
  }
  if (is_cut) text += "...";
  return text;
}

std::string quoted(std::string_view name) { return '"' + printable(name) + '"'; }

std::string to_string(const syntax::Import& import, const CompiledModule& compiled) {
  const auto func_words = [&](syntax::TypeIdx type) {
    return syntax::to_string(compiled.types->func_type(compiled.type_ids[type]));
  };
  switch (import.kind()) {
    case syntax::ExternKind::func:
      return in_parentheses(import.kind(), func_words(std::get<syntax::TypeIdx>(import.type)));
    case syntax::ExternKind::table: {
      syntax::TableType type = std::get<syntax::TableType>(import.type);
      type.element = engine_wide(type.element, compiled.type_ids);
      return in_parentheses(import.kind(), syntax::to_string(type));
    }
    case syntax::ExternKind::memory:
      return in_parentheses(import.kind(),
                            syntax::to_string(std::get<syntax::MemoryType>(import.type)));
    case syntax::ExternKind::global: {
      syntax::GlobalType type = std::get<syntax::GlobalType>(import.type);
      type.value = engine_wide(type.value, compiled.type_ids);
      return in_parentheses(import.kind(), syntax::to_string(type));
    }
    case syntax::ExternKind::tag:
      return in_parentheses(import.kind(), func_words(std::get<syntax::TagType>(import.type).type));
  }
  return {};
}

std::string to_string(const Extern& definition, const TypeRegistry& types) {
  const syntax::ExternKind kind = syntax::ExternKind(definition.index());
  switch (kind) {
    case syntax::ExternKind::func:
      return in_parentheses(
          kind, syntax::to_string(types.func_type(std::get<Func*>(definition)->type_id())));
    case syntax::ExternKind::table:
      return in_parentheses(kind, syntax::to_string(std::get<Table*>(definition)->current_type()));
    case syntax::ExternKind::memory:
      return in_parentheses(kind, syntax::to_string(std::get<Memory*>(definition)->current_type()));
    case syntax::ExternKind::global:
      return in_parentheses(kind, syntax::to_string(std::get<Global*>(definition)->type));
    case syntax::ExternKind::tag:
      return in_parentheses(kind,
                            syntax::to_string(types.func_type(std::get<Tag*>(definition)->type)));
  }
  return {};
}

}  // namespace waxwing::runtime
