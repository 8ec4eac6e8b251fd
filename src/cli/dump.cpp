// waxwing dump: what a module is made of, stage by stage.
#include <algorithm>

#include "binary/module_decoder.h"
#include "binary/reader.h"
#include "binary/section_list.h"
#include "cli/commands.h"
#include "cli/dump_asm.h"
#include "cli/dump_output.h"
#include "cli/module_file.h"
#include "runtime/text.h"
#include "text/line_writer.h"
#include "text/listing.h"
#include "validate/module_validator.h"

namespace waxwing::cli {
namespace {

using binary::SectionId;
using syntax::FuncIdx;
using syntax::Module;

std::string locals_text(std::span<const syntax::LocalRun> runs) {
  std::string text = "locals";
  for (const syntax::LocalRun& run : runs) {
    text.append(" ").append(syntax::to_string(run.type));
    if (run.count > 1) text.append(" x").append(std::to_string(run.count));
  }
  return text;
}

/// Where the locals of each defined function begin, in front of its code.
std::vector<uint64_t> body_begins(base::ByteSpan bytes) {
  for (const binary::SectionPlace& place : binary::list_sections(bytes)) {
    if (place.id != SectionId::code) continue;
    std::vector<uint64_t> begins =
        binary::list_body_offsets(bytes.subspan(size_t(place.offset), size_t(place.size_bytes)));
    for (uint64_t& begin : begins) begin += place.offset;
    return begins;
  }
  return {};
}

/// One run of the command.
class Dump {
 public:
  Dump(const DumpOptions& options, const ModuleSource& source, const Module& module)
      : options_(options),
        source_(source),
        module_(module),
        names_(module, true),
        body_begins_(body_begins(source.bytes())) {}

  Fallible<> run();

 private:
  Fallible<> sections();
  Fallible<> func(FuncIdx func);
  Fallible<> encodings(FuncIdx func);
  Fallible<> encoding(uint64_t offset, base::ByteSpan bytes, std::string_view text);
  Fallible<> types(FuncIdx func);
  std::string type_line(FuncIdx func, const text::ListedInstr& listed, std::string_view stack);

