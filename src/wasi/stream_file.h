// Files of the host as standard streams, by their paths.
#pragma once

#include <string>

#include "wasi/context.h"

namespace waxwing::wasi {

enum class StreamUse : uint8_t {
  read,
  write,   // makes the file, or empties it
  append,  // makes the file, or goes to its end
};

/// Opens the file that the host's user names; `isdir` where it is a directory. Never waits for the
/// other end of a FIFO: the guest does, interruptibly, when it reads or writes first.
platform::FileResult<StandardStream> open_stream_file(const std::string& path, StreamUse use);

}  // namespace waxwing::wasi
