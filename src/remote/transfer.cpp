// The request goes through a file, which no reader has to empty; the reply through a pipe, whose
// end tells that the process is gone, too.
#include "remote/transfer.h"

#include <array>

#include "base/bytes.h"
#include "platform/poll.h"
#include "platform/sealed_file.h"

namespace waxwing::remote {
namespace {

using platform::File;
using platform::FileError;
using platform::FileResult;

struct Started {
  platform::ChildProgram child;
  File replies;
};

FileResult<Started> start_child(const std::string& program, const TransferRequest& request,
                                const File* body) {
  const File input =
      TRY(platform::make_sealable_file("waxwing-request", base::as_bytes(write_request(request))));
  platform::Pipe pipe = TRY(platform::make_pipe());
  const File* const files[] = {&input, &pipe.write_end, nullptr, body};
  return Started{TRY(platform::ChildProgram::start(program, files)), std::move(pipe.read_end)};
}

/// What a program without a reply died of.
std::string cause_of_death(const FileResult<int>& end) {
  if (!end) return "waxwing-http was lost";
  if (*end == 127) return "waxwing-http cannot be run: is libcurl there? (Debian: libcurl4)";
  return "waxwing-http ended with " + std::to_string(*end);
}

}  // namespace

std::expected<Transfer, std::string> Transfer::start(const std::string& program,
                                                     const TransferRequest& request,
                                                     const File* body) {
  FileResult<Started> started = start_child(program, request, body);
  if (started) return Transfer(std::move(started->child), std::move(started->replies));
  if (started.error() == FileError::noent) {
    return std::unexpected("there is no " + program + ", which belongs beside waxwing");
  }
  return std::unexpected("waxwing-http cannot be started: " +
                         std::string(platform::file_error_text(started.error())));
}

std::optional<TransferReply> Transfer::wait(uint64_t deadline_ns) {
  for (;;) {
    platform::PollItem item{.file = &replies_, .want_read = true};
    const auto outcome = platform::poll({&item, 1}, {.deadline_ns = deadline_ns});
    if (outcome && *outcome != platform::PollOutcome::ready) return std::nullopt;
    if (!outcome || read_reply()) return finish();
  }
}

bool Transfer::read_reply() {
  std::array<uint8_t, 1024> bytes;
  const platform::IoBuffer buffer{bytes.data(), bytes.size()};
  const FileResult<size_t> count = replies_.read({&buffer, 1});
  if (!count || *count == 0) return true;
  reply_.append(base::as_text(base::ByteSpan(bytes).first(*count)));
  return reply_.size() > max_message_bytes;
}

TransferReply Transfer::finish() {
  const FileResult<int> end = child_.kill();  // it has said all that it will say
  if (std::optional<TransferReply> reply = remote::read_reply(reply_)) return std::move(*reply);
  return {.outcome = Outcome::local_fault, .cause = cause_of_death(end)};
}

}  // namespace waxwing::remote
