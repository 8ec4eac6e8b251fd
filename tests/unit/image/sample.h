// A module with something of everything, made by hand, and machine code that was never any.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "image/format.h"
#include "image/image.h"

namespace waxwing::image {

using syntax::ConstExpr;
using syntax::ConstInstr;
using syntax::ExternKind;
using syntax::FuncIdx;
using syntax::Op;
using syntax::TypeIdx;

inline constexpr std::string_view sample_compat = "format 1\nbuild abc\ncpu avx2 bmi2\n";

class Sample {
 public:
  /// `data_bytes` are what the active segments write together.
  explicit Sample(size_t data_bytes = 100, std::string_view strings = sample_strings)
      : strings_(std::make_shared<std::string>(strings)), data_(data_bytes) {
    for (size_t i = 0; i < data_.size(); ++i) data_[i] = static_cast<uint8_t>(i * 7 + 1);
    add_types();
    add_index_spaces();
    add_segments();
    add_names();
    add_bodies();
    module.owner = strings_;
    add_code();
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  /// An image with machine code.
  std::vector<uint8_t> native(base::ByteSpan secret = {}) const {
    return write_image({.module = module,
                        .code = &code,
                        .compat = sample_compat,
                        .module_digest = digest(),
                        .secret = secret});
  }
  /// One for the interpreter.
  std::vector<uint8_t> bodies() const {
    return write_image({.module = module, .compat = sample_compat, .module_digest = digest()});
  }
  static cache::Digest digest() { return cache::sha256(base::as_bytes("sample")); }

  syntax::Module module;
  abi::CodeImage code;

 private:
  static constexpr std::string_view sample_strings =
      "envmemruntheproducersclang 19sampleinnerouter\x01\x02\x03\x04\x0b\x05\x06\x0b";

  static std::vector<uint8_t> write_image(const Source& source) {
    auto bytes = write(source);
    return bytes ? *std::move(bytes) : std::vector<uint8_t>();
  }
  std::string_view part(size_t begin, size_t size) const {
    return std::string_view(*strings_).substr(begin, size);
  }
  ConstExpr expr(std::initializer_list<ConstInstr> instrs) {
    const ConstExpr made{static_cast<uint32_t>(module.const_instrs.size()),
                         static_cast<uint32_t>(instrs.size())};
    module.const_instrs.insert(module.const_instrs.end(), instrs);
    return made;
  }
  static ConstInstr instr(Op op, uint32_t index = 0, uint32_t count = 0) {
    ConstInstr made;
    made.op = op;
    made.index = index;
    made.count = count;
    made.offset = 7;
    return made;
  }
  static ConstInstr i32(uint32_t value) {
    ConstInstr made = instr(Op::i32_const);
    made.value = base::V128::from_lanes(std::array<uint64_t, 2>{value, 0});
    return made;
  }

  void add_types() {
    const auto add = [&](auto composite) {
      syntax::SubType type;
      type.composite = std::move(composite);
      module.types.push_back(std::move(type));
    };
    const syntax::StructType structure = {
        {{syntax::ValType(syntax::ValKind::i8), true},
         {syntax::ValType::ref(true, syntax::HeapType(TypeIdx(3u))), false}}};
    add(syntax::FuncType{});
    add(syntax::FuncType{{syntax::i32_type, syntax::v128_type}, {syntax::f64_type}});
    add(structure);
    add(syntax::ArrayType{{syntax::i64_type, true}});
    add(structure);
    module.types[TypeIdx(2u)].is_final = false;
    module.types[TypeIdx(4u)].super = TypeIdx(2u);
    module.rec_groups = {{TypeIdx(0u), 1}, {TypeIdx(1u), 1}, {TypeIdx(2u), 2}, {TypeIdx(4u), 1}};
    for (uint32_t i = 0; i < 5; ++i) module.canonical_types.push_back(TypeIdx(i));
  }

  void add_index_spaces() {
    module.imports.push_back({part(0, 3), part(6, 3), TypeIdx(1u), 11});
    module.funcs.push_back(TypeIdx(1u));
    const syntax::MemoryType memory{.limits_pages = {2, 3}};
    module.imports.push_back({part(0, 3), part(3, 3), memory, 22});
    module.memories.push_back(memory);
    module.imports.push_back({part(0, 3), part(9, 3), syntax::GlobalType{syntax::i32_type}, 33});
    module.globals.push_back({{syntax::i32_type}, {}});
    module.imports.push_back({part(0, 3), part(9, 3), syntax::TagType{TypeIdx(0u)}, 44});
    module.tags.push_back({TypeIdx(0u)});
    const syntax::TableType table{.limits = {1, std::nullopt}};
    module.imports.push_back({part(0, 3), part(9, 3), table, 55});
    module.tables.push_back({table, std::nullopt});
    module.imported_funcs = module.imported_memories = module.imported_globals = 1;
    module.imported_tags = module.imported_tables = 1;

    module.funcs.push_back(TypeIdx(0u));
    module.funcs.push_back(TypeIdx(1u));
    module.memories.push_back({.limits_pages = {40, std::nullopt}});
    module.memories.push_back({.limits_pages = {1, 9}, .address = syntax::AddressType::i64});
    module.tables.push_back({{.element = syntax::ValType::ref(false, syntax::AbstractHeap::func),
                              .limits = {2, 4},
                              .address = syntax::AddressType::i64},
                             expr({instr(Op::ref_func, 1)})});
    module.globals.push_back({{syntax::ValType::ref(true, syntax::HeapType(TypeIdx(3u))), true},
                              expr({i32(1), i32(2), instr(Op::array_new_fixed, 3, 2)})});
    module.tags.push_back({TypeIdx(0u)});
    module.exports.push_back({part(6, 3), ExternKind::func, 1});
    module.exports.push_back({part(3, 3), ExternKind::memory, 1});
    module.start = FuncIdx(1u);
  }

  void add_segments() {
    syntax::ElemSegment funcs;
    funcs.offset = expr({i32(0)});
    funcs.module_offset = 66;
    funcs.funcs.push_back(FuncIdx(2u));
    funcs.funcs.push_back(FuncIdx(1u));
    module.elems.push_back(funcs);
    syntax::ElemSegment exprs;
    exprs.mode = syntax::SegmentMode::passive;
    exprs.exprs.push_back(expr({instr(Op::ref_null)}));
    exprs.exprs.push_back(expr({instr(Op::ref_func, 2)}));
    module.elems.push_back(exprs);
    const base::ByteSpan data = data_;
    const size_t half = data.size() / 2;
    const auto active = [&](base::ByteSpan bytes, uint32_t to) {
      module.datas.push_back({.memory = syntax::MemIdx(1u),
                              .offset = expr({i32(to)}),
                              .bytes = bytes,
                              .module_offset = 77});
    };
    active(data.first(half), 5000);
    active(data.subspan(half), static_cast<uint32_t>(5000 + half));
    syntax::DataSegment passive;
    passive.mode = syntax::SegmentMode::passive;
    passive.bytes = base::as_bytes(part(30, 6));
    module.datas.push_back(passive);
    module.data_count = 3;
  }

  void add_names() {
    module.customs.push_back({part(12, 9), base::as_bytes(part(21, 8)), 88});
    module.names.module = part(29, 6);
    module.names.text = part(35, 10);
    module.names.funcs.push_back({FuncIdx(1u), 0, 5});
    module.names.funcs.push_back({FuncIdx(2u), 5, 5});
  }

  void add_bodies() {
    module.code_bytes = base::as_bytes(*strings_);
    module.code_offset = 1000;
    module.bodies.push_back({.offset = 1045, .code_size = 5, .first_run = 0, .run_count = 1});
    module.bodies.push_back({.offset = 1050, .code_size = 3, .first_run = 1, .run_count = 2});
    module.local_runs.push_back({3, syntax::i32_type});
    module.local_runs.push_back({1, syntax::f32_type});
    module.local_runs.push_back({2, syntax::v128_type});
    module.hints.funcs.push_back({.max_stack_slots = 4, .has_call = true, .local_count = 2});
    module.hints.funcs.push_back({.loop_count = 1, .first_local = 2, .local_count = 1});
    module.hints.loops.push_back({.written_locals = 5, .code_offset = 1, .has_call = true});
    module.hints.local_weights.append(std::array<uint16_t, 3>{8, 1, 64});
  }

  void add_code() {
    code.text.assign(5000, 0xcc);
    code.funcs = {{.begin = 256, .end = 300, .frame_bytes = 32, .first_site = 0},
                  {.begin = 320, .end = 400, .frame_bytes = 48, .first_site = 1}};
    code.sites = {{260, 2, syntax::TrapCode::unreachable}, {330, 1, syntax::TrapCode::none}};
    code.handlers = {{.begin = 321, .end = 340, .target = 350, .tag = 1}};
    code.stubs.enter_end = 64;
    code.stubs.fault = 70;
    code.stubs.leave = 80;
    code.stubs.restore = 90;
    code.stubs.restore_end = 95;
    code.stubs.enter = {0, 32, abi::CodeStubs::none, abi::CodeStubs::none, abi::CodeStubs::none};
    code.stubs.foreign.assign(5, abi::CodeStubs::none);
    code.stubs.traps = {100, 110};
    code.relies_on_guards = false;
    code.has_counters = true;
  }

  std::shared_ptr<const std::string> strings_;
  std::vector<uint8_t> data_;
};

/// Puts an image's checksums right, as whoever changes it on purpose can.
inline void put_checksums_right(std::vector<uint8_t>& image) {
  Header header;
  if (image.size() < sizeof header) return;
  std::memcpy(&header, image.data(), sizeof header);
  if (header.metadata_bytes < sizeof header || header.metadata_bytes > image.size()) return;
  header.file_bytes = image.size();
  header.content_checksum = cache::checksum(base::ByteSpan(image).subspan(header.metadata_bytes));
  std::memcpy(image.data(), &header, sizeof header);
  header.metadata_checksum = metadata_checksum(header, image);
  std::memcpy(image.data(), &header, sizeof header);
}

}  // namespace waxwing::image
