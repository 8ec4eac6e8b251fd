// The subsections for the module's and the functions' names; the others are skipped.
#include "binary/name_section.h"

#include "base/utf8.h"
#include "binary/reader.h"

namespace waxwing::binary {
namespace {

constexpr uint8_t module_names = 0;
constexpr uint8_t func_names = 1;

void decode_module_name(base::ByteSpan contents, syntax::Module& module) {
  Reader reader(contents);
  const std::string_view name = reader.name();
  if (reader.ok()) module.names.module = name;
}

void decode_func_names(base::ByteSpan contents, syntax::Module& module) {
  Reader reader(contents);
  std::vector<syntax::FuncName>& names = module.names.funcs;
  const uint32_t count = reader.count();
  for (uint32_t i = 0; i < count; ++i) {
    const syntax::FuncIdx func(reader.u32());
    const base::ByteSpan text = reader.bytes(reader.length());
    if (!reader.ok()) return;
    const bool is_next = names.empty() || names.back().func < func;
    if (is_next && module.funcs.contains(func) && base::is_utf8(text)) {
      names.push_back({func, base::as_text(text)});
    }
  }
}

}  // namespace

void decode_name_section(base::ByteSpan contents, syntax::Module& module) {
  Reader reader(contents);
  while (!reader.at_end()) {
    const uint8_t id = reader.u8();
    const base::ByteSpan subsection = reader.bytes(reader.length());
    if (!reader.ok()) return;
    if (id == module_names) decode_module_name(subsection, module);
    if (id == func_names) decode_func_names(subsection, module);
  }
}

}  // namespace waxwing::binary
