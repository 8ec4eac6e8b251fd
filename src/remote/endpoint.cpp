// [RFC 3986 section 3; RFC 9110 sections 5.1 and 5.5]
#include "remote/endpoint.h"

#include <algorithm>
#include <array>
#include <optional>

#include "remote/message.h"

namespace waxwing::remote {
namespace {

std::unexpected<base::Error> refuse(std::string text) {
  return base::fail(base::ErrorCode::invalid_argument, std::move(text));
}

std::optional<uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

/// None where a `%` is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return decoded;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), to_lower);
  return lower;
}

/// What RFC 9110 calls a tchar.
bool may_be_in_name(char c) {
  const bool is_letter = to_lower(c) >= 'a' && to_lower(c) <= 'z';
  const bool is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool set_credentials(std::string_view text, Endpoint& endpoint) {
  const size_t colon = text.find(':');
  auto user = percent_decoded(text.substr(0, colon));
  auto password = percent_decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password || user->empty() || !is_plain(*user) || !is_plain(*password)) return false;
  endpoint.user = std::move(*user);
  endpoint.password = std::move(*password);
  return true;
}

}  // namespace

std::string Endpoint::redacted() const {
  std::string text = base;
  if (!user.empty()) text.insert(text.find("://") + 3, "***@");
  if (!query.empty()) text += "?***";
  return text;
}

base::Result<Endpoint> parse_endpoint(std::string_view url) {
  const size_t scheme_end = url.find("://");
  const std::string scheme = lowered(url.substr(0, scheme_end));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return refuse(
        "the address of a remote cache begins with http:// or https://, as in "
        "http://cache.example:8080/waxwing/");
  }
  if (url.size() > 4096 || !is_plain(url) || url.contains(' ')) {
    return refuse(
        "the address of a remote cache is at most 4096 printable characters without spaces; "
        "write others as %20 and the like");
  }
  std::string_view rest = url.substr(scheme_end + 3);
  if (rest.contains('#')) return refuse("the address of a remote cache has no part behind a #");
  const size_t path_begin = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, path_begin);
  rest.remove_prefix(path_begin);

  Endpoint endpoint;
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (!set_credentials(authority.substr(0, at), endpoint)) {
      return refuse(
          "in the address of a remote cache, user and password are printable ASCII, as in "
          "https://user:password@host/, with %40 for @ and %25 for %");
    }
    authority.remove_prefix(at + 1);
  }
  if (authority.empty() || authority.starts_with(':')) {
    return refuse("the address of a remote cache names no host");
  }
  const size_t query_begin = std::min(rest.find('?'), rest.size());
  endpoint.query = rest.substr(query_begin);
  endpoint.base =
      scheme + "://" + std::string(authority) + std::string(rest.substr(0, query_begin));
  if (!endpoint.base.ends_with('/')) endpoint.base += '/';
  return endpoint;
}

base::Result<std::string> parse_header(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() ||
      !std::ranges::all_of(name, may_be_in_name)) {
    return refuse(
        "a header for the remote cache is a name, a colon and a value, as in "
        "\"Authorization: Bearer 0123\"");
  }
  constexpr std::array<std::string_view, 7> ours = {"host",           "content-length",    "expect",
                                                    "connection",     "transfer-encoding", "range",
                                                    "accept-encoding"};
  if (std::ranges::find(ours, std::string_view(lowered(name))) != ours.end()) {
    return refuse("the header " + std::string(name) + " is not yours to set for the remote cache");
  }
  std::string_view value = text.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.empty() || value.size() > 16384 || !is_plain(value)) {
    return refuse("the value of the header " + std::string(name) +
                  " is 1 to 16384 characters of printable ASCII");
  }
  return std::string(name).append(": ").append(value);
}

}  // namespace waxwing::remote
