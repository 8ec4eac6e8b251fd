// See dump_asm.h. Lines are offset, bytes where they are asked for, text, and behind a semicolon
// what the text does not tell: fields of the context, and the Wasm instruction that may trap or
// calls.
#include "cli/dump_asm.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "abi/frame.h"
#include "abi/vm_layout.h"
#include "cli/disassembly.h"
#include "cli/dump_output.h"
#include "runtime/code_symbols.h"
#include "text/listing.h"

namespace waxwing::cli {
namespace {

using abi::CodeFunc;
using abi::CodeSite;
using syntax::FuncIdx;
using syntax::Module;

constexpr std::string_view context_fields[] = {"stack_limit", "memory0_base", "state", "code_ptrs",
                                               "builtins",    "instance",     "store"};
static_assert(sizeof(abi::VmContext) == 8 * std::size(context_fields));

/// What lies at `offset` of the VmContext of the module's instances; empty where that is nothing.
std::string context_cell(const Module& module, const abi::VmLayout& layout, uint32_t offset) {
  if (offset < sizeof(abi::VmContext)) {
    return offset % 8 == 0 ? std::string(context_fields[offset / 8]) : std::string();
  }
  struct Array {
    std::string_view name;
    uint64_t begin;
    uint64_t count;
    uint64_t size_bytes;
    uint64_t first;  // index
  };
  const uint32_t imported_globals = module.imported_globals;
  const uint32_t funcs = static_cast<uint32_t>(module.bodies.size());
  const Array arrays[] = {
      {"memory", layout.memory({}), module.memories.size(), 8, 0},
      {"table", layout.table({}), module.tables.size(), 8, 0},
      {"global", layout.global(syntax::GlobalIdx(imported_globals)),
       module.globals.size() - imported_globals, abi::VmLayout::global_cell_bytes,
       imported_globals},
      {"global", layout.imported_global({}), imported_globals, 8, 0},
      {"imported func", layout.imported_func({}), module.imported_funcs, 8, 0},
      {"id of type", layout.type_id({}), module.types.size(), 4, 0},
      {"calls and loops of func", layout.counters(0), funcs, sizeof(abi::FuncCounters),
       module.imported_funcs},
  };
  for (const Array& array : arrays) {
    if (offset < array.begin || offset >= array.begin + array.count * array.size_bytes) continue;
    return std::string(array.name) + " " +
           std::to_string((offset - array.begin) / array.size_bytes + array.first);
  }
  return {};
}

/// The distance in an operand "[REG+0x18]" of `text`, if it has one, and no index.
std::optional<int64_t> distance_from(std::string_view text, std::string_view reg) {
  const size_t begin = text.find("[" + std::string(reg));
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin + 1 + reg.size());
  text = text.substr(0, text.find(']'));
  if (text.empty()) return 0;
  const bool is_negative = text[0] == '-';
  if (!text.substr(1).starts_with("0x")) return std::nullopt;
  int64_t distance = 0;
  const auto [rest, error] =
      std::from_chars(text.data() + 3, text.data() + text.size(), distance, 16);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return is_negative ? -distance : distance;
}

class AsmDump {
 public:
  AsmDump(const DumpOptions& options, const ModuleSource& source,
          const runtime::CompiledModule& compiled)
      : options_(options),
        source_(source),
        module_(compiled.module),
        code_(*compiled.code->native_entries().code),
        names_(module_, true),
        layout_(module_),
        stubs_(runtime::stub_symbols(code_.tables())) {}

  Fallible<> run();

 private:
  /// A function on its way to the output.
  struct Listed {
    FuncIdx func;
    const CodeFunc& code;
    base::ByteSpan bytes;
    std::vector<MachineInstr> instrs;
    uint32_t code_end = 0;
    uint32_t data_begin = 0;               // where the constants are
    std::map<uint32_t, size_t> labels;     // by offset
    std::map<uint32_t, std::string> wasm;  // instructions by their offset in the body
  };

  Fallible<> batch(std::span<const FuncIdx> funcs);
  Fallible<> func(Listed& listed);
  Fallible<> data(const Listed& listed);
  Fallible<> line(uint32_t offset, base::ByteSpan bytes, std::string_view text,
                  std::string_view comment);
  Fallible<> list_wasm(Listed& listed);
  void find_data(Listed& listed) const;
  void find_labels(Listed& listed) const;
  std::string func_name(uint32_t index) const;
  std::string place_name(const Listed& listed, int64_t target) const;
  std::string instr_text(const Listed& listed, const MachineInstr& instr) const;
  std::string comment(const Listed& listed, const MachineInstr& instr) const;
  const CodeFunc& code_of(FuncIdx func) const {
    return code_.tables().funcs[func.value - module_.imported_funcs];
  }
  base::ByteSpan bytes_of(FuncIdx func) const {
    const CodeFunc& code = code_of(func);
    return code_.text().subspan(code.begin, code.end - code.begin);
  }

