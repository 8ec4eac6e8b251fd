// Instructions as nested expressions: "(i32.add (local.get 0) (i32.const 1))". [spec 6.5.11]
#pragma once

#include <vector>

#include "binary/instr_reader.h"
#include "text/arity.h"
#include "text/func_scope.h"
#include "text/line_writer.h"
#include "text/print_hints.h"
#include "text/type_printer.h"

namespace waxwing::text {

/// Takes the instructions of one body or constant expression in order, then writes them folded.
/// An instruction takes those before it as operands only where it is known how many each leaves;
/// else it stays flat, as do blocks that are nested deeper than people read. What is written reads
/// back as the same instructions in any case. Linear time; some 60 bytes of memory an instruction.
class FoldedCode {
 public:
  FoldedCode(const syntax::Module& module, const ModuleNames& names, FuncScope& scope)
      : types_(module, names, texts_), scope_(scope) {}
  FoldedCode(const FoldedCode&) = delete;
  FoldedCode& operator=(const FoldedCode&) = delete;

  /// Adds an instruction that is not the body's last `end`.
  /// REQUIRES: blocks are well nested, `else` is in an `if`, `catch` and `delegate` in a `try`.
  void add(const binary::Instr& instr, const CodeHint* hint = nullptr);

  /// How much text has been made, without indentation.
  size_t text_size() const { return texts_.size(); }
  /// Whether all of it is one expression in parentheses, without blocks.
  bool is_one_expression() const;
  /// What all of it takes in one line; large where it has blocks.
  size_t width() const;
  /// Writes all trees in the same line.
  void write_inline(std::string& out) const;
  /// Writes each tree from a new line on. May be called once.
  void write_lines(LineWriter& lines, uint32_t indent);

 private:
  static constexpr uint8_t unknown_results = 255;
  static constexpr uint16_t max_height = 200;  // of parentheses in parentheses
  static constexpr uint32_t max_width = 1'000;

  enum class Kind : uint8_t {
    bare,          // "text": takes its operands from the stack
    expression,    // "(text operands...)"
    block,         // "(text", then lines, ")"
    flat_block,    // "text", then lines, "end"
    flat_clauses,  // "text", then clauses, "end"
  };
  struct Node {
    uint32_t text_begin = 0;  // in texts_
    uint32_t text_size = 0;
    uint32_t first_child = 0;  // 0: none, as nodes_[0] is nobody's
    uint32_t next = 0;
    uint32_t width = 0;  // in one line, at most max_width
    uint32_t label = 0;  // the depth of a block's label, for its comment; else 0
    uint16_t height = 0;
    uint8_t results = 0;
    Kind kind = Kind::bare;
    uint8_t hint = 0;  // 1: unlikely, 2: likely
  };
  struct Frame {
    uint32_t node = 0;         // of the block
    size_t base = 0;           // of its instructions in pending_
    size_t operand_count = 0;  // of an `if`: they are the last of pending_ below base
    uint32_t clause = 0;       // the one that is open, or 0
    uint32_t first_clause = 0;
    uint32_t last_clause = 0;
    bool is_folded = false;
  };
  struct Task {
    enum class What : uint8_t { list, clauses, close, end };
    What what = What::list;
    uint32_t node = 0;
    uint32_t indent = 0;
  };

  std::string_view text(const Node& node) const {
    return std::string_view(texts_).substr(node.text_begin, node.text_size);
  }
  uint32_t add_node(Kind kind, size_t text_begin);
  uint32_t add_clause(std::string_view text);
  /// How many of the last trees leave exactly `count` operands; 0 if none do, or they nest too
  /// deep.
  size_t operand_trees(uint32_t count) const;
  /// Makes the last `count` trees children of `parent`.
  void adopt(uint32_t parent, size_t count);
  void add_child_size(Node& parent, const Node& child) const;
  void add_plain(const binary::Instr& instr, uint8_t hint);
  void open(const binary::Instr& instr, uint8_t hint);
  void close_clause(Frame& frame);
  void next_clause(const binary::Instr& instr);
  void close(const binary::Instr& instr);
  void write_inline(std::string& out, const Node& node) const;
  void write_node(LineWriter& lines, const Node& node, uint32_t indent);
  void write_clause(LineWriter& lines, const Node& node, uint32_t indent);

  std::string texts_;
  TypePrinter types_;  // appends to texts_
  FuncScope& scope_;
  std::vector<Node> nodes_{1};
  std::vector<uint32_t> pending_;  // trees that nothing has taken as operands, of all open blocks
  std::vector<Frame> frames_;
  std::vector<Task> tasks_;
};

/// `(@metadata.code.branch_hint "\01") `.
void append_branch_hint(std::string& out, bool is_likely);

}  // namespace waxwing::text
