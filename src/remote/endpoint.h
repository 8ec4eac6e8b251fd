// Where a remote store is, and how one may speak of it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cache/digest.h"

namespace waxwing::remote {

/// A base address, taken apart: "https://user:password@host:8080/path?query".
struct Endpoint {
  std::string base;   // "https://host:8080/path/", without user and password
  std::string query;  // "?query", or empty
  std::string user;   // as it is, not percent-encoded
  std::string password;

  /// The address of the entry `key`: its 64 hexadecimal digits are behind the path.
  std::string entry_url(const cache::Digest& key) const { return base + key.hex() + query; }
  /// The address for people and messages: of user, password and query it only tells that they are.
  std::string redacted() const;
};

/// Fails with `invalid_argument` and how to mend it, without secrets, where `url` is no absolute
/// address of HTTP or HTTPS.
base::Result<Endpoint> parse_endpoint(std::string_view url);

/// A header that goes with every request, "Name: value". Fails, without telling the value, where it
/// is none, or one that requests have anyway.
base::Result<std::string> parse_header(std::string_view text);

}  // namespace waxwing::remote
