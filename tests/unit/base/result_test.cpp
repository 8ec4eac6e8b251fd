// Errors: their words, their classes, and how TRY hands them on.
#include "base/result.h"

#include <gtest/gtest.h>
#include <memory>
#include <set>

namespace waxwing::base {
namespace {

constexpr size_t error_count = 0
#define ERROR(ID, CLASS, TEXT) +1
#include "base/errors.def"
    ;

TEST(result_errors, every_code_has_its_own_text) {
  std::set<std::string_view> texts;
  for (size_t code = 0; code < error_count; ++code) {
    const std::string_view text = error_text(ErrorCode(code));
    EXPECT_FALSE(text.empty()) << code;
    EXPECT_TRUE(texts.insert(text).second) << "twice: " << text;
  }
}

TEST(result_errors, class_comes_from_the_row) {
  EXPECT_EQ(error_class(ErrorCode::unexpected_end), ErrorClass::malformed);
  EXPECT_EQ(error_class(ErrorCode::type_mismatch), ErrorClass::invalid);
  EXPECT_EQ(error_class(ErrorCode::unknown_import), ErrorClass::unlinkable);
  EXPECT_EQ(error_class(ErrorCode::out_of_memory), ErrorClass::limit);
  EXPECT_EQ(error_class(ErrorCode::io_error), ErrorClass::host);
}

TEST(result_message, says_what_and_where) {
  EXPECT_EQ((Error{ErrorCode::type_mismatch, 31, "expected i32, found i64"}).message(),
            "invalid module: type mismatch: expected i32, found i64 (at offset 0x1f)");
}

TEST(result_message, leaves_out_what_is_unknown) {
  EXPECT_EQ((Error{ErrorCode::unexpected_end, 0, ""}).message(),
            "malformed module: unexpected end (at offset 0x0)");
  EXPECT_EQ((Error{.code = ErrorCode::unknown_import, .detail = "env.f"}).message(),
            "cannot link: unknown import: env.f");
  EXPECT_EQ((Error{.code = ErrorCode::out_of_memory, .detail = ""}).message(), "out of memory");
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::invalid_argument, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = TRY(half(number));
  return TRY(half(first));
}

Result<> expect_even(int number) {
  if (number % 2 != 0) return fail(ErrorCode::invalid_argument);
  return {};
}

Result<> expect_both_even(int one, int other) {
  TRY(expect_even(one));
  TRY(expect_even(other));
  return {};
}

TEST(result_try, yields_the_value) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_TRUE(expect_both_even(2, 4).has_value());
}

TEST(result_try, returns_the_error_at_once) {
  EXPECT_EQ(quarter(6).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(quarter(6).error().detail, "odd");
  EXPECT_EQ(quarter(6).error().offset, Error::no_offset);
  EXPECT_FALSE(expect_both_even(3, 4).has_value());
  EXPECT_FALSE(expect_both_even(4, 3).has_value());
}

Result<std::unique_ptr<int>> boxed(int number) { return std::make_unique<int>(TRY(half(number))); }

Result<int> unboxed(int number) {
  const std::unique_ptr<int> box = TRY(boxed(number));
  return *box;
}

TEST(result_try, moves_what_cannot_be_copied) { EXPECT_EQ(unboxed(8).value(), 4); }

}  // namespace
}  // namespace waxwing::base
