// What a generated module has besides code: types, memories, tables, globals, tags, segments.
// All of it follows from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/random.h"
#include "syntax/types.h"
#include "text/byte_writer.h"

namespace waxwing::tests {

using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::ValKind;
using syntax::ValType;
using text::ByteWriter;

/// Says which module is generated. The smaller its numbers, the smaller the module; functions do
/// not depend on what another one's numbers are.
struct Shape {
  uint64_t seed = 0;
  uint32_t budget = 120;                 // values and statements of a function, about
  std::vector<uint32_t> max_statements;  // by defined function; what is missing is not cut
};

struct ElemPlan {
  ValType type;
  uint32_t count = 0;
  uint8_t flags = 1;  // passive or declarative
  ByteWriter items;   // expressions, `end` included
};

class Plan {
 public:
  /// Index 0: counts down what loops and calls may still do.
  static constexpr uint32_t fuel_global = 0;

  explicit Plan(uint64_t seed);

  /// The index of a function type; one is added where there is none.
  uint32_t func_type(const std::vector<ValType>& params, const std::vector<ValType>& results);
  const syntax::FuncType& func(uint32_t index) const { return *types[funcs[index]].func(); }
  /// Whether a value of `sub` may stand where `super` is expected.
  bool matches(ValType sub, ValType super) const;
  bool is_below(HeapType sub, HeapType super) const;
  /// A type that a local, parameter, result or global may have.
  ValType value_type(Random& random, bool may_be_null_only = false) const;
  /// A type of all those types that are abstract, or have an object at hand.
  ValType ref_type(Random& random, bool may_be_null_only) const;

  /// The module, with these bodies: locals and code, without their sizes.
  std::vector<uint8_t> encode(const std::vector<ByteWriter>& bodies) const;

  std::vector<syntax::SubType> types;  // structures and arrays first, in one recursive group
  uint32_t aggregates = 0;
  std::vector<uint32_t> funcs;  // their types; imports first
  uint32_t imported_funcs = 0;
  std::vector<syntax::MemoryType> memories;
  bool imports_memory = false;  // the first one
  std::vector<syntax::TableType> tables;
  std::vector<syntax::GlobalType> globals;
  std::vector<uint32_t> tags;
  std::vector<ElemPlan> elems;
  std::vector<std::vector<uint8_t>> datas;

 private:
  void make_types(Random& random);
  void make_funcs(Random& random);
  void make_state(Random& random);
  void make_segments(Random& random);
  void imports_section(ByteWriter& out) const;
  void exports_section(ByteWriter& out) const;

  uint64_t seed_;
};

void write_heap_type(ByteWriter& out, HeapType heap);
void write_val_type(ByteWriter& out, ValType type);

/// Numbers that are at the edge of something, as bits.
uint64_t interesting_bits(Random& random, ValKind kind);
/// The constant instruction of a number or vector.
void write_const(ByteWriter& out, Random& random, ValType type);

}  // namespace waxwing::tests
