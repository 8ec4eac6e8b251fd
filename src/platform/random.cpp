// getrandom(2), from the pool that blocks only before the system has gathered its first entropy.
#include "platform/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

namespace waxwing::platform {

base::Result<> fill_random(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return base::fail(base::ErrorCode::io_error,
                        std::string("no entropy from the system: ") + ::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace waxwing::platform
