// See trace_scopes.h.
#include "cli/trace_scopes.h"

#include <algorithm>

namespace waxwing::cli {

bool TraceScopes::has_host(std::string_view name) const {
  return std::ranges::any_of(hosts,
                             [name](const std::string& pattern) { return matches(pattern, name); });
}

std::expected<TraceScopes, std::string> parse_trace_scopes(std::string_view text) {
  constexpr std::string_view host = "host:";
  TraceScopes scopes;
  for (bool is_last = false; !is_last;) {
    const size_t end = text.find(',');
    const std::string_view word = text.substr(0, end);
    is_last = end == std::string_view::npos;
    if (!is_last) text.remove_prefix(end + 1);
    if (word == "wasi") {
      scopes.wasi = true;
    } else if (word == "calls") {
      scopes.calls = true;
    } else if (word.starts_with(host) && word.size() > host.size()) {
      scopes.hosts.emplace_back(word.substr(host.size()));
    } else {
      return std::unexpected("'" + std::string(word) + "' is no scope");
    }
  }
  return scopes;
}

bool matches(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t in_text = 0;
  size_t star = std::string_view::npos;
  size_t star_in_text = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_in_text = in_text;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
      ++at;
      ++in_text;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_text = ++star_in_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace waxwing::cli
