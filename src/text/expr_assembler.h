// Instruction sequences, flat and folded in any mixture. [spec 6.5]
#pragma once

#include <vector>

#include "text/immediate_assembler.h"
#include "text/source_map.h"

namespace waxwing::text {

/// What (@metadata.code.branch_hint "\01") says of one instruction of a function.
struct HintedInstr {
  uint32_t func = 0;
  uint32_t offset = 0;  // from the start of the body, its locals included
  uint8_t is_likely = 0;
};

/// The id of a block.
struct LabelName {
  uint32_t func = 0;
  uint32_t label = 0;  // blocks of a function count from 0, in the order of their starts
  Symbol symbol = no_symbol;
};

/// Nesting costs memory in proportion to the text, and no native stack.
class ExprAssembler {
 public:
  ExprAssembler(Scope& scope, TypeAssembler& types)
      : scope_(scope), cursor_(scope.cursor()), immediates_(scope, types, labels_) {}

  /// Appends the instructions up to the `)` that closes what they are in, and `end`, to `out`. They
  /// are the body of function `func`, if there is one: hints and labels are kept then.
  void assemble(ByteWriter& out, std::optional<uint32_t> func = std::nullopt);
  /// The same for one instruction in parentheses.
  void assemble_folded(ByteWriter& out);

  /// Notes in `map` where the instructions of functions come from; it may be null.
  void keep_sources(SourceMap* map) { source_map_ = map; }

  bool has_data_index() const { return immediates_.has_data_index(); }
  const std::vector<HintedInstr>& branch_hints() const { return branch_hints_; }
  const std::vector<LabelName>& label_names() const { return label_names_; }

 private:
  enum class FrameKind : uint8_t {
    plain,      // (op ...: its bytes are kept until )
    if_head,    // (if ...: operands, until (then
    if_then,    // behind (then ...)
    if_else,    // behind (else ...)
    try_head,   // (try: until (do
    try_do,     // behind (do ...), or a (catch ...)
    try_all,    // behind (catch_all ...)
    delegated,  // behind (delegate ...)
    // Where flat instructions may stand:
    folded_block,  // (block ...
    clause,        // (then ..., (else ..., (do ..., (catch ...
    flat_block,    // block, loop, try_table ... end
    flat_if,
    flat_else,
    flat_try,
    flat_catch,
    flat_catch_all,
  };

  struct Frame {
    FrameKind kind;
    bool has_catch = false;                      // of a folded try
    std::optional<uint8_t> hint = std::nullopt;  // of a plain instruction or an `if`
    uint32_t pending_begin = 0;                  // in pending_
    Symbol label = no_symbol;
    Symbol name = no_symbol;  // for the name section
    size_t offset = 0;        // in the text
  };

  void run(ByteWriter& out, bool only_one);
  bool step();
  bool step_with_source();
  void open();
  void close();
  void flat();
  void take_hint();
  std::optional<uint8_t> use_hint(syntax::Op op, const Token& token);
  void write_pending(const Frame& frame);
  void record_hint(std::optional<uint8_t> hint);

  void open_block(syntax::Op op, Frame frame);
  void open_then();
  void open_clause(std::string_view keyword);
  void flat_block(syntax::Op op);
  void flat_else();
  void flat_end();
  void flat_catch(syntax::Op op);
  void flat_delegate(syntax::Op op);
  void read_label(Frame& frame);
  void push_label(const Frame& frame);
  void expect_same_label(const Frame& frame);
  void catch_clauses(ByteWriter& out);
  void fail_unclosed();
  std::string_view expected_in(FrameKind kind) const;
  static bool is_flat(FrameKind kind);

  Scope& scope_;
  Cursor& cursor_;
  LabelStack labels_;
  ImmediateAssembler immediates_;
  ByteWriter* out_ = nullptr;
  ByteWriter pending_;
  std::vector<Frame> frames_;
  std::optional<uint32_t> func_;
  uint32_t block_count_ = 0;     // of the function
  std::optional<uint8_t> hint_;  // of the instruction that comes next
  SourceMap* source_map_ = nullptr;
  std::vector<HintedInstr> branch_hints_;
  std::vector<LabelName> label_names_;
};

}  // namespace waxwing::text