  const DumpOptions& options_;
  const ModuleSource& source_;
  const Module& module_;
  const runtime::NativeCode& code_;
  text::ModuleNames names_;
  abi::VmLayout layout_;
  std::vector<runtime::CodeSymbol> stubs_;
  DumpOutput output_;
};

Fallible<> AsmDump::run() {
  std::vector<FuncIdx> funcs;
  if (options_.func) {
    funcs.push_back(TRY(find_func(module_, *options_.func)));
    if (module_.is_imported(funcs[0])) {
      return fail(exit_code::usage, "function " + std::to_string(funcs[0].value) +
                                        " is imported: it has no instructions");
    }
  } else {
    for (size_t i = 0; i < module_.bodies.size(); ++i) {
      funcs.push_back(FuncIdx(static_cast<uint32_t>(module_.imported_funcs + i)));
    }
  }
  constexpr size_t batch_bytes = size_t(1) << 19;  // its text is some 20 times that
  for (size_t begin = 0; begin < funcs.size();) {
    size_t end = begin;
    size_t bytes = 0;
    while (end < funcs.size() && bytes < batch_bytes) bytes += bytes_of(funcs[end++]).size();
    TRY(batch(std::span(funcs).subspan(begin, end - begin)));
    begin = end;
  }
  return output_.flush();
}

Fallible<> AsmDump::batch(std::span<const FuncIdx> funcs) {
  std::vector<base::ByteSpan> codes;
  for (const FuncIdx one : funcs) codes.push_back(bytes_of(one));
  auto instrs = TRY(disassemble(codes));
  for (size_t i = 0; i < funcs.size(); ++i) {
    Listed listed{.func = funcs[i],
                  .code = code_of(funcs[i]),
                  .bytes = codes[i],
                  .instrs = {},
                  .labels = {},
                  .wasm = {}};
    if (instrs) listed.instrs = std::move((*instrs)[i]);
    TRY(func(listed));
  }
  return {};
}

Fallible<> AsmDump::func(Listed& listed) {
  const std::string heading = text::func_heading(module_, names_, listed.func);
  TRY(output_.add("\n" + heading + "\n; " + std::to_string(listed.bytes.size()) +
                  " bytes of code for " + std::to_string(module_.body(listed.func).code_size) +
                  " of Wasm, frame of " + std::to_string(listed.code.frame_bytes) + " bytes\n"));
  if (listed.instrs.empty()) return data(listed);
  TRY(list_wasm(listed));
  find_data(listed);
  find_labels(listed);
  for (const MachineInstr& instr : listed.instrs) {
    if (instr.offset >= listed.code_end) break;
    const auto label = listed.labels.find(instr.offset);
    if (label != listed.labels.end()) {
      TRY(output_.add("L" + std::to_string(label->second) + ":\n"));
    }
    const base::ByteSpan bytes = listed.bytes.subspan(instr.offset, instr.size_bytes);
    TRY(line(instr.offset, bytes, instr_text(listed, instr), comment(listed, instr)));
  }
  return data(listed);
}

/// What the disassembler has no text for, in hex.
Fallible<> AsmDump::data(const Listed& listed) {
  constexpr size_t line_bytes = 16;
  uint32_t offset = listed.data_begin;
  for (base::ByteSpan rest = listed.bytes.subspan(offset); !rest.empty();) {
    const base::ByteSpan part = rest.first(std::min(rest.size(), line_bytes));
    TRY(line(offset, {}, ".byte" + hex_bytes(part), {}));
    offset += static_cast<uint32_t>(part.size());
    rest = rest.subspan(part.size());
  }
  return {};
}

Fallible<> AsmDump::line(uint32_t offset, base::ByteSpan bytes, std::string_view text,
                         std::string_view comment) {
  constexpr size_t offset_columns = 6;
  constexpr size_t bytes_columns = 34;  // of 11 bytes; few are more
  constexpr size_t text_columns = 44;
  std::string line = hex(offset, 1);
  line.insert(0, line.size() < offset_columns ? offset_columns - line.size() : 0, ' ');
  if (options_.shows_bytes) {
    line += " " + hex_bytes(bytes);
    line.resize(std::max(line.size(), offset_columns + bytes_columns), ' ');
  }
  line += "  ";
  const size_t begin = line.size();
  line += text;
  if (!comment.empty()) {
    line.resize(std::max(line.size() + 1, begin + text_columns), ' ');
    line.append("; ").append(comment);
  }
  return output_.add(line + "\n");
}

/// The text of the instructions that sites name.
Fallible<> AsmDump::list_wasm(Listed& listed) {
  text::FuncListing listing(module_, names_, listed.func);
  text::ListedInstr instr;
  while (listing.next(instr)) listed.wasm[instr.code_offset] = std::move(instr.text);
  if (listing.error()) return std::unexpected(source_.failure(*listing.error()));
  return {};
}

/// Constants follow all instructions, behind zeros that align them; the first that code reads is
/// the first.
void AsmDump::find_data(Listed& listed) const {
  const std::vector<MachineInstr>& instrs = listed.instrs;
  const auto is_table = [&instrs](int64_t offset) {
    const auto place = std::ranges::lower_bound(instrs, offset, {}, &MachineInstr::offset);
    return place != instrs.end() && place->offset == offset && place->kind == InstrKind::table;
  };
  const auto end = static_cast<int64_t>(listed.bytes.size());
  int64_t begin = end;
  for (const MachineInstr& instr : instrs) {
    if (instr.offset >= begin) break;
    const bool reads = instr.kind == InstrKind::other && instr.target.has_value();
    if (reads && *instr.target > instr.offset && !is_table(*instr.target))
      begin = std::min(begin, *instr.target);
  }
  listed.data_begin = listed.code_end = static_cast<uint32_t>(begin);
  if (begin == end) return;
  const auto last =
      std::ranges::find_if(instrs.rbegin(), instrs.rend(), [&](const MachineInstr& instr) {
        return instr.offset + instr.size_bytes <= begin && listed.bytes[instr.offset] != 0;
      });
  if (last != instrs.rend()) listed.code_end = last->offset + last->size_bytes;
}

void AsmDump::find_labels(Listed& listed) const {
  for (const MachineInstr& instr : listed.instrs) {
    if (instr.offset >= listed.code_end) break;
    const bool branches = instr.kind == InstrKind::jump || instr.kind == InstrKind::branch ||
                          instr.kind == InstrKind::table;
    const int64_t target = instr.target.value_or(-1);
    if (branches && target >= 0 && target < listed.code_end)
      listed.labels[static_cast<uint32_t>(target)] = 0;
  }
  size_t number = 0;
  for (auto& [offset, label] : listed.labels) label = ++number;
}

std::string AsmDump::func_name(uint32_t index) const {
  const text::Id* id = names_.of(binary::NameKind::func).find(index);
  return id && !id->text.empty() ? id->text : "func " + std::to_string(index);
}

/// Of what a branch or call leads to.
std::string AsmDump::place_name(const Listed& listed, int64_t target) const {
  const abi::CodeTables& image = code_.tables();
  if (target >= 0) {
    const auto label = listed.labels.find(static_cast<uint32_t>(target));
    if (label != listed.labels.end()) return "L" + std::to_string(label->second);
  }
  const int64_t place = listed.code.begin + target;
  if (place < 0 || place >= static_cast<int64_t>(code_.text().size())) return "?";
  const auto offset = static_cast<uint32_t>(place);
  if (const CodeFunc* func = image.find_func(offset); func && func->begin == offset) {
    return func_name(static_cast<uint32_t>(module_.imported_funcs + (func - image.funcs.data())));
  }
  const auto stub = std::ranges::lower_bound(stubs_, offset, {}, &runtime::CodeSymbol::begin);
  return stub != stubs_.end() && stub->begin == offset ? stub->name : "?";
}

std::string AsmDump::instr_text(const Listed& listed, const MachineInstr& instr) const {
  const bool leads = instr.kind == InstrKind::jump || instr.kind == InstrKind::branch ||
                     instr.kind == InstrKind::call;
  if (instr.kind == InstrKind::table) {
    return instr.text + " " + place_name(listed, instr.target.value_or(0));
  }
  if (!leads || !instr.target || instr.text.find('[') != std::string::npos) return instr.text;
  return instr.text.substr(0, instr.text.find_last_of(' ') + 1) + place_name(listed, *instr.target);
}

std::string AsmDump::comment(const Listed& listed, const MachineInstr& instr) const {
  std::string text;
  const auto add = [&text](std::string_view part) {
    if (part.empty()) return;
    text.append(text.empty() ? "" : "; ").append(part);
  };
  if (const auto offset = distance_from(instr.text, "r14"); offset && *offset >= 0)
    add(context_cell(module_, layout_, static_cast<uint32_t>(*offset)));
  if (distance_from(instr.text, "rbp") == abi::frame_context) add("context");
  if (instr.kind == InstrKind::other && instr.target) {
    add("at " + hex(static_cast<uint64_t>(*instr.target), 1));
  }
  const uint32_t begin = listed.code.begin + instr.offset;
  const auto& sites = code_.tables().sites;
  const auto site = std::ranges::lower_bound(sites, begin, {}, &CodeSite::code_offset);
  if (site == sites.end() || site->code_offset >= begin + instr.size_bytes) return text;
  const uint64_t body = module_.body(listed.func).offset;
  const auto wasm = listed.wasm.find(site->body_offset);
  add(hex(body + site->body_offset, 8) +
      (wasm != listed.wasm.end() ? " " + wasm->second : std::string()));
  return text;
}

}  // namespace

Fallible<> dump_asm(const DumpOptions& options, const ModuleSource& source) {
  engine::CodegenConfig codegen = options.codegen;
  codegen.lazy = false;  // nobody calls
  const engine::Engine engine(
      {.features = options.features, .tier = engine::Tier::baseline, .codegen = codegen});
  const auto compiled = engine.compile(source.shared_bytes());
  if (!compiled) return std::unexpected(source.failure(compiled.error()));
  TRY(AsmDump(options, source, **compiled).run());
  if (!(*compiled)->module.bodies.empty()) {
    const auto disassembles = TRY(disassemble({}));
    if (!disassembles) {
      warn(
          "there is no disassembler: install Zydis (Debian: libzydis-dev) and build Waxwing again");
    }
  }
  return {};
}

}  // namespace waxwing::cli
