// Messages for people, and the hints that go with errors and traps.
#include "cli/messages.h"

#include "base/bytes.h"
#include "platform/file.h"

namespace waxwing::cli {
namespace {

using base::ErrorCode;
using syntax::TrapCode;

struct ErrorHint {
  ErrorCode code;
  std::string_view text;
};

constexpr ErrorHint error_hints[] = {
    {ErrorCode::component_not_module,
     "build a core module for WASI preview 1 instead: Rust --target wasm32-wasip1, TinyGo "
     "-target=wasip1, clang --target=wasm32-wasip1"},
    {ErrorCode::feature_disabled,
     "--enable NAME switches a feature on; waxwing features lists them"},
    {ErrorCode::resource_limit, "--max-memory SIZE gives the program more"},
    {ErrorCode::incompatible_import,
     "the two modules were not built for one another; waxwing inspect FILE shows their types"},
};

std::string_view hint_for(ErrorCode code) {
  for (const ErrorHint& hint : error_hints) {
    if (hint.code == code) return hint.text;
  }
  return {};
}

std::string_view hint_for(TrapCode code) {
  if (code == TrapCode::call_stack_exhausted) {
    return "the program recurses without end, or needs more than --max-stack SIZE gives it";
  }
  if (code == TrapCode::heap_exhausted) return "--max-heap SIZE gives the program more";
  if (code == TrapCode::resource_limit) return "--max-memory SIZE gives the program more";
  if (code == TrapCode::out_of_fuel) return "--fuel N gives the program more";
  if (code == TrapCode::deadline_exceeded) return "--timeout DURATION gives the program more time";
  return {};
}

platform::FileResult<> write_all(const platform::File& file, std::string_view text) {
  base::ByteSpan rest = base::as_bytes(text);
  while (!rest.empty()) {
    const platform::ConstIoBuffer buffer{rest.data(), rest.size()};
    rest = rest.subspan(TRY(file.write({&buffer, 1})));
  }
  return {};
}

}  // namespace

Failure failure_of(std::string_view subject, const base::Error& error) {
  const int code =
      error.code == ErrorCode::not_found ? exit_code::not_found : exit_code::cannot_load;
  return {code, std::string(subject) + ": " + error.message(), std::string(hint_for(error.code))};
}

Failure failure_of(std::string_view subject, const runtime::Trap& trap) {
  int code = exit_code::trapped;
  if (trap.code == TrapCode::deadline_exceeded) code = exit_code::timed_out;
  if (trap.code == TrapCode::out_of_fuel) code = exit_code::out_of_fuel;
  return {code, std::string(subject) + ": " + trap.message(), std::string(hint_for(trap.code))};
}

void report(const Failure& failure) {
  if (failure.what.empty()) return;
  std::string text = "waxwing: " + failure.what + "\n";
  if (!failure.hint.empty()) text += "hint: " + failure.hint + "\n";
  (void)write_all(platform::File::standard_error(), text);  // nobody is left to tell
}

void warn(std::string_view what) {
  (void)write_all(platform::File::standard_error(),
                  "waxwing: warning: " + std::string(what) + "\n");
}

void note(std::string_view what) {
  (void)write_all(platform::File::standard_error(), "waxwing: " + std::string(what) + "\n");
}

Fallible<> print(std::string_view text) {
  const auto written = write_all(platform::File::standard_output(), text);
  if (written) return {};
  if (written.error() == platform::FileError::pipe) return fail(exit_code::output_failed, {});
  return fail(exit_code::output_failed,
              "standard output cannot be written: " +
                  std::string(platform::file_error_text(written.error())));
}

}  // namespace waxwing::cli
