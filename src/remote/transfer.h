// One request to a remote store, made by a process of its own: `waxwing-http`, which has libcurl
// and what that needs, so that this process does not; and which can be ended whatever it waits for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "platform/file.h"
#include "platform/program.h"
#include "remote/message.h"

namespace waxwing::remote {

/// A request on its way. Its process ends with this object. Not thread-safe.
class Transfer {
 public:
  /// Starts `program`. `body` is what is sent (`put`), from its start to its end, or an empty file
  /// that the answer is written to (`get`); null for `remove`. It takes a copy of the handle's
  /// file, not of its bytes. Fails with a cause for people.
  static std::expected<Transfer, std::string> start(const std::string& program,
                                                    const TransferRequest& request,
                                                    const platform::File* body);

  /// Waits for the end until `deadline_ns` of `platform::monotonic_ns()`, and only looks where that
  /// is past. The reply once it is there, and then the process is gone; never twice.
  std::optional<TransferReply> wait(uint64_t deadline_ns);

  /// Readable when `wait` has something to do.
  const platform::File& progress() const { return replies_; }

 private:
  Transfer(platform::ChildProgram child, platform::File replies)
      : child_(std::move(child)), replies_(std::move(replies)) {}

  /// Reads what is there; true at the end.
  bool read_reply();
  TransferReply finish();

  platform::ChildProgram child_;
  platform::File replies_;
  std::string reply_;
};

}  // namespace waxwing::remote
