// What a store and the program `waxwing-http` tell each other: lines "name value", in files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::remote {

enum class Method : uint8_t {
#define METHOD(ID, TEXT) ID,
#include "remote/message.def"
};

/// What became of a request. `done` and `missing` are answers; the others are failures.
enum class Outcome : uint8_t {
#define OUTCOME(ID) ID,
#include "remote/message.def"
};

std::string_view method_name(Method method);
std::string_view outcome_name(Outcome outcome);

/// One request, whose body is in a file of its own. No text holds a control character.
struct TransferRequest {
  Method method = Method::get;
  std::string url;  // without user and password
  std::string user;
  std::string password;
  std::vector<std::string> headers;  // "Name: value"
  std::string ca_file;               // empty: the system's
  uint64_t connect_timeout_ms = 0;   // name, connection and TLS
  uint64_t timeout_ms = 0;           // all of it
  uint64_t max_body_bytes = 0;       // of an answer

  bool operator==(const TransferRequest&) const = default;
};

struct TransferReply {
  Outcome outcome = Outcome::unreachable;
  std::string cause;  // where it is a failure: one line for people, without secrets

  bool operator==(const TransferReply&) const = default;
};

/// The most that either of them is, written down.
inline constexpr size_t max_message_bytes = size_t{1} << 18;

/// Whether `text` can be a value: printable ASCII and no more than a line.
bool is_plain(std::string_view text);

std::string write_request(const TransferRequest& request);
std::optional<TransferRequest> read_request(std::string_view text);

std::string write_reply(const TransferReply& reply);
/// None where `text` is not all that `write_reply` wrote.
std::optional<TransferReply> read_reply(std::string_view text);

}  // namespace waxwing::remote
