// The custom section of branch hints, where it can be printed as annotations.
// [proposal branch-hinting: metadata.code.branch_hint]
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "syntax/module.h"

namespace waxwing::text {

inline constexpr std::string_view branch_hint_section = "metadata.code.branch_hint";

struct CodeHint {
  uint32_t code_offset = 0;  // of the branch within the body's code
  bool is_likely = false;
};

/// The hints of each defined function, by rising offset.
class BranchHints {
 public:
  /// Of `module`'s only section of hints; nothing where there is none, or where it says anything
  /// that annotations cannot. Linear time.
  static std::optional<BranchHints> read(const syntax::Module& module);

  std::span<const CodeHint> of(syntax::FuncIdx func) const;

 private:
  struct FuncHints {
    syntax::FuncIdx func;
    size_t first = 0;
    size_t count = 0;
  };

  std::vector<FuncHints> funcs_;  // by rising index
  std::vector<CodeHint> hints_;
};

}  // namespace waxwing::text
