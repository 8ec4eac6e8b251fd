// Tokens, comments, annotations, strings. [spec 6.2-6.3]
#include "text/lexer.h"

#include <gtest/gtest.h>

namespace waxwing::text {
namespace {

using base::ErrorCode;

/// The kinds of all tokens as letters, and behind them "!" where there was an error.
std::string kinds(std::string_view source) {
  Lexer lexer(source);
  std::string letters;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    letters += ".()kinsr"[size_t(token.kind)];
  }
  return lexer.error() ? letters + "!" : letters;
}

std::optional<ErrorCode> error_of(std::string_view source) {
  Lexer lexer(source);
  while (lexer.next().kind != TokenKind::end) {
  }
  return lexer.error() ? std::optional(lexer.error()->code) : std::nullopt;
}

TEST(lexer, tells_the_kinds_of_tokens_apart) {
  EXPECT_EQ(kinds("(module $m 12 -1 +0x1 \"a\" $\"b c\" i32.add nan:0x1 =x A)"), "(kinnnsikkrr)");
}

TEST(lexer, parentheses_and_comments_separate_tokens) {
  EXPECT_EQ(kinds("func(nop)nop;;c\n$f(;x(;y;);)1"), "k(k)kin");
  EXPECT_EQ(kinds("a;;c\rb"), "kk");
  EXPECT_EQ(kinds(""), "");
  EXPECT_EQ(kinds(";;"), "");
}

TEST(lexer, what_is_not_separated_is_one_reserved_token) {
  EXPECT_EQ(kinds("0$l"), "n");  // a number that nobody can read
  EXPECT_EQ(kinds("0\"a\""), "r");
  EXPECT_EQ(kinds("data\"a\""), "r");
  EXPECT_EQ(kinds("\"a\"\"b\""), "r");
  EXPECT_EQ(kinds("\"a\"b"), "r");
  EXPECT_EQ(kinds("$l\"a\""), "r");
  EXPECT_EQ(kinds("$\"l\"0"), "r");
  EXPECT_EQ(kinds("{a;b},"), "r");
  EXPECT_EQ(kinds("@a"), "r");
}

TEST(lexer, unknown_annotations_are_skipped) {
  EXPECT_EQ(kinds("(@a)k(@b x (y \")\" ($x)) ;;)\n)(@\"c d\" , ; ] 0x #)n"), "kk");
  EXPECT_EQ(kinds("(@a @ (@x) (@) (@(@(@))) (; ) ;))"), "");
}

TEST(lexer, keeps_annotations_that_mean_something) {
  Lexer lexer("(@custom \"x\") (@\"name\" \"n\") k (@metadata.code.branch_hint \"\\01\")");
  EXPECT_EQ(lexer.next().text, "k");
  ASSERT_EQ(lexer.annotations().size(), 2u);
  EXPECT_EQ(lexer.annotations()[0].kind, AnnotationKind::custom);
  EXPECT_EQ(lexer.annotations()[0].body, " \"x\"");
  EXPECT_EQ(lexer.annotations()[1].kind, AnnotationKind::name);
  EXPECT_EQ(lexer.annotations()[1].text, "(@\"name\" \"n\")");
  EXPECT_EQ(lexer.next().kind, TokenKind::end);
  EXPECT_EQ(lexer.annotations()[2].kind, AnnotationKind::branch_hint);
}

TEST(lexer, refuses_what_is_not_closed) {
  EXPECT_EQ(error_of("(; (; ;)"), ErrorCode::unclosed_comment);
  EXPECT_EQ(error_of("(;)"), ErrorCode::unclosed_comment);
  EXPECT_EQ(error_of("(@x (y)"), ErrorCode::unclosed_annotation);
  EXPECT_EQ(error_of("\"abc"), ErrorCode::unclosed_string);
  EXPECT_EQ(error_of("\"a\nb\""), ErrorCode::unclosed_string);
  EXPECT_EQ(error_of("\"a\\\""), ErrorCode::unclosed_string);
}

TEST(lexer, refuses_empty_names) {
  EXPECT_EQ(error_of("(@ x)"), ErrorCode::empty_annotation_id);
  EXPECT_EQ(error_of("(@\"\")"), ErrorCode::empty_annotation_id);
  EXPECT_EQ(error_of("$ "), ErrorCode::empty_identifier);
  EXPECT_EQ(error_of("$\"\""), ErrorCode::empty_identifier);
  EXPECT_EQ(error_of("(@a $)"), std::nullopt);
}

TEST(lexer, refuses_characters_and_escapes_that_are_none) {
  EXPECT_EQ(error_of(std::string_view("a \0", 3)), ErrorCode::illegal_character);
  EXPECT_EQ(error_of("\x7f"), ErrorCode::illegal_character);
  EXPECT_EQ(error_of("\"\t\""), ErrorCode::illegal_character);
  EXPECT_EQ(error_of("ü"), ErrorCode::illegal_character);
  EXPECT_EQ(error_of("\"ü\" ;; ü"), std::nullopt);
  EXPECT_EQ(error_of(";; \xff"), ErrorCode::malformed_utf8);
  EXPECT_EQ(error_of("\"\xc3\""), ErrorCode::malformed_utf8);
  for (std::string_view text : {"\"\\x\"", "\"\\0\"", "\"\\0g\"", "\"\\u{}\"", "\"\\u{d800}\"",
                                "\"\\u{110000}\"", "\"\\u{1__0}\"", "\"\\u{1_}\"", "\"\\u12\""}) {
    EXPECT_EQ(error_of(text), ErrorCode::illegal_escape) << text;
  }
}

TEST(lexer, decodes_escapes) {
  EXPECT_EQ(decode_string("\"\\t\\n\\r\\\"\\'\\\\\""), "\t\n\r\"'\\");
  EXPECT_EQ(decode_string("\"a\\00\\fFb\""), std::string("a\0\xff"
                                                         "b",
                                                         4));
  EXPECT_EQ(decode_string("\"\\u{41}\\u{e9}\\u{20aC}\\u{1F_600}\""), "A\u00e9\u20ac\U0001F600");
}

TEST(lexer, skips_a_group_without_looking_into_it) {
  Lexer lexer("(a (b \")\" (; ) ;) ;; )\n) #\x01) c");
  lexer.next();
  lexer.skip_group();
  EXPECT_EQ(lexer.next().kind, TokenKind::close);
  EXPECT_EQ(lexer.next().text, "c");
  EXPECT_EQ(lexer.next().kind, TokenKind::end);
}

}  // namespace
}  // namespace waxwing::text
