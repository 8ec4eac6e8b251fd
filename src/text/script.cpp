// One keyword, one function. Modules are skipped over, not read.
#include "text/script.h"

#include <algorithm>
#include <span>

#include "text/assembler.h"
#include "text/cursor.h"
#include "text/script_values.h"
#include "text/source_location.h"

namespace waxwing::text {
namespace {

using base::ErrorCode;

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view script) : cursor_(script) {}

  base::Result<std::vector<Command>> parse();

 private:
  static constexpr uint32_t max_thread_depth = 16;

  using Parse = CommandKind (ScriptParser::*)();
  struct KeywordRow {
    std::string_view keyword;
    Parse parse;
  };
  static std::span<const KeywordRow> rows();
  static const KeywordRow* find_row(std::string_view keyword);

  Command parse_command();
  CommandKind parse_module_command();
  CommandKind parse_register();
  CommandKind parse_invoke() { return parse_action_body(false); }
  CommandKind parse_get() { return parse_action_body(true); }
  CommandKind parse_assert_return();
  CommandKind parse_assert_trap();
  CommandKind parse_assert_exhaustion() { return parse_failing_action(Failing::exhaustion); }
  CommandKind parse_assert_suspension() { return parse_failing_action(Failing::suspension); }
  CommandKind parse_assert_exception();
  CommandKind parse_assert_malformed() { return parse_failing_module(Failing::malformed); }
  CommandKind parse_assert_invalid() { return parse_failing_module(Failing::invalid); }
  CommandKind parse_assert_unlinkable() { return parse_failing_module(Failing::unlinkable); }
  CommandKind parse_assert_malformed_custom() {
    return parse_failing_module(Failing::malformed_custom);
  }
  CommandKind parse_assert_invalid_custom() {
    return parse_failing_module(Failing::invalid_custom);
  }
  CommandKind parse_thread();
  CommandKind parse_wait();

  CommandKind parse_failing_action(Failing how);
  CommandKind parse_failing_module(Failing how);
  ScriptModule parse_module();
  Action parse_action();
  Action parse_action_body(bool is_get);
  /// The id that comes next, decoded, or "".
  std::string take_id();
  std::string expect_id();

  Cursor cursor_;
  uint32_t thread_depth_ = 0;
};

std::span<const ScriptParser::KeywordRow> ScriptParser::rows() {
  static constexpr KeywordRow table[] = {
      {"module", &ScriptParser::parse_module_command},
      {"register", &ScriptParser::parse_register},
      {"invoke", &ScriptParser::parse_invoke},
      {"get", &ScriptParser::parse_get},
      {"assert_return", &ScriptParser::parse_assert_return},
      {"assert_trap", &ScriptParser::parse_assert_trap},
      {"assert_exhaustion", &ScriptParser::parse_assert_exhaustion},
      {"assert_exception", &ScriptParser::parse_assert_exception},
      {"assert_suspension", &ScriptParser::parse_assert_suspension},
      {"assert_malformed", &ScriptParser::parse_assert_malformed},
      {"assert_invalid", &ScriptParser::parse_assert_invalid},
      {"assert_unlinkable", &ScriptParser::parse_assert_unlinkable},
      {"assert_malformed_custom", &ScriptParser::parse_assert_malformed_custom},
      {"assert_invalid_custom", &ScriptParser::parse_assert_invalid_custom},
      {"thread", &ScriptParser::parse_thread},
      {"wait", &ScriptParser::parse_wait},
  };
  return table;
}

const ScriptParser::KeywordRow* ScriptParser::find_row(std::string_view keyword) {
  const auto found = std::ranges::find(rows(), keyword, &KeywordRow::keyword);
  return found != rows().end() ? &*found : nullptr;
}

bool is_field(std::string_view keyword) {
  constexpr std::string_view fields[] = {"type",   "rec",    "import", "func", "table", "memory",
                                         "global", "export", "start",  "elem", "data",  "tag"};
  return std::ranges::find(fields, keyword) != std::end(fields);
}

base::Result<std::vector<Command>> ScriptParser::parse() {
  std::vector<Command> commands;
  if (cursor_.at(TokenKind::open) && is_field(cursor_.peek_second().text)) {
    const std::string_view script = cursor_.source();
    commands.push_back(
        {cursor_.offset(), "module", ScriptModule{ModuleForm::fields, false, {}, {}, script}});
    return commands;
  }
  while (cursor_.ok() && !cursor_.at(TokenKind::end)) commands.push_back(parse_command());
  if (!cursor_.ok()) return std::unexpected(cursor_.take_error());
  return commands;
}

Command ScriptParser::parse_command() {
  Command command;
  command.offset = cursor_.offset();
  if (!cursor_.take(TokenKind::open)) {
    cursor_.unexpected("a command, such as (module ...) or (assert_return ...)");
    return command;
  }
  const Token keyword = cursor_.peek();
  const KeywordRow* row = find_row(keyword.text);
  if (row == nullptr) {
    cursor_.unexpected("a command: module, register, invoke, get, thread, wait or an assertion");
    return command;
  }
  cursor_.next();
  command.keyword = keyword.text;
  command.what = (this->*row->parse)();
  cursor_.expect_close();
  return command;
}

std::string ScriptParser::take_id() {
  const std::string_view id = cursor_.take_id();
  return id.empty() ? std::string() : decode_id(id);
}

std::string ScriptParser::expect_id() {
  if (!cursor_.at(TokenKind::id)) cursor_.unexpected("an id, such as $T");
  return take_id();
}

