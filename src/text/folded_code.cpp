// Builds trees from the operands up; writes them with a stack of its own, since blocks may nest
// without end.
#include "text/folded_code.h"

#include "text/instr_printer.h"

namespace waxwing::text {

using binary::Instr;
using syntax::Op;

void append_branch_hint(std::string& out, bool is_likely) {
  out.append("(@").append(branch_hint_section).append(is_likely ? " \"\\01\") " : " \"\\00\") ");
}

uint32_t FoldedCode::add_node(Kind kind, size_t text_begin) {
  Node node{.text_begin = uint32_t(text_begin), .text_size = uint32_t(texts_.size() - text_begin)};
  node.kind = kind;
  node.width = std::min(node.text_size + 2, max_width);
  if (kind != Kind::bare && kind != Kind::expression) node.width = max_width;
  nodes_.push_back(node);
  return uint32_t(nodes_.size() - 1);
}

size_t FoldedCode::operand_trees(uint32_t count) const {
  const size_t base = frames_.empty() ? 0 : frames_.back().base;
  size_t trees = 0;
  while (count > 0) {
    if (pending_.size() - trees == base) return 0;
    const Node& node = nodes_[pending_[pending_.size() - 1 - trees]];
    if (node.results == 0 || node.results == unknown_results || node.results > count) return 0;
    if (node.height >= max_height) return 0;
    count -= node.results;
    ++trees;
  }
  return trees;
}

void FoldedCode::add_child_size(Node& parent, const Node& child) const {
  parent.width = std::min(parent.width + 1 + child.width, max_width);
  parent.height = std::max(parent.height, uint16_t(child.height + 1));
}

void FoldedCode::adopt(uint32_t parent, size_t count) {
  uint32_t next = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t child = pending_.back();
    pending_.pop_back();
    nodes_[child].next = next;
    next = child;
    add_child_size(nodes_[parent], nodes_[child]);
  }
  nodes_[parent].first_child = next;
}

void FoldedCode::add(const Instr& instr, const CodeHint* hint) {
  const uint8_t hint_code = hint == nullptr ? 0 : hint->is_likely ? 2 : 1;
  if (binary::opens_block(instr.op)) {
    open(instr, hint_code);
  } else if (binary::continues_block(instr.op)) {
    next_clause(instr);
  } else if (binary::closes_block(instr.op)) {
    close(instr);
  } else {
    add_plain(instr, hint_code);
  }
}

void FoldedCode::add_plain(const Instr& instr, uint8_t hint) {
  const std::optional<Arity> arity = instr_arity(types_.module(), instr, scope_.arities());
  const size_t begin = texts_.size();
  append_instr(types_, scope_, instr);
  const size_t operands = arity ? operand_trees(arity->params) : 0;
  const bool folds = arity && (arity->params == 0 || operands != 0);
  const uint32_t index = add_node(folds ? Kind::expression : Kind::bare, begin);
  nodes_[index].hint = hint;
  if (hint != 0) nodes_[index].width = max_width;
  nodes_[index].results =
      folds ? uint8_t(std::min<uint32_t>(arity->results, unknown_results)) : unknown_results;
  adopt(index, operands);
  pending_.push_back(index);
}

uint32_t FoldedCode::add_clause(std::string_view text) {
  const size_t begin = texts_.size();
  texts_ += text;
  return add_node(Kind::block, begin);
}

void FoldedCode::open(const Instr& instr, uint8_t hint) {
  const std::optional<Arity> arity = block_arity(types_.module(), instr.block_type);
  const size_t begin = texts_.size();
  append_instr(types_, scope_, instr);
  Frame frame{.node = add_node(Kind::block, begin)};
  Node& node = nodes_[frame.node];
  node.label = scope_.depth();
  node.hint = hint;
  // What a block takes from the stack it does not take as operands: nobody folds it either.
  node.results = arity && arity->params == 0
                     ? uint8_t(std::min<uint32_t>(arity->results, unknown_results))
                     : unknown_results;
  if (instr.op == Op::if_) {
    frame.operand_count = operand_trees(1);
    frame.clause = add_clause("then");
  } else if (instr.op == Op::try_) {
    frame.clause = add_clause("do");
  }
  frame.base = pending_.size();
  frames_.push_back(frame);
}

void FoldedCode::close_clause(Frame& frame) {
  adopt(frame.clause, pending_.size() - frame.base);
  (frame.first_clause == 0 ? frame.first_clause : nodes_[frame.last_clause].next) = frame.clause;
  frame.last_clause = frame.clause;
  add_child_size(nodes_[frame.node], nodes_[frame.clause]);
}