  const DumpOptions& options_;
  const ModuleSource& source_;
  const Module& module_;
  text::ModuleNames names_;
  std::vector<uint64_t> body_begins_;  // of defined functions
  std::optional<validate::ModuleContext> context_;
  DumpOutput output_;
};

Fallible<> Dump::run() {
  if (options_.stage == DumpOptions::Stage::validate) {
    auto context = validate::validate_declarations(module_, options_.features);
    if (!context) return std::unexpected(source_.failure(context.error()));
    context_ = *std::move(context);
  }
  if (options_.func) {
    const FuncIdx wanted = TRY(find_func(module_, *options_.func));
    TRY(func(wanted));
    return output_.flush();
  }
  TRY(sections());
  for (size_t i = 0; i < module_.bodies.size(); ++i) {
    TRY(func(FuncIdx(module_.imported_funcs + i)));
  }
  return output_.flush();
}

Fallible<> Dump::sections() {
  const base::ByteSpan bytes(source_.bytes());
  TRY(output_.add(display_name(options_.file) + ": " + std::to_string(bytes.size()) +
                  " bytes\n\noffset       size  section\n"));
  for (const binary::SectionPlace& place : binary::list_sections(bytes)) {
    std::string size = std::to_string(place.size_bytes);
    size.insert(0, size.size() < 9 ? 9 - size.size() : 0, ' ');
    std::string line = hex(place.offset, 8) + size + "  ";
    line += binary::section_id_texts[size_t(place.id)];
    binary::Reader contents(bytes.subspan(size_t(place.offset), size_t(place.size_bytes)));
    if (place.id == SectionId::custom) {
      line += " " + runtime::quoted(contents.name());
    } else if (place.id != SectionId::start) {
      line += ", " + std::to_string(contents.u32()) + " entries";
    }
    TRY(output_.add(line + "\n"));
  }
  return {};
}

Fallible<> Dump::func(FuncIdx func) {
  if (module_.is_imported(func)) {
    return fail(exit_code::usage,
                "function " + std::to_string(func.value) + " is imported: it has no instructions");
  }
  TRY(output_.add("\n" + text::func_heading(module_, names_, func) + "\n"));
  return options_.stage == DumpOptions::Stage::validate ? types(func) : encodings(func);
}

Fallible<> Dump::encoding(uint64_t offset, base::ByteSpan bytes, std::string_view text) {
  constexpr size_t line_bytes = 8;
  do {
    const base::ByteSpan part = bytes.first(std::min(bytes.size(), line_bytes));
    bytes = bytes.subspan(part.size());
    std::string line = hex(offset, 8) + " " + hex_bytes(part);
    offset += part.size();
    if (!text.empty()) line.resize(8 + 1 + 3 * line_bytes + 2, ' ');
    TRY(output_.add(line.append(text) + "\n"));
    text = {};
  } while (!bytes.empty());
  return {};
}

Fallible<> Dump::encodings(FuncIdx func) {
  const syntax::FuncBody& body = module_.body(func);
  const size_t index = func.value - module_.imported_funcs;
  const uint64_t begin = index < body_begins_.size() ? body_begins_[index] : body.offset;
  TRY(encoding(begin,
               base::ByteSpan(source_.bytes()).subspan(size_t(begin), size_t(body.offset - begin)),
               locals_text(module_.locals(body))));
  text::FuncListing listing(module_, names_, func);
  text::ListedInstr listed;
  while (listing.next(listed)) {
    const std::string indent(2 * size_t(std::min(listed.depth, text::LineWriter::max_indent)), ' ');
    TRY(encoding(body.offset + listed.code_offset,
                 module_.code(body).subspan(listed.code_offset, listed.size_bytes),
                 indent + listed.text));
  }
  if (!listing.error()) return {};
  TRY(output_.flush());
  return std::unexpected(source_.failure(*listing.error()));
}

std::string Dump::type_line(FuncIdx func, const text::ListedInstr& listed, std::string_view stack) {
  constexpr size_t text_columns = 50;
  std::string line = hex(module_.body(func).offset + listed.code_offset, 8) + "  ";
  const size_t begin = line.size();
  line.append(2 * size_t(std::min(listed.depth, text::LineWriter::max_indent)), ' ')
      .append(listed.text);
  if (line.size() < begin + text_columns) line.resize(begin + text_columns, ' ');
  return line.append("  ").append(stack) + "\n";
}

/// "[i32 i64]", the top last; "..." stands for those under it that are left out.
std::string stack_text(const validate::ValidatedStep& step) {
  constexpr size_t shown = 16;
  const size_t count = std::min(step.operands.size(), shown);
  const auto top = step.operands.last(count);
  std::string text = to_string(std::vector<syntax::ValType>(top.begin(), top.end()));
  if (count < step.operands.size()) text.insert(1, "... ");
  return step.is_unreachable ? text + " unreachable" : text;
}

// Listing and validation read the body in step, with readers of one kind.
Fallible<> Dump::types(FuncIdx func) {
  text::FuncListing listing(module_, names_, func);
  text::ListedInstr listed;
  Fallible<> printed;
  const auto show = [&](const validate::ValidatedStep& step) {
    if (!printed || !listing.next(listed)) return;
    printed = output_.add(type_line(func, listed, stack_text(step)));
  };
  validate::FuncScratch scratch;
  const auto checked = validate::observe_function(*context_, func, scratch, show);
  if (checked || !printed) return printed;
  if (listing.next(listed)) TRY(output_.add(type_line(func, listed, "not valid")));
  TRY(output_.flush());
  return std::unexpected(source_.failure(checked.error()));
}

}  // namespace

Fallible<int> dump(const DumpOptions& options) {
  const ModuleSource source = TRY(ModuleSource::read(options.file));
  const auto indices = options.stage == DumpOptions::Stage::validate
                           ? binary::TypeIndices::canonical
                           : binary::TypeIndices::as_written;
  if (options.stage == DumpOptions::Stage::assembly) {
    TRY(dump_asm(options, source));
    return exit_code::success;
  }
  const auto module = binary::decode(source.shared_bytes(), options.features, indices);
  if (!module) return std::unexpected(source.failure(module.error()));
  TRY(Dump(options, source, *module).run());
  return exit_code::success;
}

}  // namespace waxwing::cli
