// Reads function bodies one instruction at a time: opcode and immediates, by the immediate's kind. [spec 5.4]
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/v128.h"
#include "binary/reader.h"
#include "syntax/module.h"
#include "syntax/opcode.h"

namespace waxwing::binary {

/// The type of a block: nothing, one result, or the function type at an index. [spec 5.4.1]
struct BlockType {
  enum class Kind : uint8_t { empty, value, index };

  Kind kind = Kind::empty;
  syntax::ValType value;  // Kind::value
  syntax::TypeIdx index;  // Kind::index, not made canonical; may be out of range until validated
};

struct CatchClause {
  enum class Kind : uint8_t { catch_, catch_ref, catch_all, catch_all_ref };

  Kind kind = Kind::catch_;
  syntax::TagIdx tag;  // catch_ and catch_ref
  uint32_t label = 0;
};

/// One decoded instruction. Which members count depends on the immediate's kind; the others hold anything.
struct Instr {
  syntax::Op op = syntax::Op::unreachable;
  uint8_t lane = 0;                          // lane, mem_arg_lane
  uint8_t align_log2 = 0;                    // mem_arg, mem_arg_lane
  bool from_nullable = false;                // cast
  bool to_nullable = false;                  // cast
  uint32_t code_offset = 0;                  // of the opcode within the body
  uint32_t index = 0;                        // the first index: label, func, type, local, global, table, memory (of a
                                             // mem_arg too), destination, data, elem, tag
  uint32_t index2 = 0;                       // the second: table of call_indirect, source, field, data, elem, memory; or count
  uint64_t mem_offset = 0;                   // mem_arg, mem_arg_lane
  BlockType block_type;                      // block, try_table
  syntax::HeapType heap;                     // heap_type; cast: from
  syntax::HeapType heap2;                    // cast: to
  base::V128 value{};                        // constants in the low bytes; shuffle: the lanes
  std::span<const uint32_t> labels;          // br_table: targets, the default last. Valid until the next read
  std::span<const syntax::ValType> types;    // select_types. Valid until the next read
  std::span<const CatchClause> catches;      // try_table. Valid until the next read

  uint32_t i32() const { return base::load_le<uint32_t>(&value); }
  uint64_t i64() const { return base::load_le<uint64_t>(&value); }
};

/// A cursor over one body. Not thread-safe; cheap to make. Errors are sticky: after one, `next` returns false.
class InstrReader {
 public:
  /// `code` lies at `module_offset` in `module`, which gives features and canonical types and must outlive the reader.
  InstrReader(const syntax::Module& module, syntax::FeatureSet features, base::ByteSpan code, uint64_t module_offset);

  /// Reads the next instruction into `instr`; false at the end of the bytes or after an error.
  bool next(Instr& instr);

  bool at_end() const;
  /// Bytes read so far.
  uint32_t position() const;
  const std::optional<base::Error>& error() const;

 private:
  const syntax::Module& module_;
  syntax::FeatureSet features_;
  Reader reader_;
  std::vector<uint32_t> labels_;
  std::vector<syntax::ValType> types_;
  std::vector<CatchClause> catches_;
};

}  // namespace waxwing::binary
