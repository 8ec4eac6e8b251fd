// The sections of a module being written, and those beside them: custom, names, hints. [spec 5.5]
#pragma once

#include <array>
#include <string>
#include <vector>

#include "binary/section_list.h"
#include "text/byte_writer.h"
#include "text/expr_assembler.h"
#include "text/scope.h"

namespace waxwing::text {

using binary::SectionId;

/// Items one behind the other.
struct Section {
  ByteWriter items;
  uint32_t count = 0;
};

/// (@custom "name" (after func) "bytes")
struct CustomText {
  std::string name;
  std::string bytes;
  uint8_t place = 0;  // how many of the places between sections lie before it
};

/// The place behind all sections.
uint8_t last_custom_place();

/// Reads the body of an @custom annotation; errors go to `cursor`, which reads the same source.
CustomText read_custom(Cursor& cursor, const Annotation& annotation);

/// The name of a parameter or local.
struct LocalName {
  uint32_t func = 0;
  uint32_t local = 0;
  Symbol symbol = no_symbol;
};

/// All that the name section is made of.
struct NameSources {
  Symbol module = no_symbol;
  std::vector<LocalName> locals;
};

/// The contents of the "name" section, empty where nothing has a name. [spec 7.4.1; extended name
/// section proposal]
ByteWriter name_section(Scope& scope, const NameSources& sources,
                        const std::vector<LabelName>& labels, const std::vector<FieldName>& fields);

/// The contents of the "metadata.code.branch_hint" section. REQUIRES: hints by rising function.
ByteWriter branch_hints_section(const std::vector<HintedInstr>& hints);

/// Sections in the order of the binary format, with custom sections in their places.
class SectionWriter {
 public:
  Section& operator[](SectionId id) { return sections_[size_t(id)]; }
  /// Instead of items, the whole contents of a section.
  void set(SectionId id, ByteWriter contents);
  void add_custom(CustomText custom) { customs_.push_back(std::move(custom)); }

  /// The module. `hints` go before the code, `names` behind everything; either may be empty.
  std::vector<uint8_t> finish(const ByteWriter& hints, const ByteWriter& names);

 private:
  void write_section(SectionId id, ByteWriter& out);

  std::array<Section, binary::section_id_count> sections_;
  std::array<ByteWriter, binary::section_id_count> whole_;
  std::vector<CustomText> customs_;
};

}  // namespace waxwing::text
