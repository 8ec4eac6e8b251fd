// See message.h. The last line is "end", so that half of a message is none.
#include "remote/message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace waxwing::remote {
namespace {

constexpr std::array method_names = {
#define METHOD(ID, TEXT) std::string_view(TEXT),
#include "remote/message.def"
};
constexpr std::array outcome_names = {
#define OUTCOME(ID) std::string_view(#ID),
#include "remote/message.def"
};

constexpr std::string_view end_line = "end\n";

template <typename Id, size_t count>
std::optional<Id> find_name(const std::array<std::string_view, count>& names,
                            std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Id>(found - names.begin());
}

void add_line(std::string& message, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  message.append(name).append(" ").append(value).append("\n");
}

void add_line(std::string& message, std::string_view name, uint64_t value) {
  add_line(message, name, std::to_string(value));
}

/// A message line by line; `next` is false at its end, and `is_whole` tells whether that was it.
class Lines {
 public:
  explicit Lines(std::string_view message) : rest_(message) {
    is_whole_ = rest_.size() <= max_message_bytes && rest_.ends_with(end_line);
    if (is_whole_) rest_.remove_suffix(end_line.size());
  }

  bool next() {
    if (!is_whole_ || rest_.empty()) return false;
    const size_t size = rest_.find('\n');
    const std::string_view line = rest_.substr(0, size);
    const size_t space = line.find(' ');
    is_whole_ = size != std::string_view::npos && space != std::string_view::npos && is_plain(line);
    if (!is_whole_) return false;
    rest_.remove_prefix(size + 1);
    name = line.substr(0, space);
    value = line.substr(space + 1);
    return true;
  }
  void refuse() { is_whole_ = false; }
  bool is_whole() const { return is_whole_; }

  std::string_view name;
  std::string_view value;

 private:
  std::string_view rest_;
  bool is_whole_;
};

bool read_number(std::string_view text, uint64_t& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool read_text(std::string_view text, std::string& field) {
  field = text;
  return true;
}

template <typename Id, size_t count>
bool read_name(const std::array<std::string_view, count>& names, std::string_view text, Id& id) {
  const std::optional<Id> found = find_name<Id>(names, text);
  if (found) id = *found;
  return found.has_value();
}

bool read_field(std::string_view name, std::string_view value, TransferRequest& request) {
  if (name == "method") return read_name(method_names, value, request.method);
  if (name == "url") return read_text(value, request.url);
  if (name == "user") return read_text(value, request.user);
  if (name == "password") return read_text(value, request.password);
  if (name == "ca-file") return read_text(value, request.ca_file);
  if (name == "connect-timeout-ms") return read_number(value, request.connect_timeout_ms);
  if (name == "timeout-ms") return read_number(value, request.timeout_ms);
  if (name == "max-body-bytes") return read_number(value, request.max_body_bytes);
  if (name != "header") return false;
  request.headers.emplace_back(value);
  return true;
}

}  // namespace

std::string_view method_name(Method method) { return method_names[size_t(method)]; }
std::string_view outcome_name(Outcome outcome) { return outcome_names[size_t(outcome)]; }

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string write_request(const TransferRequest& request) {
  std::string message;
  add_line(message, "method", method_name(request.method));
  add_line(message, "url", request.url);
  add_line(message, "user", request.user);
  add_line(message, "password", request.password);
  for (const std::string& header : request.headers) add_line(message, "header", header);
  add_line(message, "ca-file", request.ca_file);
  add_line(message, "connect-timeout-ms", request.connect_timeout_ms);
  add_line(message, "timeout-ms", request.timeout_ms);
  add_line(message, "max-body-bytes", request.max_body_bytes);
  return message.append(end_line);
}

std::optional<TransferRequest> read_request(std::string_view text) {
  TransferRequest request;
  Lines lines(text);
  while (lines.next()) {
    if (!read_field(lines.name, lines.value, request)) lines.refuse();
  }
  if (!lines.is_whole() || request.url.empty()) return std::nullopt;
  return request;
}

std::string write_reply(const TransferReply& reply) {
  std::string cause = reply.cause.substr(0, 400);
  std::ranges::replace_if(cause, [](char c) { return c < ' ' || c > '~'; }, '?');
  std::string message;
  add_line(message, "outcome", outcome_name(reply.outcome));
  add_line(message, "cause", cause);
  return message.append(end_line);
}

std::optional<TransferReply> read_reply(std::string_view text) {
  TransferReply reply;
  bool has_outcome = false;
  Lines lines(text);
  while (lines.next()) {
    if (lines.name == "outcome" && read_name(outcome_names, lines.value, reply.outcome)) {
      has_outcome = true;
    } else if (lines.name != "cause" || !read_text(lines.value, reply.cause)) {
      lines.refuse();
    }
  }
  if (!lines.is_whole() || !has_outcome) return std::nullopt;
  return reply;
}

}  // namespace waxwing::remote
