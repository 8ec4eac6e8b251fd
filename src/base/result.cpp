// Error texts and classes, read from errors.def.
#include "base/result.h"

#include <array>
#include <cstdio>

namespace waxwing::base {
namespace {

struct ErrorRow {
  ErrorClass error_class;
  std::string_view text;
};

constexpr std::array error_rows = {
#define ERROR(ID, CLASS, TEXT) ErrorRow{ErrorClass::CLASS, TEXT},
#include "base/errors.def"
};

std::string_view class_prefix(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::malformed: return "malformed module: ";
    case ErrorClass::invalid: return "invalid module: ";
    case ErrorClass::unlinkable: return "cannot link: ";
    case ErrorClass::limit:
    case ErrorClass::host: return "";
  }
  return "";
}

}  // namespace

ErrorClass error_class(ErrorCode code) { return error_rows[size_t(code)].error_class; }

std::string_view error_text(ErrorCode code) { return error_rows[size_t(code)].text; }

std::string Error::message() const {
  std::string text(class_prefix(error_class(code)));
  text += error_text(code);
  if (!detail.empty()) text.append(": ").append(detail);
  if (offset != no_offset) {
    char place[40];
    std::snprintf(place, sizeof place, " (at offset 0x%llx)",
                  static_cast<unsigned long long>(offset));
    text += place;
  }
  return text;
}

}  // namespace waxwing::base
