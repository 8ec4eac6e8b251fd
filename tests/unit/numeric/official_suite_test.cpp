// Holds every PURE instruction to the official suite, before any tier exists: evaluates the
// straight-line functions of its scripts by `fold`, and compares with what the scripts assert.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>

#include "syntax/opcode_table.h"
#include "wast_reader.h"

namespace waxwing::numeric {
namespace {

using syntax::ImmediateKind;
using wast::Node;

/// A function of a script whose body is numeric instructions on its parameters.
struct Function {
  std::map<std::string, size_t> params;
  std::vector<Node> body;
};

struct Outcome {
  TrapCode trap = TrapCode::none;
  std::vector<V128> stack;
};

const syntax::OpInfo* find_pure(std::string_view text) {
  const auto* row = std::ranges::find_if(syntax::op_table, [&](const syntax::OpInfo& info) {
    return info.kind == syntax::OpKind::pure && info.text == text;
  });
  return row == syntax::op_table.end() ? nullptr : row;
}

/// Runs one call. What it cannot run makes `run` return false.
class Evaluator {
 public:
  Evaluator(const Function& function, const std::vector<V128>& arguments,
            std::set<syntax::Op>& seen)
      : function_(function), arguments_(arguments), seen_(seen) {}

  bool run(const std::vector<Node>& sequence) {
    for (size_t i = 0; i < sequence.size(); ++i) {
      if (outcome.trap != TrapCode::none) return true;
      const Node& node = sequence[i];
      if (node.kind == Node::Kind::list) {
        if (!run_folded(node)) return false;
      } else if (node.text == "local.get" && i + 1 < sequence.size()) {
        if (!get_local(sequence[++i])) return false;
      } else if (!execute(node.text, {})) {
        return false;
      }
    }
    return true;
  }

  Outcome outcome;

 private:
  bool run_folded(const Node& node) {
    if (const auto constant = wast::parse_constant(node)) {
      outcome.stack.push_back(wast::to_operand(*constant));
      return true;
    }
    if (node.is_list("local.get") && node.items.size() == 2) return get_local(node.items[1]);
    const auto first_operand = std::ranges::find_if(
        node.items, [](const Node& item) { return item.kind == Node::Kind::list; });
    if (first_operand == node.items.begin() || node.items.empty()) return false;
    const std::vector<Node> immediates(node.items.begin() + 1, first_operand);
    if (!run({first_operand, node.items.end()})) return false;
    return outcome.trap != TrapCode::none || execute(node.items[0].text, immediates);
  }

  bool get_local(const Node& name) {
    const auto param = function_.params.find(name.text);
    const size_t index = param != function_.params.end()
                             ? param->second
                             : std::strtoul(name.text.c_str(), nullptr, 10);
    if (index >= arguments_.size()) return false;
    outcome.stack.push_back(arguments_[index]);
    return true;
  }

  bool execute(std::string_view text, const std::vector<Node>& immediates) {
    const syntax::OpInfo* info = find_pure(text);
    if (info == nullptr || outcome.stack.size() < info->signature.param_count) return false;
    const auto first = outcome.stack.end() - info->signature.param_count;
    std::vector<V128> operands(first, outcome.stack.end());
    outcome.stack.erase(first, outcome.stack.end());
    if (info->immediate != ImmediateKind::none) {
      wast::Pattern immediate;
      for (const Node& node : immediates) immediate.push_back(wast::parse_lane("i8", node.text));
      operands.push_back(wast::to_operand(immediate));
    }
    const auto result = fold(info->id, operands);
    if (!result) return false;
    seen_.insert(info->id);
    outcome.trap = result->trap;
    for (size_t i = 0; i < result->value_count; ++i) outcome.stack.push_back(result->values[i]);
    return true;
  }

