// How entries lie in a directory, and whom such a directory may belong to.
//
//   ROOT/waxwing.state                        locks, and a hint of how much there is: 32 bytes
//   ROOT/waxwing.files                        digests of files seen: 1 MiB at most
//   ROOT/waxwing.counters                     what happened here, counted: 2112 bytes
//   ROOT/waxwing-GENERATION/ab/abcd...        an entry: 64 hexadecimal digits of its key
//   ROOT/waxwing-GENERATION/ab/abcd....R.tmp  one that is being written, R being 16 random digits
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/store.h"
#include "platform/file.h"

namespace waxwing::cache {

inline constexpr std::string_view state_file_name = "waxwing.state";
inline constexpr std::string_view files_file_name = "waxwing.files";
inline constexpr std::string_view counters_file_name = "waxwing.counters";

/// Times in the future are a wrong clock's, here or there, when they are further away than this.
inline constexpr uint64_t clock_tolerance_ns = 86'400'000'000'000;

/// The directory of a generation, which is 1 to 100 letters, digits, `.`, `_`, `+` and `-`; none
/// for other texts.
std::optional<std::string> generation_directory(std::string_view generation);
/// The generation whose directory is called `name`; none for other names.
std::optional<std::string_view> generation_of(std::string_view name);

/// "ab": the directory in a generation that holds `key`.
std::string fan_out_name(const Digest& key);
bool is_fan_out_name(std::string_view name);

/// The key of the entry `name` in the directory `fan_out`; none where it is no entry's name, or
/// another directory's.
std::optional<Digest> entry_key(std::string_view fan_out, std::string_view name);

/// A name that nobody has yet, for writing the entry `key`.
std::string temporary_name(const Digest& key);
bool is_temporary_name(std::string_view name);

/// A failure of the system on `what`; `otherwise` where it is neither a full disk nor anything else
/// that has a fault of its own.
StoreFailure failure_of(platform::FileError error, std::string_view what, StoreFault otherwise);

/// Fails unless the file belongs to this process's user or to root, and nobody else may write to
/// it.
StoreResult<> check_trust(const platform::FileStat& stat, std::string_view what);

/// Opens the directory `name` in `parent` for paths beneath it, not following a link; not open
/// where there is none. Fails where it is not to be trusted. `path` is what failures call it.
StoreResult<platform::File> open_trusted_directory(const platform::File& parent,
                                                   std::string_view name, std::string_view path);

enum class FileUse : uint8_t { read, write };

/// Opens the regular file `name` in `parent`, not following a link: for reading, or, made where it
/// is missing, for both. Not open where there is none to read. Fails where it is not to be trusted.
StoreResult<platform::File> open_trusted_file(const platform::File& parent, std::string_view name,
                                              std::string_view path, FileUse use);

}  // namespace waxwing::cache
