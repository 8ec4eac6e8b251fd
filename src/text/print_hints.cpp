// Hints count as such only where each lies on a branch; anything else stays bytes.
#include "text/print_hints.h"

#include <algorithm>

#include "binary/instr_reader.h"
#include "binary/section_list.h"

namespace waxwing::text {

using binary::Reader;
using syntax::FuncIdx;
using syntax::Module;

namespace {

/// For each defined function, how many bytes its locals take in front of its code.
std::vector<uint64_t> locals_sizes(const Module& module) {
  const base::ByteSpan bytes = module.bytes;
  std::vector<uint64_t> sizes;
  for (const binary::SectionPlace& section : binary::list_sections(bytes)) {
    if (section.id != binary::SectionId::code) continue;
    sizes = binary::list_body_offsets(
        bytes.subspan(size_t(section.offset), size_t(section.size_bytes)));
    for (size_t i = 0; i < sizes.size() && i < module.bodies.size(); ++i) {
      sizes[i] = module.bodies[i].offset - (section.offset + sizes[i]);
    }
  }
  return sizes;
}

/// Whether each of `hints` lies on an `if` or `br_if` of `func`.
bool lie_on_branches(const Module& module, FuncIdx func, std::span<const CodeHint> hints) {
  const syntax::FuncBody& body = module.body(func);
  binary::InstrReader instrs(module, syntax::FeatureSet::all(), module.code(body), body.offset);
  binary::Instr instr;
  size_t found = 0;
  while (found < hints.size() && instrs.next(instr)) {
    if (instr.code_offset != hints[found].code_offset) continue;
    if (instr.op != syntax::Op::if_ && instr.op != syntax::Op::br_if) return false;
    ++found;
  }
  return found == hints.size();
}

bool read_hint(Reader& reader, uint64_t locals_size, std::vector<CodeHint>& hints) {
  const uint32_t offset = reader.u32();
  const uint32_t size = reader.u32();
  const uint8_t value = reader.u8();
  if (!reader.ok() || size != 1 || value > 1 || offset < locals_size) return false;
  hints.push_back({uint32_t(offset - locals_size), value == 1});
  return true;
}

}  // namespace

std::optional<BranchHints> BranchHints::read(const Module& module) {
  const auto is_hints = [](const syntax::CustomSection& custom) {
    return custom.name == branch_hint_section;
  };
  if (std::ranges::count_if(module.customs, is_hints) != 1) return std::nullopt;
  const std::vector<uint64_t> sizes = locals_sizes(module);
  BranchHints all;
  Reader reader(std::ranges::find_if(module.customs, is_hints)->bytes);
  const uint32_t func_count = reader.count();
  for (uint32_t i = 0; i < func_count; ++i) {
    FuncHints hints{.func = FuncIdx(reader.u32()), .first = all.hints_.size()};
    hints.count = reader.count();
    const bool rises = all.funcs_.empty() || all.funcs_.back().func < hints.func;
    const uint32_t defined = hints.func.value - module.imported_funcs;
    const bool is_defined = !module.is_imported(hints.func) && defined < sizes.size();
    if (!reader.ok() || !rises || !is_defined || hints.count == 0) return std::nullopt;
    for (size_t j = 0; j < hints.count; ++j) {
      if (!read_hint(reader, sizes[defined], all.hints_)) return std::nullopt;
    }
    const std::span<const CodeHint> read(&all.hints_[hints.first], hints.count);
    if (!lie_on_branches(module, hints.func, read)) return std::nullopt;
    all.funcs_.push_back(hints);
  }
  if (!reader.at_end() || all.funcs_.empty()) return std::nullopt;
  return all;
}

std::span<const CodeHint> BranchHints::of(FuncIdx func) const {
  const auto found = std::ranges::lower_bound(funcs_, func, {}, &FuncHints::func);
  if (found == funcs_.end() || found->func != func) return {};
  return std::span(hints_).subspan(found->first, found->count);
}

}  // namespace waxwing::text
