// Labels may hide one another; one that is hidden is told by its depth.
#include "text/func_scope.h"

#include "base/check.h"
#include "text/print_literals.h"

namespace waxwing::text {

FuncScope::FuncScope(IdSpace locals, std::vector<LabelId> labels, std::optional<uint32_t> results)
    : locals_(std::move(locals)),
      label_ids_(std::move(labels)),
      innermost_(label_ids_.size()),
      arities_{results} {}

const LabelId* FuncScope::next_id() {
  const uint32_t ordinal = next_ordinal_++;
  if (next_label_ == label_ids_.size() || label_ids_[next_label_].ordinal != ordinal)
    return nullptr;
  return &label_ids_[next_label_++];
}

void FuncScope::open(std::optional<uint32_t> arity) {
  Level level{.id = next_id()};
  if (level.id != nullptr) {
    uint32_t& innermost = innermost_[level.id->name_class];
    level.shadowed = innermost;
    innermost = depth() + 1;
  }
  levels_.push_back(level);
  arities_.push_back(arity);
}

void FuncScope::close() {
  CHECK(!levels_.empty());
  const Level& level = levels_.back();
  if (level.id != nullptr) innermost_[level.id->name_class] = level.shadowed;
  levels_.pop_back();
  arities_.pop_back();
}

void FuncScope::append_label_id(std::string& out) const {
  const LabelId* id = levels_.back().id;
  if (id != nullptr) out.append(" ").append(id->text);
}

void FuncScope::append_label(std::string& out, uint32_t relative_depth) const {
  if (relative_depth < depth()) {
    const uint32_t level = depth() - 1 - relative_depth;
    const LabelId* id = levels_[level].id;
    if (id != nullptr && innermost_[id->name_class] == level + 1) {
      out += id->text;
      return;
    }
  }
  append_unsigned(out, relative_depth);
  if (relative_depth > depth()) return;
  out += " (;@";
  append_unsigned(out, depth() - relative_depth);
  out += ";)";
}

void FuncScope::append_local(std::string& out, uint32_t index) const {
  const Id* id = locals_.find(index);
  if (id != nullptr && !id->text.empty()) {
    out += id->text;
  } else {
    append_unsigned(out, index);
  }
}

}  // namespace waxwing::text
