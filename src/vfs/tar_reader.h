// The members of a tar archive: ustar, with the long names of GNU and of pax. [POSIX.1-2017 pax]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace waxwing::vfs {

struct TarMember {
  enum class Kind : uint8_t { file, directory, symbolic_link, hard_link, other };
  Kind kind = Kind::other;
  std::string path;    // as it is written
  std::string target;  // of a link
  base::ByteSpan contents;
  uint64_t modify_time_s = 0;
};

/// Reads an archive, which is hostile, from its start. Members borrow from its bytes.
class TarReader {
 public:
  explicit TarReader(base::ByteSpan bytes) : bytes_(bytes) {}

  /// The next member; none at the end. Fails with `invalid_argument` on what is no archive.
  base::Result<std::optional<TarMember>> next();

 private:
  /// What extended headers said of the member behind them.
  struct Extended {
    std::optional<std::string> path, target;
    std::optional<uint64_t> size_bytes;
  };
  base::Result<base::ByteSpan> take(uint64_t size_bytes);
  base::Result<> read_pax(base::ByteSpan records, Extended& extended) const;

  base::ByteSpan bytes_;
  size_t at_ = 0;
};

}  // namespace waxwing::vfs