/// Behind "(module", up to the ")".
ScriptModule ScriptParser::parse_module() {
  ScriptModule module;
  const char* begin = cursor_.peek().text.data();
  const auto take = [&](std::string_view keyword) {
    const Token token = cursor_.peek();
    if (!cursor_.take_keyword(keyword)) return false;
    begin = token.text.data() + token.text.size();
    return true;
  };
  module.is_definition = take("definition");
  const Token id = cursor_.peek();
  module.id = take_id();
  if (id.kind == TokenKind::id) {
    module.id_text = id.text;
    begin = id.text.data() + id.text.size();
  }
  if (take("binary")) module.form = ModuleForm::binary;
  if (module.form == ModuleForm::text && take("quote")) module.form = ModuleForm::quote;
  cursor_.skip_group();
  const Token end = cursor_.peek();
  module.body = {begin, size_t(end.text.data() + end.text.size() - begin)};
  return module;
}

CommandKind ScriptParser::parse_module_command() {
  if (!cursor_.take_keyword("instance")) return parse_module();
  InstanceCommand command;
  command.id = take_id();
  command.definition_id = take_id();
  return command;
}

CommandKind ScriptParser::parse_register() {
  RegisterCommand command;
  command.name = cursor_.name();
  command.module_id = take_id();
  return command;
}

Action ScriptParser::parse_action() {
  const bool is_get = cursor_.at_open("get");
  if (!is_get && !cursor_.at_open("invoke")) {
    cursor_.unexpected("an action, (invoke ...) or (get ...)");
    return {};
  }
  cursor_.take(TokenKind::open);
  cursor_.next();
  Action action = parse_action_body(is_get);
  cursor_.expect_close();
  return action;
}

Action ScriptParser::parse_action_body(bool is_get) {
  Action action;
  action.is_get = is_get;
  action.module_id = take_id();
  action.name = cursor_.name();
  while (!is_get && cursor_.at(TokenKind::open)) action.args.push_back(parse_argument(cursor_));
  return action;
}

CommandKind ScriptParser::parse_assert_return() {
  AssertReturn assertion;
  assertion.action = parse_action();
  while (cursor_.at(TokenKind::open)) assertion.results.push_back(parse_result(cursor_));
  return assertion;
}

CommandKind ScriptParser::parse_assert_trap() {
  return cursor_.at_open("module") ? parse_failing_module(Failing::trap)
                                   : parse_failing_action(Failing::trap);
}

CommandKind ScriptParser::parse_assert_exception() {
  AssertActionFails assertion;
  assertion.how = Failing::exception;
  assertion.action = parse_action();
  return assertion;
}

CommandKind ScriptParser::parse_failing_action(Failing how) {
  AssertActionFails assertion;
  assertion.how = how;
  assertion.action = parse_action();
  assertion.text = cursor_.string();
  return assertion;
}

CommandKind ScriptParser::parse_failing_module(Failing how) {
  AssertModuleFails assertion;
  assertion.how = how;
  if (cursor_.expect_open("module")) {
    assertion.module = parse_module();
    cursor_.expect_close();
  }
  assertion.text = cursor_.string();
  return assertion;
}

CommandKind ScriptParser::parse_thread() {
  ThreadCommand thread;
  thread.id = expect_id();
  if (cursor_.take_open("shared")) {
    cursor_.expect_open("module");
    thread.shared_module_id = expect_id();
    cursor_.expect_close();
    cursor_.expect_close();
  }
  if (++thread_depth_ > max_thread_depth) {
    cursor_.fail(ErrorCode::implementation_limit, cursor_.peek(),
                 "threads may be nested " + std::to_string(max_thread_depth) + " times");
  }
  while (cursor_.at(TokenKind::open)) thread.commands.push_back(parse_command());
  --thread_depth_;
  return thread;
}

CommandKind ScriptParser::parse_wait() { return WaitCommand{expect_id()}; }

/// The bytes of the strings of a module.
base::Result<std::string> string_bytes(std::string_view script, std::string_view body) {
  Cursor cursor(script, body);
  std::string bytes;
  while (cursor.at(TokenKind::string)) bytes += cursor.string();
  cursor.expect_close();
  if (!cursor.ok()) return std::unexpected(cursor.take_error());
  return bytes;
}

base::Result<std::vector<uint8_t>> assemble_quoted(std::string_view wat) {
  auto bytes = assemble(wat);
  if (!bytes && bytes.error().offset != base::Error::no_offset) {
    base::Error& error = bytes.error();
    const SourceLocation location = locate(wat, error.offset);
    if (!error.detail.empty()) error.detail += ", ";
    error.detail += "at line " + std::to_string(location.line) + ", column " +
                    std::to_string(location.column) + " of the quoted text";
    error.offset = base::Error::no_offset;
  }
  return bytes;
}

}  // namespace

base::Result<std::vector<Command>> parse_script(std::string_view script) {
  return ScriptParser(script).parse();
}

base::Result<std::vector<uint8_t>> module_bytes(std::string_view script,
                                                const ScriptModule& module) {
  switch (module.form) {
    case ModuleForm::fields: return assemble(module.body);
    case ModuleForm::text: {
      Cursor cursor(script, module.body);
      return assemble_module(cursor, module.id_text);
    }
    case ModuleForm::binary: {
      const std::string bytes = TRY(string_bytes(script, module.body));
      return std::vector<uint8_t>(bytes.begin(), bytes.end());
    }
    case ModuleForm::quote: break;
  }
  return assemble_quoted(TRY(string_bytes(script, module.body)));
}

}  // namespace waxwing::text
