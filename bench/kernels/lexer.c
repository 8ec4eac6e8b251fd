// A scanner of a small language: classes of characters, keywords, numbers, comments.
#include "kernel.h"

static const char source[] =
    "fn collatz(n: u64) -> u32 { // how many steps to one\n"
    "  let mut count = 0;\n"
    "  while n != 1 { if n % 2 == 0 { n = n / 2; } else { n = 3 * n + 1; } count += 1; }\n"
    "  return count;\n}\n"
    "/* a table of \"strings\" */ const names = [\"alpha\", \"beta\\n\", \"gamma delta\", \"\"];\n"
    "struct Point { x: f64, y: f64 } impl Point { fn norm(self) -> f64 { sqrt(self.x * self.x) } "
    "}\n"
    "let pi = 3.14159265, big = 0xdeadBEEF, tiny = 1e-9; // numbers\n"
    "for i in 0..1000 { if i >= 42 && i <= 99 || !flag { print(names[i % 4], i << 2, i ^ 0x1f); } "
    "}\n";

static const char* const keywords[] = {"fn",  "let", "mut",   "while",  "if",   "else",
                                       "for", "in",  "const", "return", "impl", "struct"};

enum Token { token_end, token_word, token_keyword, token_number, token_string, token_punctuation };

static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static int is_keyword(const char* word, size_t length) {
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
    const char* keyword = keywords[i];
    size_t j = 0;
    while (j < length && keyword[j] == word[j]) j++;
    if (j == length && keyword[j] == 0) return 1;
  }
  return 0;
}

static const char* skip_blanks(const char* at) {
  for (;;) {
    while (*at == ' ' || *at == '\n' || *at == '\t') at++;
    if (at[0] == '/' && at[1] == '/') {
      while (*at && *at != '\n') at++;
    } else if (at[0] == '/' && at[1] == '*') {
      at += 2;
      while (at[0] != '*' || at[1] != '/') at++;
      at += 2;
    } else {
      return at;
    }
  }
}

static enum Token next_token(const char** at, const char** text) {
  const char* p = skip_blanks(*at);
  enum Token token;
  *text = p;
  if (*p == 0) {
    token = token_end;
  } else if (is_letter(*p)) {
    while (is_letter(*p) || is_digit(*p)) p++;
    token = is_keyword(*text, (size_t)(p - *text)) ? token_keyword : token_word;
  } else if (is_digit(*p)) {
    while (is_letter(*p) || is_digit(*p) || (*p == '.' && p[1] != '.')) p++;
    token = token_number;
  } else if (*p == '"') {
    for (p++; *p != '"'; p++) p += *p == '\\';
    p++;
    token = token_string;
  } else {
    char first = *p++;
    if (*p == '=' ||
        (*p == first && (first == '&' || first == '|' || first == '<' || first == '.')))
      p++;
    token = token_punctuation;
  }
  *at = p;
  return token;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    const char *at = source + hash % 3, *text;
    for (enum Token token; (token = next_token(&at, &text)) != token_end;) {
      hash = mix(hash, (uint64_t)token << 8 | (uint64_t)(at - text));
    }
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 100000); }
