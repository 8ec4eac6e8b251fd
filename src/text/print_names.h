// Identifiers for everything that a module's name section names. [spec 7.4.1, 6.3.5]
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binary/name_section.h"
#include "syntax/module.h"

namespace waxwing::text {

/// How one thing is called: `text` is "$id", or "" where it has none. Where that is not its name
/// (names may be empty, very long, or shared), `annotation` is.
struct Id {
  std::string text;
  std::optional<std::string_view> annotation;
};

/// The identifiers of one index space, all different.
class IdSpace {
 public:
  IdSpace() = default;
  /// Takes `names`, which rise by index, of indices below `count`. Time is n log n.
  IdSpace(std::span<const binary::IndexedName> names, size_t count);

  /// nullptr where the index has no name.
  const Id* find(uint32_t index) const {
    const uint32_t slot = index < slots_.size() ? slots_[index] : 0;
    return slot != 0 ? &ids_[slot - 1] : nullptr;
  }

 private:
  std::vector<uint32_t> slots_;  // by index: place in ids_ plus 1, or 0; ends at the last name
  std::vector<Id> ids_;
};

/// The name of a label as an identifier; labels may share names.
struct LabelId {
  uint32_t ordinal = 0;     // of its block among those of its function
  uint32_t name_class = 0;  // equal for equal identifiers of a function
  std::string text;
};

/// Views point into the module, which must outlive this.
class ModuleNames {
 public:
  /// Without `enabled` nothing has a name.
  ModuleNames(const syntax::Module& module, bool enabled);

  /// An empty one where the module has no name.
  const Id& module() const { return module_; }
  /// REQUIRES: `kind` is not `module`, and not indirect
  const IdSpace& of(binary::NameKind kind) const { return spaces_[size_t(kind)]; }
  /// Of the fields of `type`.
  const IdSpace& fields(syntax::TypeIdx type) const;
  /// Of a function with `count` locals, parameters included.
  IdSpace locals(syntax::FuncIdx func, size_t count) const;
  /// By rising ordinal; blocks whose names cannot be identifiers are left out.
  std::vector<LabelId> labels(syntax::FuncIdx func) const;

 private:
  std::span<const binary::IndexedName> within(binary::NameKind kind, uint32_t outer) const;

  binary::NameSection section_;
  Id module_;
  std::array<IdSpace, binary::name_kind_count> spaces_;
  std::map<uint32_t, IdSpace> fields_;
};

}  // namespace waxwing::text
