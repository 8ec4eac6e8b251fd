// Names become identifiers as they are, but where that would not be unique.
#include "text/print_names.h"

#include <algorithm>

#include "text/print_literals.h"

namespace waxwing::text {

using binary::IndexedName;
using binary::NameKind;

namespace {

/// Longer names are cut in identifiers: each may be used by millions of instructions.
constexpr size_t max_id_size = 1024;

/// As much of `name` as an identifier may hold, in whole characters.
std::string_view id_part(std::string_view name) {
  if (name.size() <= max_id_size) return name;
  size_t size = max_id_size;
  while (size > 0 && (uint8_t(name[size]) & 0xc0) == 0x80) --size;
  return name.substr(0, size);
}

Id plain_id(std::string_view name) {
  Id id;
  append_id(id.text, name);
  return id;
}

/// Makes an identifier for a name that has none of its own: the name and a number that make no
/// other name of `parts`, which are sorted.
Id numbered_id(std::string_view name, uint32_t& number, std::span<const std::string_view> parts) {
  std::string candidate;
  do {
    candidate = id_part(name);
    candidate += '.';
    append_unsigned(candidate, number++);
  } while (std::ranges::binary_search(parts, candidate));
  Id id = plain_id(candidate);
  id.annotation = name;
  return id;
}

}  // namespace

IdSpace::IdSpace(std::span<const IndexedName> names, size_t count) {
  while (!names.empty() && names.back().index >= count) names = names.first(names.size() - 1);
  if (names.empty()) return;
  slots_.resize(size_t(names.back().index) + 1);
  ids_.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) slots_[names[i].index] = uint32_t(i) + 1;
  std::vector<uint32_t> order(names.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = uint32_t(i);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    const int compared = id_part(names[a].name).compare(id_part(names[b].name));
    return compared != 0 ? compared < 0 : a < b;
  });
  std::vector<std::string_view> parts;
  parts.reserve(order.size());
  for (uint32_t i : order) parts.push_back(id_part(names[i].name));
  bool is_taken = false;
  uint32_t number = 1;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || parts[i] != parts[i - 1]) {
      is_taken = false;
      number = 1;
    }
    const std::string_view name = names[order[i]].name;
    Id& id = ids_[order[i]];
    if (!is_taken && !name.empty() && name.size() == parts[i].size()) {
      id = plain_id(name);
      is_taken = true;
    } else {
      id = numbered_id(name, number, parts);
    }
  }
}

ModuleNames::ModuleNames(const syntax::Module& module, bool enabled) {
  if (!enabled) return;
  const auto custom = std::ranges::find(module.customs, "name", &syntax::CustomSection::name);
  if (custom == module.customs.end()) return;
  section_ = binary::read_name_section(custom->bytes, module);
  if (section_.module) {
    const std::string_view name = *section_.module;
    if (!name.empty() && name.size() <= max_id_size) {
      module_ = plain_id(name);
    } else {
      module_.annotation = name;
    }
  }
  const std::pair<NameKind, size_t> counts[] = {
      {NameKind::func, module.funcs.size()},     {NameKind::type, module.types.size()},
      {NameKind::table, module.tables.size()},   {NameKind::memory, module.memories.size()},
      {NameKind::global, module.globals.size()}, {NameKind::elem, module.elems.size()},
      {NameKind::data, module.datas.size()},     {NameKind::tag, module.tags.size()},
  };
  for (const auto& [kind, count] : counts) {
    spaces_[size_t(kind)] = IdSpace(section_.of(kind), count);
  }
  std::span<const IndexedName> names = section_.of(NameKind::field);
  while (!names.empty()) {
    const syntax::TypeIdx type(names.front().outer);
    const std::span<const IndexedName> fields = within(NameKind::field, type.value);
    names = names.subspan(fields.size());
    const syntax::StructType* structure =
        module.types.contains(type) ? module.types[type].structure() : nullptr;
    if (structure != nullptr) fields_[type.value] = IdSpace(fields, structure->fields.size());
  }
}

const IdSpace& ModuleNames::fields(syntax::TypeIdx type) const {
  static const IdSpace nothing;
  const auto found = fields_.find(type.value);
  return found != fields_.end() ? found->second : nothing;
}

IdSpace ModuleNames::locals(syntax::FuncIdx func, size_t count) const {
  return IdSpace(within(NameKind::local, func.value), count);
}

std::vector<LabelId> ModuleNames::labels(syntax::FuncIdx func) const {
  std::vector<LabelId> labels;
  for (const IndexedName& name : within(NameKind::label, func.value)) {
    if (name.name.empty() || name.name.size() > max_id_size) continue;
    labels.push_back({name.index, 0, plain_id(name.name).text});
  }
  std::vector<LabelId*> order;
  order.reserve(labels.size());
  for (LabelId& label : labels) order.push_back(&label);
  std::ranges::sort(order, {}, &LabelId::text);
  for (size_t i = 1; i < order.size(); ++i) {
    order[i]->name_class = order[i - 1]->name_class + (order[i]->text != order[i - 1]->text);
  }
  return labels;
}

std::span<const IndexedName> ModuleNames::within(NameKind kind, uint32_t outer) const {
  return std::ranges::equal_range(section_.of(kind), outer, {}, &IndexedName::outer);
}

}  // namespace waxwing::text
