// How things fail: `Result<T>` holds a value or an `Error`, and an Error may hold a `Trap`.
#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waxwing/export.h"

namespace waxwing {

namespace detail {
struct Access;
struct Restoration;
}  // namespace detail

/// What kind of failure an Error is: what a program decides by. Numbers never change.
enum class ErrorCode : uint8_t {
  malformed = 1,       // the bytes are no module (of the features that are on)
  invalid = 2,         // the module breaks a rule of validation
  unlinkable = 3,      // an import is missing or does not fit, or a name is defined twice
  implementation = 4,  // beyond what this implementation can do at all
  resource_limit = 5,  // beyond what the embedder allows
  out_of_memory = 6,   // the host has no more
  unsupported = 7,     // the host or this build cannot do it
  not_found = 8,       // no such export, file, ...
  io = 9,              // reading or writing failed
  wrong_type = 10,     // a value, function or object of another type than was asked for
  invalid_argument = 11,
  out_of_bounds = 12,  // of a memory or a table, by the host
  wrong_store = 13,    // an object was used with a store that is not its own
  store_closed = 14,   // the object's store has been closed
  not_cached = 15,     // the cache must have the module and does not
  trapped = 16,        // Wasm code, or a host function that it called, failed: `Error::trap`
  exited = 17,         // the program asked to exit: `Error::exit_status`
  interrupted = 18,    // by an Interrupter, stop token, deadline, or lack of fuel: `trap` says
};

/// Why Wasm code stopped. Numbers never change.
enum class TrapCode : uint8_t {
  unreachable = 1,
  integer_divide_by_zero = 2,
  integer_overflow = 3,
  invalid_conversion = 4,
  out_of_bounds_memory = 5,
  out_of_bounds_table = 6,
  undefined_element = 7,
  uninitialized_element = 8,
  indirect_call_type_mismatch = 9,
  call_stack_exhausted = 10,
  unaligned_atomic = 11,
  expected_shared_memory = 12,
  null_reference = 13,
  null_function_reference = 14,
  null_structure_reference = 15,
  null_array_reference = 16,
  null_i31_reference = 17,
  null_exception_reference = 18,
  cast_failure = 19,
  out_of_bounds_array = 20,
  uncaught_exception = 21,
  interrupted = 64,
  deadline_exceeded = 65,
  host_error = 66,  // a host function failed: it returned an error, or threw
  resource_limit = 67,
  heap_exhausted = 68,
  unsupported = 69,
  exit = 70,
  out_of_fuel = 71,
};

/// The words of the official test suite where it has some: "integer divide by zero".
WAXWING_API std::string_view to_string(TrapCode code);
/// "malformed", "out_of_bounds": the name in this header.
WAXWING_API std::string_view to_string(ErrorCode code);

/// A place in a program's source.
struct SourceLocation {
  std::string function;  // may be empty
  std::string file;      // as the compiler noted it, in its directory; may be empty
  uint32_t line = 0;     // from 1; 0 where no line stands for the instruction
  uint32_t column = 0;   // from 1, in bytes; 0 where it is not known
};

/// A Wasm function that was running.
struct Frame {
  std::string module;  // its name; may be empty
  uint32_t func_index = 0;
  std::string func_name;  // from the name section; may be empty
  uint64_t offset = 0;    // of the instruction, in bytes from the module's start
  std::shared_ptr<const void> module_data = nullptr;  // what `source` reads; may be null

  /// Where the instruction comes from, by the module's DWARF: first the innermost function that was
  /// inlined there, last the function itself. Empty where it is not known. The first question makes
  /// an index of the module's line tables, whose size bounds what that takes. Thread-safe.
  WAXWING_API std::vector<SourceLocation> source() const;
};

/// Wasm code failed, was stopped, or asked to exit.
struct Trap {
  TrapCode code = TrapCode::unreachable;
  std::string detail = {};         // what is specific to this case; may be empty
  int32_t exit_status = 0;         // of TrapCode::exit
  std::vector<Frame> frames = {};  // innermost first, at most 100

  /// "wasm trap: integer divide by zero" and, below it, a line a frame, and what `Frame::source`
  /// says.
  WAXWING_API std::string message() const;
};

class Exception;

/// Why something failed. As large as two pointers; copies share what it says. Thread-safe to read,
/// but for `wasm_exception`.
class WAXWING_API Error {
 public:
  /// `message` says what is wrong, where, and how to mend it. A host function may return one.
  Error(ErrorCode code, std::string message, std::optional<uint64_t> offset = std::nullopt);
  /// `trapped`, `exited` or `interrupted`, by the trap's code.
  explicit Error(Trap trap, std::exception_ptr exception = nullptr);
  /// A trap of code `uncaught_exception`. A host function that returns it throws the exception.
  explicit Error(const Exception& exception);

  ErrorCode code() const noexcept;
  /// What is wrong, where, and how to mend it: one line, and for a trap `Trap::message`, which is
  /// made when somebody asks first.
  const std::string& message() const noexcept;
  /// Bytes from the module's start, where a place in one is at fault.
  std::optional<uint64_t> offset() const noexcept;
  /// Where Wasm code failed; else null. Lives as long as this error or a copy of it.
  const Trap* trap() const noexcept;
  /// Of `exited`; else 0.
  int32_t exit_status() const noexcept;
  /// What a host function threw, or null. Typed calls rethrow it where exceptions are on.
  const std::exception_ptr& exception() const noexcept;
  /// The exception of WebAssembly that no Wasm code caught, or null. The thread that uses its store
  /// looks at it, and ends the last copy of such an error.
  const Exception* wasm_exception() const noexcept;

  // Copies and nothing else: one that was moved from stays what it was.
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() = default;

 private:
  friend struct detail::Access;
  explicit Error(std::shared_ptr<const detail::Restoration> restoration);
  struct Data;
  std::shared_ptr<const Data> data_;
};

/// A value, or why there is none. `value()` throws std::bad_expected_access<Error> where there is
/// none; nothing else of Waxwing throws but what a host function of yours threw.
template <typename T = void>
using Result = std::expected<T, Error>;

}  // namespace waxwing
