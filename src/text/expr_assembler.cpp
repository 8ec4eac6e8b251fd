// One stack of frames holds all that is open, whether by `(` or by `block`. Operands of a folded
// instruction are written where they stand; its own bytes wait until its `)`. [spec 6.5]
#include "text/expr_assembler.h"

#include "text/keywords.h"
#include "text/source_location.h"

namespace waxwing::text {

using base::ErrorCode;
using syntax::Op;
using syntax::OpInfo;

namespace {

/// What an instruction is to the structure of the text. Those of legacy exception handling are
/// known by their words.
enum class Role : uint8_t {
  plain,
  block,
  if_,
  else_,
  end,
  try_,
  catch_,
  catch_all,
  delegate,
};

constexpr Role role_of_word(std::string_view text) {
  if (text == "block" || text == "loop" || text == "try_table") return Role::block;
  if (text == "if") return Role::if_;
  if (text == "else") return Role::else_;
  if (text == "end") return Role::end;
  if (text == "try") return Role::try_;
  if (text == "catch") return Role::catch_;
  if (text == "catch_all") return Role::catch_all;
  if (text == "delegate") return Role::delegate;
  return Role::plain;
}

constexpr std::array<Role, syntax::op_count> roles = []() consteval {
  std::array<Role, syntax::op_count> table{};
  for (const OpInfo& info : syntax::op_table) table[size_t(info.id)] = role_of_word(info.text);
  return table;
}();

Role role_of(Op op) { return roles[size_t(op)]; }

}  // namespace

void ExprAssembler::assemble(ByteWriter& out, std::optional<uint32_t> func) {
  func_ = func;
  block_count_ = 0;
  run(out, false);
  func_.reset();
}

void ExprAssembler::assemble_folded(ByteWriter& out) {
  if (!cursor_.at(TokenKind::open)) return cursor_.unexpected("an instruction in parentheses");
  run(out, true);
}

void ExprAssembler::run(ByteWriter& out, bool only_one) {
  out_ = &out;
  frames_.clear();
  labels_.clear();
  pending_.clear();
  hint_.reset();
  const bool keeps_sources = source_map_ != nullptr && func_;
  while (cursor_.ok() && (keeps_sources ? step_with_source() : step())) {
    if (only_one && frames_.empty()) break;
  }
  if (keeps_sources) source_map_->add({*func_, uint32_t(out.size()), cursor_.offset()});
  immediates_.write_op(Op::end, out);
}

// What a step writes comes from where the step began, but for an instruction in parentheses, which
// is written at its `)`, and an `if`, which is written at its (then.
bool ExprAssembler::step_with_source() {
  const size_t size = out_->size();
  const size_t depth = frames_.size();
  const bool closes = cursor_.at(TokenKind::close);
  SourcePlace place{*func_, uint32_t(size), cursor_.offset()};
  const Frame frame = frames_.empty() ? Frame{.kind = FrameKind::clause} : frames_.back();
  const bool goes_on = step();
  const bool begins_then = frame.kind == FrameKind::if_head && frames_.size() >= depth &&
                           frames_[depth - 1].kind == FrameKind::if_then;
  if ((closes && frame.kind == FrameKind::plain) || begins_then) place.text_offset = frame.offset;
  if (out_->size() > size) source_map_->add(place);
  return goes_on;
}

bool ExprAssembler::step() {
  switch (cursor_.peek().kind) {
    case TokenKind::open: open(); return true;
    case TokenKind::keyword: flat(); return true;
    case TokenKind::close:
      if (frames_.empty()) return false;
      close();
      return true;
    case TokenKind::end:
      if (!frames_.empty()) fail_unclosed();
      return false;
    case TokenKind::id:
    case TokenKind::number:
    case TokenKind::string:
    case TokenKind::reserved:
      cursor_.unexpected(frames_.empty() ? "an instruction" : expected_in(frames_.back().kind));
      return false;
  }
  return false;
}

bool ExprAssembler::is_flat(FrameKind kind) { return kind >= FrameKind::flat_block; }

std::string_view ExprAssembler::expected_in(FrameKind kind) const {
  switch (kind) {
    case FrameKind::plain: return "an operand in parentheses or )";
    case FrameKind::if_head: return "a condition in parentheses or (then ...)";
    case FrameKind::if_then: return "(else ...) or )";
    case FrameKind::if_else:
    case FrameKind::try_all:
    case FrameKind::delegated: return ")";
    case FrameKind::try_head: return "(do ...)";
    case FrameKind::try_do: return "(catch ...), (catch_all ...), (delegate ...) or )";
    case FrameKind::folded_block:
    case FrameKind::clause:
    case FrameKind::flat_block:
    case FrameKind::flat_if:
    case FrameKind::flat_else:
    case FrameKind::flat_try:
    case FrameKind::flat_catch:
    case FrameKind::flat_catch_all: return "an instruction";
  }
  return "";
}

void ExprAssembler::fail_unclosed() {
  const Frame& frame = frames_.back();
  const SourceLocation place = locate(cursor_.source(), frame.offset);
  std::string wanted(is_flat(frame.kind) ? "`end`" : "`)`");
  wanted.append(" of what begins in line ").append(std::to_string(place.line));
  cursor_.unexpected(wanted);
}

// An instruction or a clause in parentheses; the `(` comes next.
void ExprAssembler::open() {
  if (cursor_.has_annotations()) take_hint();
  const size_t offset = cursor_.offset();
  const FrameKind inside = frames_.empty() ? FrameKind::clause : frames_.back().kind;
  cursor_.next();
  const Token token = cursor_.peek();
  if (token.kind != TokenKind::keyword) return cursor_.unexpected("an instruction");
  if (inside == FrameKind::if_head && token.text == "then") return open_then();
  if (inside >= FrameKind::if_then && inside <= FrameKind::delegated) {
    return open_clause(token.text);
  }
  const std::optional<Op> op = find_op(token.text);
  if (!op) return cursor_.unexpected("an instruction");
  Frame frame{.kind = FrameKind::plain, .pending_begin = uint32_t(pending_.size())};
  frame.offset = offset;
  frame.hint = use_hint(*op, token);
  switch (role_of(*op)) {
    case Role::plain:
      cursor_.next();
      immediates_.assemble(*op, pending_);
      break;
    case Role::block: return open_block(*op, frame);
    case Role::if_:
      frame.kind = FrameKind::if_head;
      cursor_.next();
      read_label(frame);
      immediates_.assemble(*op, pending_);
      break;
    case Role::try_: return open_block(*op, frame);
    case Role::else_:
    case Role::end:
    case Role::catch_:
    case Role::catch_all:
    case Role::delegate: return cursor_.unexpected(expected_in(inside));
  }
  frames_.push_back(frame);
}

void ExprAssembler::open_block(Op op, Frame frame) {
  cursor_.next();
  frame.kind = role_of(op) == Role::try_ ? FrameKind::try_head : FrameKind::folded_block;
  read_label(frame);
  immediates_.assemble(op, *out_);
  if (op == Op::try_table) catch_clauses(*out_);
  push_label(frame);
  frames_.push_back(frame);
}

void ExprAssembler::open_then() {
  cursor_.next();
  Frame& frame = frames_.back();
  write_pending(frame);
  push_label(frame);
  frame.kind = FrameKind::if_then;
  frames_.push_back({.kind = FrameKind::clause, .offset = cursor_.offset()});
}

// A part of (if ...) behind (then ...), or of (try ...).
void ExprAssembler::open_clause(std::string_view keyword) {
  Frame& frame = frames_.back();
  const std::optional<Op> op = find_op(keyword);
  if (frame.kind == FrameKind::if_then && keyword == "else") {
    frame.kind = FrameKind::if_else;
    immediates_.write_op(Op::else_, *out_);
  } else if (frame.kind == FrameKind::try_head && keyword == "do") {
    frame.kind = FrameKind::try_do;
  } else if (frame.kind == FrameKind::try_do && op && role_of(*op) == Role::catch_) {
    cursor_.next();
    immediates_.assemble(*op, *out_);
    frame.has_catch = true;
    frames_.push_back({.kind = FrameKind::clause, .offset = cursor_.offset()});
    return;
  } else if (frame.kind == FrameKind::try_do && op && role_of(*op) == Role::catch_all) {
    frame.kind = FrameKind::try_all;
    immediates_.write_op(*op, *out_);
  } else if (frame.kind == FrameKind::try_do && !frame.has_catch && op &&
             role_of(*op) == Role::delegate) {
    frame.kind = FrameKind::delegated;
    cursor_.next();
    labels_.pop();  // its label counts from outside
    immediates_.assemble(*op, *out_);
    cursor_.expect_close();
    return;
  } else {
    return cursor_.unexpected(expected_in(frame.kind));
  }
  cursor_.next();
  frames_.push_back({.kind = FrameKind::clause, .offset = cursor_.offset()});
}

void ExprAssembler::close() {
  const Frame& frame = frames_.back();
  switch (frame.kind) {
    case FrameKind::plain: write_pending(frame); break;
    case FrameKind::folded_block:
    case FrameKind::if_then:
    case FrameKind::if_else:
    case FrameKind::try_do:
    case FrameKind::try_all:
      immediates_.write_op(Op::end, *out_);
      labels_.pop();
      break;
    case FrameKind::delegated:
    case FrameKind::clause: break;
    case FrameKind::if_head: return cursor_.unexpected("(then ...)");
    case FrameKind::try_head: return cursor_.unexpected("(do ...)");
    case FrameKind::flat_block:
    case FrameKind::flat_if:
    case FrameKind::flat_else:
    case FrameKind::flat_try:
    case FrameKind::flat_catch:
    case FrameKind::flat_catch_all: return fail_unclosed();
  }
  cursor_.next();
  frames_.pop_back();
}

void ExprAssembler::write_pending(const Frame& frame) {
  record_hint(frame.hint);
  out_->raw(pending_.span_from(frame.pending_begin));
  pending_.truncate(frame.pending_begin);
}

// An instruction without parentheses; its keyword comes next.
void ExprAssembler::flat() {
  if (!frames_.empty() && frames_.back().kind < FrameKind::folded_block) {
    return cursor_.unexpected(expected_in(frames_.back().kind));
  }
  if (cursor_.has_annotations()) take_hint();
  const Token token = cursor_.peek();
  const std::optional<Op> op = find_op(token.text);
  if (!op) return cursor_.unexpected("an instruction");
  const std::optional<uint8_t> hint = use_hint(*op, token);
  switch (role_of(*op)) {
    case Role::plain:
      record_hint(hint);
      cursor_.next();
      return immediates_.assemble(*op, *out_);
    case Role::block:
    case Role::if_:
    case Role::try_: record_hint(hint); return flat_block(*op);
    case Role::else_: return flat_else();
    case Role::end: return flat_end();
    case Role::catch_:
    case Role::catch_all: return flat_catch(*op);
    case Role::delegate: return flat_delegate(*op);
  }
}

void ExprAssembler::flat_block(Op op) {
  Frame frame{.kind = FrameKind::flat_block, .offset = cursor_.offset()};
  if (role_of(op) == Role::if_) frame.kind = FrameKind::flat_if;
  if (role_of(op) == Role::try_) frame.kind = FrameKind::flat_try;
  cursor_.next();
  read_label(frame);
  immediates_.assemble(op, *out_);
  if (op == Op::try_table) catch_clauses(*out_);
  push_label(frame);
  frames_.push_back(frame);
}

void ExprAssembler::flat_else() {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat_if) {
    return cursor_.unexpected("an instruction (`else` belongs to an open `if`)");
  }
  cursor_.next();
  expect_same_label(frames_.back());
  frames_.back().kind = FrameKind::flat_else;
  immediates_.write_op(Op::else_, *out_);
}

