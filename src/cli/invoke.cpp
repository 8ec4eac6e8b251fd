// Looks up exports and parses their arguments.
#include "cli/invoke.h"

#include "cli/units.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

using runtime::Func;
using runtime::Value;

std::vector<std::string_view> exported_func_names(const syntax::Module& module) {
  std::vector<std::string_view> names;
  for (const syntax::Export& entry : module.exports) {
    if (entry.kind == syntax::ExternKind::func) names.push_back(entry.name);
  }
  return names;
}

std::string with_type(std::string_view name, const syntax::FuncType& type) {
  const std::string types = syntax::to_string(type);
  return runtime::printable(name) + (types.empty() ? "" : " ") + types;
}

base::Result<Value> parse_argument(syntax::ValType type, std::string_view word) {
  if (!type.is_ref()) return runtime::parse_value(type, word);
  if (word == "null" && type.is_nullable()) return Value{type};
  if (type.heap() == syntax::AbstractHeap::extern_) {
    Value number = TRY(runtime::parse_value(syntax::i64_type, word));
    return Value{type, {runtime::Ref::from_host(number.slots[0]).bits()}};
  }
  return base::fail(base::ErrorCode::invalid_argument,
                    "a " + syntax::to_string(type) + " cannot be written as an argument" +
                        (type.is_nullable() ? ", except null" : ""));
}

}  // namespace

Fallible<Func*> find_exported_func(runtime::Instance& instance, std::string_view subject,
                                   std::string_view name) {
  const auto found = instance.find_export(name);
  if (found && std::holds_alternative<Func*>(*found)) return std::get<Func*>(*found);
  const std::string what = std::string(subject) + ": " +
                           (found ? "the export " : "there is no exported function ") +
                           runtime::quoted(name) + (found ? " is not a function" : "");
  const auto names = exported_func_names(instance.module());
  const std::string_view meant = nearest(name, names);
  std::string hint = "it exports " + list_exported_funcs(instance.module());
  if (!meant.empty()) hint = "did you mean " + runtime::printable(meant) + "? " + hint;
  return fail(exit_code::usage, what, std::move(hint));
}

Fallible<std::vector<Value>> parse_arguments(const syntax::FuncType& type, std::string_view name,
                                             std::span<const std::string> words) {
  if (words.size() != type.params.size()) {
    const std::string signature = with_type(name, type);
    return fail(exit_code::usage,
                "--invoke " + runtime::printable(name) + ": " + std::to_string(words.size()) +
                    " arguments are given, " + std::to_string(type.params.size()) + " are needed",
                "it is " + signature + "; its arguments come behind the module");
  }
  std::vector<Value> values;
  for (size_t i = 0; i < words.size(); ++i) {
    auto value = parse_argument(type.params[i], words[i]);
    if (!value) {
      return fail(exit_code::usage, "--invoke " + runtime::printable(name) + ": argument " +
                                        std::to_string(i + 1) + ": " + value.error().message());
    }
    values.push_back(*value);
  }
  return values;
}

std::string list_exported_funcs(const syntax::Module& module) {
  constexpr size_t max_listed = 10;
  std::string text;
  size_t count = 0;
  for (const syntax::Export& entry : module.exports) {
    if (entry.kind != syntax::ExternKind::func) continue;
    if (count++ == max_listed) return text + ", and more (waxwing inspect shows them)";
    if (!text.empty()) text += ", ";
    text += with_type(entry.name, module.func_type(syntax::FuncIdx(entry.index)));
  }
  return text.empty() ? "no function" : text;
}

}  // namespace waxwing::cli
