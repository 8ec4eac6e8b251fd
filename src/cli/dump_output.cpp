// See dump_output.h.
#include "cli/dump_output.h"

#include <charconv>
#include <utility>

#include "runtime/text.h"

namespace waxwing::cli {

using syntax::FuncIdx;

std::string hex(uint64_t number, size_t digits) {
  char buffer[16];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number, 16);
  std::string text(buffer, result.ptr);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

std::string hex_bytes(base::ByteSpan bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text.append(" ").append(hex(byte, 2));
  return text;
}

Fallible<FuncIdx> find_func(const syntax::Module& module, const std::string& name) {
  uint32_t index = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error == std::errc() && rest == name.data() + name.size() && index < module.funcs.size()) {
    return FuncIdx(index);
  }
  const std::string_view plain = std::string_view(name).substr(name.starts_with('$') ? 1 : 0);
  for (const syntax::FuncName& one : module.names.funcs) {
    if (module.names.of(one) == plain) return one.func;
  }
  for (const syntax::Export& one : module.exports) {
    const bool is_func = one.kind == syntax::ExternKind::func && one.index < module.funcs.size();
    if (is_func && one.name == plain) return FuncIdx(one.index);
  }
  return fail(exit_code::usage, "--func: there is no function " + runtime::quoted(name),
              "give a name or an index below " + std::to_string(module.funcs.size()) +
                  "; waxwing dump without --func lists them");
}

Fallible<> DumpOutput::add(std::string_view text) {
  text_ += text;
  constexpr size_t much = size_t(1) << 16;
  return text_.size() < much ? Fallible<>() : flush();
}

Fallible<> DumpOutput::flush() {
  const std::string text = std::exchange(text_, {});
  return print(text);
}

}  // namespace waxwing::cli
