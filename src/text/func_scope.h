// The names that hold within one function: its locals, and the labels that are open. [spec 6.2.3]
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "text/print_names.h"

namespace waxwing::text {

/// Follows the blocks of a body. All functions take constant time, but for the constructor.
class FuncScope {
 public:
  /// The scope of constant expressions: no locals, no labels.
  FuncScope() = default;
  /// `results`: the operands that a return takes.
  FuncScope(IdSpace locals, std::vector<LabelId> labels, std::optional<uint32_t> results);

  /// Opens the next block, to which a branch takes `arity` operands.
  void open(std::optional<uint32_t> arity);
  /// REQUIRES: depth() > 0
  void close();
  /// Blocks that are open, without the function itself.
  uint32_t depth() const { return uint32_t(levels_.size()); }

  /// " $name" of the block opened last; "" where it has none.
  void append_label_id(std::string& out) const;
  /// "$name", or the depth with a comment that tells the block: "1 (;@2;)".
  void append_label(std::string& out, uint32_t relative_depth) const;
  void append_local(std::string& out, uint32_t index) const;
  const IdSpace& locals() const { return locals_; }

  /// What a branch to each block takes, the function's own first.
  std::span<const std::optional<uint32_t>> arities() const { return arities_; }

 private:
  struct Level {
    const LabelId* id = nullptr;
    uint32_t shadowed = 0;  // the innermost level of the same identifier before, plus 1
  };

  const LabelId* next_id();

  IdSpace locals_;
  std::vector<LabelId> label_ids_;
  size_t next_label_ = 0;  // of label_ids_
  uint32_t next_ordinal_ = 0;
  std::vector<Level> levels_;
  std::vector<uint32_t> innermost_;  // by name class: the innermost level plus 1, or 0
  std::vector<std::optional<uint32_t>> arities_;
};

}  // namespace waxwing::text
