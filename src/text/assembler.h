// Text becomes bytes here; decoder and validator take over. What they check is not checked twice:
// an assembled module may be invalid, but it is what the text says. [spec 6]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/cursor.h"
#include "text/source_map.h"

namespace waxwing::text {

struct AssembleOptions {
  SourceMap* source_map = nullptr;  // filled where there is one
  bool name_section = true;         // keep ids and @name annotations as the "name" section
};

/// The bytes of the one module in `wat`: `(module ...)` or bare fields. An error's offset counts
/// bytes of `wat`; `render_error` shows it. Linear time; memory is bounded by the text's size.
base::Result<std::vector<uint8_t>> assemble(std::string_view wat,
                                            const AssembleOptions& options = {});

/// The same for the module that `cursor` has begun to read: it stands behind `(module`, or behind
/// the id or `definition` that follows there, and afterwards behind the closing `)`. With
/// `id` ("$m" or "", from the same source), the module's name. On an error the cursor has it too
/// and reads no more.
base::Result<std::vector<uint8_t>> assemble_module(Cursor& cursor, std::string_view id,
                                                   const AssembleOptions& options = {});

/// The same for bare fields up to the end of the text.
base::Result<std::vector<uint8_t>> assemble_fields(Cursor& cursor,
                                                   const AssembleOptions& options = {});

}  // namespace waxwing::text
