// waxwing-http: one request to a remote cache, and then it ends. Reads the request from descriptor
// 0 and writes what became of it to descriptor 1 (src/remote/message.h); descriptor 3 is the file
// that is sent (PUT, from its start to its end), or an empty one that the answer is written to
// (GET).
#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <unistd.h>

#include "remote/message.h"
#include "transfer.h"

namespace {

using waxwing::remote::max_message_bytes;

std::string read_all(int file) {
  std::string text;
  char buffer[1 << 14];
  while (text.size() <= max_message_bytes) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count > 0) {
      text.append(buffer, static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  return text;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

int main() {
  const auto request = waxwing::remote::read_request(read_all(STDIN_FILENO));
  if (!request) {
    constexpr std::string_view help =
        "waxwing-http: waxwing runs this program to reach a remote cache; it does nothing else\n";
    write_all(STDERR_FILENO, help);
    return 64;
  }
  // Whatever happens in libcurl, and whatever becomes of waxwing, this process ends.
  ::alarm(static_cast<unsigned>(std::min<uint64_t>(request->timeout_ms / 1000 + 2, 86'400)));
  const waxwing::remote::TransferReply reply = waxwing::http::transfer(*request);
  return write_all(STDOUT_FILENO, waxwing::remote::write_reply(reply)) ? 0 : 1;
}
