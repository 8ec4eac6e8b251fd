// A decoded module: the abstract syntax of the specification, immutable once validated. [spec 2.5]
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/flat_vector.h"
#include "base/index.h"
#include "base/v128.h"
#include "syntax/features.h"
#include "syntax/opcode.h"
#include "syntax/types.h"

namespace waxwing::syntax {

/// One instruction of a constant expression. What `op` means says which member counts.
struct ConstInstr {
  Op op;
  uint32_t index = 0;   // type, function or global
  uint32_t count = 0;   // array.new_fixed: elements
  HeapType heap;        // ref.null
  base::V128 value{};   // constants: little-endian in the low bytes
  uint64_t offset = 0;  // of the opcode, in the module
};

/// A constant expression without its `end`: a run of `Module::const_instrs`. [spec 3.3.10]
struct ConstExpr {
  uint32_t first = 0;
  uint32_t count = 0;
};

struct Import {
  std::string_view module;
  std::string_view name;
  std::variant<TypeIdx, TableType, MemoryType, GlobalType, TagType> type;  // TypeIdx: a function's
  uint64_t offset = 0;

  ExternKind kind() const { return ExternKind(type.index()); }
};

struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index = 0;  // in the index space of `kind`
};

struct Table {
  TableType type;
  std::optional<ConstExpr> init;  // absent: null, or an import
};

struct Global {
  GlobalType type;
  ConstExpr init;  // empty for an import
};

enum class SegmentMode : uint8_t { active, passive, declarative };

/// An element segment. Its items are functions by index or constant expressions, never both.
struct ElemSegment {
  SegmentMode mode = SegmentMode::active;
  ValType type = funcref;
  TableIdx table;
  ConstExpr offset;
  base::FlatVector<FuncIdx> funcs;
  std::vector<ConstExpr> exprs;
  uint64_t module_offset = 0;

  size_t size() const { return funcs.size() + exprs.size(); }
};

struct DataSegment {
  SegmentMode mode = SegmentMode::active;
  MemIdx memory;
  ConstExpr offset;
  base::ByteSpan bytes;
  uint64_t module_offset = 0;
};

struct LocalRun {
  uint32_t count = 0;
  ValType type;
};

/// A function body: its declared locals and its instructions, `end` included. See Module::locals
/// and Module::code.
struct FuncBody {
  uint32_t offset = 0;  // of its first instruction in the module
  uint32_t code_size = 0;
  uint32_t first_run = 0;  // of Module::local_runs, without parameters
  uint32_t run_count = 0;
};

/// What validation learns about a function, for the tiers that compile it.
struct FuncHints {
  uint32_t max_stack_slots = 0;  // operand stack, in slots of 8 bytes
  uint32_t max_labels = 0;       // nesting of blocks, the function's own included
  bool has_call = false;
  bool has_loop = false;
  bool has_handlers = false;  // try_table or try
  uint8_t unused = 0;         // no bytes without a value: hints are stored as they are
  uint32_t call_weight = 0;   // calls, times 8 for each enclosing loop, saturating
  uint32_t first_loop =
      0;  // its loops are ModuleHints::loops[first_loop, first_loop + loop_count), by position
  uint32_t loop_count = 0;
  uint32_t first_local =
      0;  // its first locals' use weights are ModuleHints::local_weights[first_local, first_local +
  uint32_t local_count = 0;  // local_count), parameters first; locals behind them are not weighed
};

/// The locals that a loop's body writes, as a bit set of the first 64; `writes_others` stands for
/// all the rest.
struct LoopHints {
  uint64_t written_locals = 0;
  uint32_t code_offset = 0;  // of the `loop` opcode within the body
  bool writes_others = false;
  bool has_call = false;
  uint16_t unused = 0;
};

struct ModuleHints {
  base::FlatVector<FuncHints> funcs;  // per defined function, or none
  base::FlatVector<LoopHints> loops;
  base::FlatVector<uint16_t> local_weights;  // uses, times 8 for each enclosing loop, saturating
};

