// What --trace shows: a list of scopes.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::cli {

struct TraceScopes {
  bool wasi = false;               // calls of WASI's functions, in its words
  bool calls = false;              // of all functions, by the depth of calls
  std::vector<std::string> hosts;  // of host functions whose "module.name" one of these matches

  bool any() const { return wasi || calls || !hosts.empty(); }
  bool has_host(std::string_view name) const;
};

/// "wasi,calls,host:env.*", or what is wrong with it.
std::expected<TraceScopes, std::string> parse_trace_scopes(std::string_view text);

/// Whether all of `text` is what `pattern` says, where * is anything and ? one byte. Quadratic at
/// worst.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace waxwing::cli