void ExprAssembler::flat_end() {
  if (frames_.empty() || !is_flat(frames_.back().kind)) {
    return cursor_.unexpected(
        "an instruction or ) (`end` closes what `block`, `loop`, `if` or `try_table` without ( "
        "opened)");
  }
  cursor_.next();
  expect_same_label(frames_.back());
  immediates_.write_op(Op::end, *out_);
  labels_.pop();
  frames_.pop_back();
}

void ExprAssembler::flat_catch(Op op) {
  if (frames_.empty() || (frames_.back().kind != FrameKind::flat_try &&
                          frames_.back().kind != FrameKind::flat_catch)) {
    return cursor_.unexpected("an instruction (a catch belongs to an open `try`)");
  }
  cursor_.next();
  frames_.back().kind =
      role_of(op) == Role::catch_ ? FrameKind::flat_catch : FrameKind::flat_catch_all;
  immediates_.assemble(op, *out_);
}

void ExprAssembler::flat_delegate(Op op) {
  if (frames_.empty() || frames_.back().kind != FrameKind::flat_try) {
    return cursor_.unexpected("an instruction (`delegate` ends a `try` without a catch)");
  }
  cursor_.next();
  labels_.pop();  // its label counts from outside
  frames_.pop_back();
  immediates_.assemble(op, *out_);
}

