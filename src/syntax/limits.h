// Limits of this implementation. Beyond them a module is refused with a clear error. [spec A.3]
#pragma once

#include <cstdint>

namespace waxwing::syntax {

inline constexpr uint64_t max_module_size = uint64_t(1) << 30;  // bytes
inline constexpr uint32_t max_types = 1'000'000;
inline constexpr uint32_t max_rec_group_size = 1'000'000;
inline constexpr uint32_t max_subtyping_depth = 63;
inline constexpr uint32_t max_funcs = 1'000'000;
inline constexpr uint32_t max_imports = 1'000'000;
inline constexpr uint32_t max_exports = 1'000'000;
inline constexpr uint32_t max_globals = 1'000'000;
inline constexpr uint32_t max_tables = 65'536;    // so that 16 bits name one
inline constexpr uint32_t max_memories = 65'536;  // the same
inline constexpr uint32_t max_tags = 1'000'000;
inline constexpr uint32_t max_segments = 1'000'000;           // element or data, each
inline constexpr uint32_t max_segment_elements = 10'000'000;  // of one element segment
inline constexpr uint32_t max_const_instrs = 10'000'000;  // in all constant expressions of a module
inline constexpr uint32_t max_custom_sections = 100'000;
inline constexpr uint32_t max_func_body_size = 128u << 20;  // bytes
inline constexpr uint32_t max_locals = 50'000;              // of one function, parameters included
inline constexpr uint32_t max_params = 1'000;
inline constexpr uint32_t max_results = 1'000;
inline constexpr uint32_t max_struct_fields = 10'000;
inline constexpr uint32_t max_operand_slots =
    1'000'000;  // of 8 bytes, on the operand stack of one function
inline constexpr uint32_t max_nesting = 100'000;  // blocks in one function
inline constexpr uint32_t max_br_table_targets = 10'000'000;
// What the type of a memory with pages of 64 KiB may say. [spec 3.2.15]
inline constexpr uint64_t max_memory32_pages = 65'536;
inline constexpr uint64_t max_memory64_pages = uint64_t(1) << 48;
inline constexpr uint64_t max_table_elements = 10'000'000;  // what a table may hold at run time

}  // namespace waxwing::syntax
