// Places of custom sections are the gaps between the known sections, in the order of the format.
#include "text/sections.h"

#include <algorithm>

namespace waxwing::text {

using base::ErrorCode;

namespace {

struct SectionWord {
  std::string_view text;
  SectionId id;
};

// In the order of the binary format.
constexpr SectionWord section_words[] = {{"type", SectionId::type},
                                         {"import", SectionId::import},
                                         {"func", SectionId::func},
                                         {"table", SectionId::table},
                                         {"memory", SectionId::memory},
                                         {"tag", SectionId::tag},
                                         {"global", SectionId::global},
                                         {"export", SectionId::export_},
                                         {"start", SectionId::start},
                                         {"elem", SectionId::elem},
                                         {"datacount", SectionId::data_count},
                                         {"code", SectionId::code},
                                         {"data", SectionId::data}};

// A place is before (2 * rank) or after (2 * rank + 1) a section; the first and last places are
// beyond all of them.
constexpr uint8_t before_place(size_t rank) { return uint8_t(rank * 2 + 1); }
constexpr uint8_t after_place(size_t rank) { return uint8_t(rank * 2 + 2); }
constexpr uint8_t first_place = 0;
constexpr uint8_t last_place = uint8_t(std::size(section_words) * 2 + 1);

void custom_section(std::string_view name, base::ByteSpan contents, ByteWriter& out) {
  ByteWriter section;
  section.sized(name);
  section.raw(contents);
  out.u8(uint8_t(SectionId::custom));
  out.sized(section);
}

std::optional<uint8_t> read_place(Cursor& body) {
  body.next();
  const bool is_before = body.at_keyword("before");
  if (!is_before && !body.at_keyword("after")) {
    body.fail(ErrorCode::malformed_custom, body.peek(),
              "malformed placement: write (before SECTION) or (after SECTION)");
    return std::nullopt;
  }
  body.next();
  const Token word = body.next();
  if (word.text == "first") return first_place;
  if (word.text == "last") return last_place;
  for (size_t rank = 0; rank < std::size(section_words); ++rank) {
    if (section_words[rank].text == word.text) {
      return is_before ? before_place(rank) : after_place(rank);
    }
  }
  body.fail(ErrorCode::malformed_custom, word,
            "malformed section kind: there are first, last, type, import, func, table, memory, "
            "tag, global, export, start, elem, datacount, code and data");
  return std::nullopt;
}

void name_subsection(uint8_t id, const ByteWriter& contents, ByteWriter& out) {
  out.u8(id);
  out.sized(contents);
}

void name_map(uint8_t id, Scope& scope, Space space, ByteWriter& out) {
  const std::vector<IndexSpace::Name>& names = scope.space(space).names();
  if (names.empty()) return;
  ByteWriter map;
  map.u32(uint32_t(names.size()));
  for (const IndexSpace::Name& name : names) {
    map.u32(name.index);
    map.sized(scope.symbols().name(name.name));
  }
  name_subsection(id, map, out);
}

struct InnerName {
  uint32_t outer;
  uint32_t inner;
  Symbol symbol;
};

/// REQUIRES: names by rising outer index.
void indirect_name_map(uint8_t id, Scope& scope, const std::vector<InnerName>& names,
                       ByteWriter& out) {
  if (names.empty()) return;
  ByteWriter maps;
  uint32_t outer_count = 0;
  for (size_t begin = 0; begin < names.size(); ++outer_count) {
    size_t end = begin;
    while (end < names.size() && names[end].outer == names[begin].outer) ++end;
    maps.u32(names[begin].outer);
    maps.u32(uint32_t(end - begin));
    for (; begin < end; ++begin) {
      maps.u32(names[begin].inner);
      maps.sized(scope.symbols().name(names[begin].symbol));
    }
  }
  ByteWriter contents;
  contents.u32(outer_count);
  contents.raw(maps.span());
  name_subsection(id, contents, out);
}

}  // namespace

uint8_t last_custom_place() { return last_place; }

CustomText read_custom(Cursor& cursor, const Annotation& annotation) {
  Cursor body(cursor.source(), annotation.body);
  CustomText custom{.name = {}, .bytes = {}, .place = last_place};
  if (!body.at(TokenKind::string)) {
    body.fail(ErrorCode::malformed_custom, body.peek(),
              "missing section name: write (@custom \"name\" ...)");
  } else {
    custom.name = body.name();
  }
  if (body.at(TokenKind::open)) {
    custom.place = read_place(body).value_or(last_place);
    body.expect_close();
  }
  while (body.at(TokenKind::string)) append_string(body.next().text, custom.bytes);
  if (body.ok() && !body.at(TokenKind::end)) body.unexpected("a string or )");
  if (!body.ok()) {
    base::Error error = body.take_error();
    if (error.code != ErrorCode::malformed_custom) {
      std::string detail(base::error_text(error.code));
      if (!error.detail.empty()) detail.append(": ").append(error.detail);
      error.detail = std::move(detail);
    }
    cursor.fail_at(ErrorCode::malformed_custom, size_t(error.offset), std::move(error.detail));
  }
  return custom;
}

ByteWriter name_section(Scope& scope, const NameSources& sources,
                        const std::vector<LabelName>& labels,
                        const std::vector<FieldName>& fields) {
  ByteWriter out;
  if (sources.module != no_symbol) {
    ByteWriter name;
    name.sized(scope.symbols().name(sources.module));
    name_subsection(0, name, out);
  }
  name_map(1, scope, Space::func, out);
  std::vector<InnerName> names;
  names.reserve(std::max({sources.locals.size(), labels.size(), fields.size()}));
  for (const LocalName& name : sources.locals) {
    names.push_back({name.func, name.local, name.symbol});
  }
  indirect_name_map(2, scope, names, out);
  names.clear();
  for (const LabelName& name : labels) names.push_back({name.func, name.label, name.symbol});
  indirect_name_map(3, scope, names, out);
  name_map(4, scope, Space::type, out);
  name_map(5, scope, Space::table, out);
  name_map(6, scope, Space::memory, out);
  name_map(7, scope, Space::global, out);
  name_map(8, scope, Space::elem, out);
  name_map(9, scope, Space::data, out);
  names.clear();
  for (const FieldName& name : fields) names.push_back({name.type, name.field, name.name});
  indirect_name_map(10, scope, names, out);
  name_map(11, scope, Space::tag, out);
  return out;
}

ByteWriter branch_hints_section(const std::vector<HintedInstr>& hints) {
  ByteWriter out;
  ByteWriter funcs;
  uint32_t func_count = 0;
  for (size_t begin = 0; begin < hints.size(); ++func_count) {
    size_t end = begin;
    while (end < hints.size() && hints[end].func == hints[begin].func) ++end;
    funcs.u32(hints[begin].func);
    funcs.u32(uint32_t(end - begin));
    for (; begin < end; ++begin) {
      funcs.u32(hints[begin].offset);
      funcs.u32(1);  // byte
      funcs.u8(hints[begin].is_likely);
    }
  }
  if (func_count == 0) return out;
  out.u32(func_count);
  out.raw(funcs.span());
  return out;
}

void SectionWriter::set(SectionId id, ByteWriter contents) {
  whole_[size_t(id)] = std::move(contents);
}

void SectionWriter::write_section(SectionId id, ByteWriter& out) {
  const Section& section = sections_[size_t(id)];
  const ByteWriter& whole = whole_[size_t(id)];
  if (!whole.empty()) {
    out.u8(uint8_t(id));
    return out.sized(whole);
  }
  if (section.count == 0) return;
  ByteWriter count;
  count.u32(section.count);
  out.u8(uint8_t(id));
  out.u64(count.size() + section.items.size());
  out.raw(count.span());
  out.raw(section.items.span());
}

std::vector<uint8_t> SectionWriter::finish(const ByteWriter& hints, const ByteWriter& names) {
  ByteWriter out;
  out.raw(std::string_view("\0asm\1\0\0\0", 8));
  const auto write_customs = [&](uint8_t place) {
    for (const CustomText& custom : customs_) {
      if (custom.place == place) custom_section(custom.name, base::as_bytes(custom.bytes), out);
    }
  };
  write_customs(first_place);
  for (size_t rank = 0; rank < std::size(section_words); ++rank) {
    write_customs(before_place(rank));
    if (section_words[rank].id == SectionId::code && !hints.empty()) {
      custom_section("metadata.code.branch_hint", hints.span(), out);
    }
    write_section(section_words[rank].id, out);
    write_customs(after_place(rank));
  }
  write_customs(last_place);
  if (!names.empty()) custom_section("name", names.span(), out);
  return out.take();
}

}  // namespace waxwing::text