void ExprAssembler::read_label(Frame& frame) {
  frame.label = scope_.take_symbol();
  frame.name = scope_.take_name(frame.label, "label");
}

void ExprAssembler::push_label(const Frame& frame) {
  labels_.push(frame.label);
  const uint32_t label = block_count_++;
  if (func_ && frame.name != no_symbol) label_names_.push_back({*func_, label, frame.name});
}

void ExprAssembler::expect_same_label(const Frame& frame) {
  if (!cursor_.at(TokenKind::id)) return;
  const Token token = cursor_.peek();
  const Symbol symbol = scope_.take_symbol();
  if (!cursor_.ok() || symbol == frame.label) return;
  const SourceLocation place = locate(cursor_.source(), frame.offset);
  std::string detail("the block that this ends begins in line ");
  detail.append(std::to_string(place.line)).append(" and ");
  if (frame.label == no_symbol) {
    detail.append("has no label");
  } else {
    detail.append("is $").append(scope_.symbols().name(frame.label));
  }
  cursor_.fail(ErrorCode::mismatching_label, token, std::move(detail));
}

void ExprAssembler::catch_clauses(ByteWriter& out) {
  static constexpr std::string_view words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  constexpr size_t first_without_tag = 2;
  ByteWriter clauses;
  uint32_t count = 0;
  for (bool found = true; found && cursor_.ok();) {
    found = false;
    for (size_t kind = 0; kind < std::size(words); ++kind) {
      if (!cursor_.take_open(words[kind])) continue;
      clauses.u8(uint8_t(kind));
      if (kind < first_without_tag) clauses.u32(scope_.index(Space::tag));
      clauses.u32(immediates_.label());
      cursor_.expect_close();
      ++count;
      found = true;
    }
  }
  out.u32(count);
  out.raw(clauses.span());
}