void FoldedCode::next_clause(const Instr& instr) {
  Frame& frame = frames_.back();
  close_clause(frame);
  const size_t begin = texts_.size();
  append_instr(types_, scope_, instr);
  frame.clause = add_node(Kind::block, begin);
}

void FoldedCode::close(const Instr& instr) {
  scope_.close();
  // The label of a `delegate` stands outside of its `try`.
  if (instr.op == Op::delegate) next_clause(instr);
  Frame frame = frames_.back();
  frames_.pop_back();
  const bool has_clauses = frame.clause != 0;
  if (has_clauses) {
    close_clause(frame);
  } else {
    adopt(frame.node, pending_.size() - frame.base);
  }
  Node& node = nodes_[frame.node];
  if (node.height > max_height) {
    node.kind = has_clauses ? Kind::flat_clauses : Kind::flat_block;
    node.first_child = has_clauses ? frame.first_clause : node.first_child;
    node.results = unknown_results;
  } else if (has_clauses) {
    adopt(frame.node, frame.operand_count);
    uint32_t* link = &nodes_[frame.node].first_child;
    while (*link != 0) link = &nodes_[*link].next;
    *link = frame.first_clause;
  }
  pending_.push_back(frame.node);
}

bool FoldedCode::is_one_expression() const {
  return pending_.size() == 1 && nodes_[pending_[0]].kind == Kind::expression;
}

size_t FoldedCode::width() const {
  size_t width = 0;
  for (uint32_t tree : pending_) width += 1 + nodes_[tree].width;
  return width;
}

void FoldedCode::write_inline(std::string& out) const {
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (i > 0) out += ' ';
    write_inline(out, nodes_[pending_[i]]);
  }
}

// Recursion is bounded by max_height.
void FoldedCode::write_inline(std::string& out, const Node& node) const {
  if (node.kind == Kind::bare) {
    out += text(node);
    return;
  }
  out.append("(").append(text(node));
  for (uint32_t child = node.first_child; child != 0; child = nodes_[child].next) {
    out += ' ';
    write_inline(out, nodes_[child]);
  }
  out += ')';
}

void FoldedCode::write_lines(LineWriter& lines, uint32_t indent) {
  for (size_t i = 1; i < pending_.size(); ++i) nodes_[pending_[i - 1]].next = pending_[i];
  if (!pending_.empty()) tasks_.push_back({Task::What::list, pending_[0], indent});
  while (!tasks_.empty()) {
    const Task task = tasks_.back();
    tasks_.pop_back();
    const Node& node = nodes_[task.node];
    switch (task.what) {
      case Task::What::list:
        if (node.next != 0) tasks_.push_back({Task::What::list, node.next, task.indent});
        write_node(lines, node, task.indent);
        break;
      case Task::What::clauses: write_clause(lines, node, task.indent); break;
      case Task::What::close: lines.close(task.indent); break;
      case Task::What::end:
        lines.line(task.indent);
        lines.out() += "end";
        break;
    }
  }
}

void FoldedCode::write_node(LineWriter& lines, const Node& node, uint32_t indent) {
  lines.line(indent);
  if (node.hint != 0) append_branch_hint(lines.out(), node.hint == 2);
  if (node.kind == Kind::bare) {
    lines.out() += text(node);
    return;
  }
  const bool in_one_line = node.kind == Kind::expression && node.width < max_width &&
                           LineWriter::fits(indent, node.width);
  if (in_one_line) return write_inline(lines.out(), node);
  const bool is_flat = node.kind == Kind::flat_block || node.kind == Kind::flat_clauses;
  if (!is_flat) lines.out() += '(';
  lines.out() += text(node);
  if (node.label != 0) lines.line_comment(label_comment(node.label));
  if (node.kind == Kind::flat_clauses) {
    tasks_.push_back({Task::What::clauses, node.first_child, indent});
    return;
  }
  tasks_.push_back({is_flat ? Task::What::end : Task::What::close, 0, indent});
  if (node.first_child != 0) tasks_.push_back({Task::What::list, node.first_child, indent + 1});
}

void FoldedCode::write_clause(LineWriter& lines, const Node& node, uint32_t indent) {
  const std::string_view head = text(node);
  const bool is_first = head == "then" || head == "do";
  if (!is_first) {
    lines.line(indent);
    lines.out() += head;
  }
  if (node.next != 0) {
    tasks_.push_back({Task::What::clauses, node.next, indent});
  } else if (!head.starts_with("delegate")) {
    tasks_.push_back({Task::What::end, 0, indent});
  }
  if (node.first_child != 0) tasks_.push_back({Task::What::list, node.first_child, indent + 1});
}

}  // namespace waxwing::text