/// Bytes between two known sections, or anywhere: kept, not interpreted.
struct CustomSection {
  std::string_view name;
  base::ByteSpan bytes;
  uint64_t offset = 0;
};

struct FuncName {
  FuncIdx func;
  uint32_t offset = 0;  // in Names::text
  uint32_t size = 0;
};

/// Names of the "name" section, a hint: what is malformed there is left out. [spec 7.4.1]
struct Names {
  std::string_view module;
  std::string_view text;             // that the functions' names lie in
  base::FlatVector<FuncName> funcs;  // by rising index

  /// "" where it does not lie in the text.
  std::string_view of(const FuncName& name) const {
    if (name.offset > text.size() || name.size > text.size() - name.offset) return {};
    return text.substr(name.offset, name.size);
  }
};

/// Immutable after decoding, but for `hints`, which validation fills. All views point into what
/// `owner` keeps alive: the binary, or an image of the module.
struct Module {
  std::shared_ptr<const void> owner;
  /// The binary; empty where the module comes from an image, which does not have all of it. Only
  /// those may ask for it who decoded the module themselves.
  base::ByteSpan bytes;
  /// The code section's contents and their place in the binary, from which DWARF counts. Where an
  /// image has no bodies, since its machine code stands for them, there are no bytes.
  base::ByteSpan code_bytes;
  uint64_t code_offset = 0;
  FeatureSet features_used;

  base::IndexVector<TypeIdx, SubType> types;
  std::vector<RecGroup> rec_groups;
  base::IndexVector<TypeIdx, TypeIdx>
      canonical_types;  // the first type of this module that is equal
  std::vector<Import> imports;
  // Index spaces: imports first, then definitions.
  base::IndexVector<FuncIdx, TypeIdx, base::FlatVector<TypeIdx>> funcs;
  base::IndexVector<TableIdx, Table> tables;
  base::IndexVector<MemIdx, MemoryType> memories;
  base::IndexVector<GlobalIdx, Global> globals;
  base::IndexVector<TagIdx, TagType> tags;
  uint32_t imported_funcs = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;

  std::vector<Export> exports;
  std::optional<FuncIdx> start;
  base::IndexVector<ElemIdx, ElemSegment> elems;
  base::IndexVector<DataIdx, DataSegment> datas;
  std::optional<uint32_t> data_count;
  /// Of defined functions: bodies[i] is function imported_funcs + i. As many as there are such
  /// functions, whether their code is there or not.
  base::FlatVector<FuncBody> bodies;
  base::FlatVector<LocalRun> local_runs;
  std::vector<ConstInstr> const_instrs;
  std::vector<CustomSection> customs;
  Names names;
  ModuleHints hints;

  /// REQUIRES: the type at `func`'s index is a function type (validated).
  const FuncType& func_type(FuncIdx func) const { return *types[funcs[func]].func(); }
  bool is_imported(FuncIdx func) const { return func.value < imported_funcs; }
  /// REQUIRES: !is_imported(func)
  const FuncBody& body(FuncIdx func) const { return bodies[func.value - imported_funcs]; }
  /// The instructions of `body`, which is one of this module's; none where they are not there.
  base::ByteSpan code(const FuncBody& body) const {
    const uint64_t begin = body.offset - code_offset;
    if (begin > code_bytes.size() || body.code_size > code_bytes.size() - begin) return {};
    return code_bytes.subspan(begin, body.code_size);
  }
  /// The declared locals of `body`, without parameters; none where they are not there.
  std::span<const LocalRun> locals(const FuncBody& body) const {
    const std::span<const LocalRun> runs(local_runs.begin(), local_runs.end());
    if (body.first_run > runs.size() || body.run_count > runs.size() - body.first_run) return {};
    return runs.subspan(body.first_run, body.run_count);
  }
  std::span<const ConstInstr> instrs(ConstExpr expr) const {
    return std::span(const_instrs).subspan(expr.first, expr.count);
  }
  /// The name of `func` from the name section, or "". Logarithmic time.
  std::string_view func_name(FuncIdx func) const;
};

}  // namespace waxwing::syntax
