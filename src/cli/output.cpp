// Files in one piece.
#include "cli/output.h"

#include "platform/output_file.h"
#include "runtime/text.h"

namespace waxwing::cli {

Fallible<> write_output(const std::string& output, base::ByteSpan bytes) {
  if (output == "-") return print(base::as_text(bytes));
  const auto written = platform::write_whole_file(output, bytes);
  if (written) return {};
  return fail(exit_code::output_failed,
              runtime::printable(output) +
                  " cannot be written: " + std::string(platform::file_error_text(written.error())));
}

}  // namespace waxwing::cli