void ExprAssembler::take_hint() {
  for (const Annotation& annotation : cursor_.take_annotations(AnnotationKind::branch_hint)) {
    const size_t offset = cursor_.offset_of(annotation);
    Cursor body(cursor_.source(), annotation.body);
    const std::string value = body.string();
    if (hint_) {
      cursor_.fail_at(ErrorCode::malformed_branch_hint, offset, "duplicate annotation");
    } else if (!body.ok() || !body.at(TokenKind::end) || value.size() != 1 ||
               uint8_t(value[0]) > 1) {
      cursor_.fail_at(ErrorCode::malformed_branch_hint, offset,
                      "unexpected token: write \"\\00\" for unlikely or \"\\01\" for likely");
    } else {
      hint_ = uint8_t(value[0]);
    }
  }
}

std::optional<uint8_t> ExprAssembler::use_hint(Op op, const Token& token) {
  if (!hint_) [[likely]]
    return std::nullopt;
  if (op != Op::if_ && op != Op::br_if) {
    cursor_.fail(ErrorCode::branch_hint_target, token, "a hint goes before if or br_if");
  }
  return std::exchange(hint_, std::nullopt);
}

void ExprAssembler::record_hint(std::optional<uint8_t> hint) {
  if (hint && func_) branch_hints_.push_back({*func_, uint32_t(out_->size()), *hint});
}

}  // namespace waxwing::text
