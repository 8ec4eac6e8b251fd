// Errors and traps as values that say all of what is known.
#include "waxwing/error.h"

#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "waxwing/exception.h"

namespace waxwing {

struct Error::Data {
  ErrorCode code;
  std::string message;
  std::optional<uint64_t> offset;
  std::optional<Trap> trap;
  std::exception_ptr exception;
  std::optional<Exception> wasm_exception;
  std::shared_ptr<const detail::Restoration> restoration;
};

namespace {

ErrorCode code_of(TrapCode code) {
  if (code == TrapCode::exit) return ErrorCode::exited;
  const bool is_stopped = code == TrapCode::interrupted || code == TrapCode::deadline_exceeded ||
                          code == TrapCode::out_of_fuel;
  return is_stopped ? ErrorCode::interrupted : ErrorCode::trapped;
}

}  // namespace

std::string_view to_string(TrapCode code) { return syntax::trap_text(api::to_internal(code)); }

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::unlinkable: return "unlinkable";
    case ErrorCode::implementation: return "implementation";
    case ErrorCode::resource_limit: return "resource_limit";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::io: return "io";
    case ErrorCode::wrong_type: return "wrong_type";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::out_of_bounds: return "out_of_bounds";
    case ErrorCode::wrong_store: return "wrong_store";
    case ErrorCode::store_closed: return "store_closed";
    case ErrorCode::not_cached: return "not_cached";
    case ErrorCode::trapped: return "trapped";
    case ErrorCode::exited: return "exited";
    case ErrorCode::interrupted: return "interrupted";
  }
  return "";
}

std::string Trap::message() const {
  runtime::Trap trap{
      .code = api::to_internal(code), .detail = detail, .exit_status = exit_status, .frames = {}};
  for (const Frame& frame : frames) {
    trap.frames.push_back({.module = frame.module,
                           .func = syntax::FuncIdx(frame.func_index),
                           .name = frame.func_name,
                           .offset = frame.offset});
  }
  return trap.message();
}

Error::Error(ErrorCode code, std::string message, std::optional<uint64_t> offset)
    : data_(std::make_shared<const Data>(Data{.code = code,
                                              .message = std::move(message),
                                              .offset = offset,
                                              .trap = std::nullopt,
                                              .exception = nullptr,
                                              .wasm_exception = std::nullopt,
                                              .restoration = nullptr})) {}

Error::Error(Trap trap, std::exception_ptr exception) {
  Data data{.code = code_of(trap.code),
            .message = trap.message(),
            .offset = std::nullopt,
            .trap = std::move(trap),
            .exception = std::move(exception),
            .wasm_exception = std::nullopt,
            .restoration = nullptr};
  data_ = std::make_shared<const Data>(std::move(data));
}

Error::Error(const Exception& exception) {
  Trap trap{.code = TrapCode::uncaught_exception, .detail = {}, .frames = {}};
  if (const auto tag = exception.tag()) {
    if (const auto type = tag->type()) trap.detail = "(" + to_string(ExternType(*type)) + ")";
  }
  Data data{.code = ErrorCode::trapped,
            .message = trap.message(),
            .offset = std::nullopt,
            .trap = std::move(trap),
            .exception = nullptr,
            .wasm_exception = exception,
            .restoration = nullptr};
  data_ = std::make_shared<const Data>(std::move(data));
}

Error::Error(std::shared_ptr<const detail::Restoration> restoration) {
  Trap trap{.code = TrapCode::host_error, .detail = "it returns to a checkpoint", .frames = {}};
  Data data{.code = ErrorCode::trapped,
            .message = trap.message(),
            .offset = std::nullopt,
            .trap = std::move(trap),
            .exception = nullptr,
            .wasm_exception = std::nullopt,
            .restoration = std::move(restoration)};
  data_ = std::make_shared<const Data>(std::move(data));
}

ErrorCode Error::code() const noexcept { return data_->code; }
const std::string& Error::message() const noexcept { return data_->message; }
std::optional<uint64_t> Error::offset() const noexcept { return data_->offset; }
const Trap* Error::trap() const noexcept { return data_->trap ? &*data_->trap : nullptr; }
int32_t Error::exit_status() const noexcept { return data_->trap ? data_->trap->exit_status : 0; }
const std::exception_ptr& Error::exception() const noexcept { return data_->exception; }
const Exception* Error::wasm_exception() const noexcept {
  return data_->wasm_exception ? &*data_->wasm_exception : nullptr;
}

const detail::Restoration* detail::Access::restoration(const Error& error) {
  return error.data_->restoration.get();
}

}  // namespace waxwing
