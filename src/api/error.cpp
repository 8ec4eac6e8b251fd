// Errors and traps as values that say all of what is known.
#include "waxwing/error.h"

#include <mutex>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "waxwing/exception.h"

namespace waxwing {

struct Error::Data {
  ErrorCode code = ErrorCode::trapped;
  mutable std::once_flag is_told;  // of a trap
  mutable std::string message;
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

std::shared_ptr<const runtime::LoadedModule> loaded_of(const Frame& frame) {
  return std::static_pointer_cast<const runtime::LoadedModule>(frame.module_data);
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

std::vector<SourceLocation> Frame::source() const {
  std::vector<SourceLocation> locations;
  runtime::Frame frame;
  frame.offset = offset;
  frame.loaded = loaded_of(*this);
  for (dwarf::Location& location : frame.source()) {
    locations.push_back({.function = std::move(location.function),
                         .file = std::move(location.file),
                         .line = location.line,
                         .column = location.column});
  }
  return locations;
}

std::string Trap::message() const {
  runtime::Trap trap{
      .code = api::to_internal(code), .detail = detail, .exit_status = exit_status, .frames = {}};
  for (const Frame& frame : frames) {
    trap.frames.push_back({.module = frame.module,
                           .func = syntax::FuncIdx(frame.func_index),
                           .name = frame.func_name,
                           .offset = frame.offset,
                           .loaded = loaded_of(frame)});
  }
  return trap.message();
}

Error::Error(ErrorCode code, std::string message, std::optional<uint64_t> offset) {
  auto data = std::make_shared<Data>();
  data->code = code;
  data->message = std::move(message);
  data->offset = offset;
  data_ = std::move(data);
}

Error::Error(Trap trap, std::exception_ptr exception) {
  auto data = std::make_shared<Data>();
  data->code = code_of(trap.code);
  data->trap = std::move(trap);
  data->exception = std::move(exception);
  data_ = std::move(data);
}

Error::Error(const Exception& exception) {
  auto data = std::make_shared<Data>();
  Trap& trap =
      data->trap.emplace(Trap{.code = TrapCode::uncaught_exception, .detail = {}, .frames = {}});
  if (const auto tag = exception.tag()) {
    if (const auto type = tag->type()) trap.detail = "(" + to_string(ExternType(*type)) + ")";
  }
  data->wasm_exception = exception;
  data_ = std::move(data);
}

Error::Error(std::shared_ptr<const detail::Restoration> restoration) {
  auto data = std::make_shared<Data>();
  data->trap =
      Trap{.code = TrapCode::host_error, .detail = "it returns to a checkpoint", .frames = {}};
  data->restoration = std::move(restoration);
  data_ = std::move(data);
}

ErrorCode Error::code() const noexcept { return data_->code; }
const std::string& Error::message() const noexcept {
  if (data_->trap)
    std::call_once(data_->is_told, [this] { data_->message = data_->trap->message(); });
  return data_->message;
}
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
