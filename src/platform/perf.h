// What Linux's perf reads to name machine code. [Linux: tools/perf/Documentation/jit-interface.txt,
// jitdump-specification.txt]
#pragma once

#include <string>
#include <string_view>

#include "platform/code_listener.h"
#include "platform/file_error.h"

namespace waxwing::platform {

/// Writes "BEGIN SIZE NAME" lines to the file that `perf report` looks for, perf-PID.map in the
/// folder of temporary files. Names stay when the code is gone: perf reads them after the process.
FileResult<std::shared_ptr<CodeListener>> make_perf_map();

/// The file name that make_jitdump makes in `folder`.
std::string jitdump_path(std::string_view folder);

/// Writes names and code to jitdump_path(folder), which `perf inject --jit` makes files of that
/// `perf annotate` can show. Record with `perf record -k mono`. Costs a copy of all code.
FileResult<std::shared_ptr<CodeListener>> make_jitdump(std::string_view folder);

}  // namespace waxwing::platform