  const Function& function_;
  const std::vector<V128>& arguments_;
  std::set<syntax::Op>& seen_;
};

/// The exported functions of a module, by name.
std::map<std::string, Function> functions_of(const Node& module) {
  std::map<std::string, Function> functions;
  for (const Node& field : module.items) {
    if (!field.is_list("func")) continue;
    Function function;
    std::string name;
    size_t param_count = 0;
    for (size_t i = 1; i < field.items.size(); ++i) {
      const Node& item = field.items[i];
      if (item.is_list("export")) {
        name = item.items[1].text;
      } else if (item.is_list("param")) {
        const bool named = item.items.size() > 1 && item.items[1].text.starts_with('$');
        if (named) function.params[item.items[1].text] = param_count;
        param_count += named ? 1 : item.items.size() - 1;
      } else if (!item.is_list("result") && !item.is_list("type") && !item.text.starts_with('$')) {
        function.body.push_back(item);
      }
    }
    if (!name.empty()) functions[name] = std::move(function);
  }
  return functions;
}

class OfficialSuite : public testing::Test {
 protected:
  void check_file(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const std::string script = text.str();
    wast::Reader reader(script);
    functions_.clear();
    while (const auto form = reader.next()) {
      if (form->is_list("module")) functions_ = functions_of(*form);
      if (form->is_list("assert_return") || form->is_list("assert_trap"))
        check_assertion(*form, path);
    }
  }

  size_t checked_ = 0;
  std::set<syntax::Op> seen_;

 private:
  void check_assertion(const Node& assertion, const std::filesystem::path& path) {
    const Node& invoke = assertion.items[1];
    if (!invoke.is_list("invoke") || invoke.items[1].kind != Node::Kind::string) return;
    const auto function = functions_.find(invoke.items[1].text);
    if (function == functions_.end()) return;
    std::vector<V128> arguments;
    for (size_t i = 2; i < invoke.items.size(); ++i) {
      const auto argument = wast::parse_constant(invoke.items[i]);
      if (!argument) return;
      arguments.push_back(wast::to_operand(*argument));
    }
    Evaluator evaluator(function->second, arguments, seen_);
    if (!evaluator.run(function->second.body)) return;
    ++checked_;
    const bool right = assertion.is_list("assert_trap")
                           ? trapped(evaluator.outcome, assertion.items[2].text)
                           : returned(evaluator.outcome, assertion);
    EXPECT_TRUE(right) << path << ": assertion about " << function->first << "\n"
                       << describe(assertion);
  }

  static bool trapped(const Outcome& outcome, const std::string& text) {
    return outcome.trap != TrapCode::none &&
           std::string(syntax::trap_text(outcome.trap)).starts_with(text);
  }

  static bool returned(const Outcome& outcome, const Node& assertion) {
    if (outcome.trap != TrapCode::none || outcome.stack.size() != assertion.items.size() - 2)
      return false;
    for (size_t i = 0; i < outcome.stack.size(); ++i) {
      const Node& expected = assertion.items[i + 2];
      std::vector<Node> alternatives{expected};
      if (expected.is_list("either"))
        alternatives.assign(expected.items.begin() + 1, expected.items.end());
      const bool any = std::ranges::any_of(alternatives, [&](const Node& node) {
        const auto pattern = wast::parse_constant(node);
        return pattern && wast::matches(*pattern, outcome.stack[i]);
      });
      if (!any) return false;
    }
    return true;
  }

  static std::string describe(const Node& node) {
    if (node.kind != Node::Kind::list) return node.text;
    std::string text = "(";
    for (const Node& item : node.items) text += describe(item) + " ";
    return text + ")";
  }

  std::map<std::string, Function> functions_;
};

TEST_F(OfficialSuite, agrees_on_every_pure_instruction) {
  const char* folder = std::getenv("WAXWING_TESTSUITE_DIR");
  if (folder == nullptr || !std::filesystem::is_directory(folder))
    GTEST_SKIP() << "WAXWING_TESTSUITE_DIR does not name the official WebAssembly suite";
  const std::filesystem::path suite(folder);
  for (const auto& root : {suite / "core", suite / "proposals" / "wide-arithmetic"}) {
    if (!std::filesystem::is_directory(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() == ".wast") check_file(entry.path());
    }
  }
  RecordProperty("assertions", static_cast<int>(checked_));
  EXPECT_GT(checked_, 30000u);
  for (const syntax::OpInfo& info : syntax::op_table) {
    // The suite has no assertion about relaxed_trunc, which is trunc_sat by another name.
    if (info.kind == syntax::OpKind::pure && !info.text.starts_with("i32x4.relaxed_trunc")) {
      EXPECT_TRUE(seen_.contains(info.id)) << info.text << " was not checked by any assertion";
    }
  }
}

}  // namespace
}  // namespace waxwing::numeric
