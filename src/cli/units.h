// The little languages of option values: times, sizes, directories, variables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "codegen/x64/cpu_features.h"

namespace waxwing::cli {

// Each fails with a text that says what is wrong with `text` and what would be right, to be put
// behind the option's name.
using ParseError = std::string;
template <typename T>
using Parsed = std::expected<T, ParseError>;

/// "500ms", "2s", "1.5m", "1h30m", "30d": more than 0, in nanoseconds.
Parsed<uint64_t> parse_duration_ns(std::string_view text);

/// "65536", "512K", "64M", "64MB", "1GiB": more than 0, in bytes; units are powers of 1024.
Parsed<uint64_t> parse_size_bytes(std::string_view text);

/// "250000", "10K", "5M", "2G", "1T": a number of steps; letters are powers of 1000.
Parsed<uint64_t> parse_fuel(std::string_view text);
/// The same of anything else, which may be 0.
Parsed<uint64_t> parse_count(std::string_view text);

/// HOST[::GUEST][:ro][:dev]; without GUEST the guest finds the directory under the host's name.
Parsed<wasi::Preopen> parse_preopen(std::string_view text);

/// HOST[::GUEST][:SIZE]: a directory whose changes stay in memory.
Parsed<wasi::Preopen> parse_overlay(std::string_view text);

/// FILE::GUEST.
Parsed<ArchiveMount> parse_archive_mount(std::string_view text);

/// GUEST[:SIZE].
Parsed<MemoryDirectory> parse_memory_directory(std::string_view text);

/// IP:PORT[:nonblock].
Parsed<ListenerArgument> parse_listener(std::string_view text);

/// NAME=FILE.
Parsed<Preload> parse_preload(std::string_view text);

/// N=V, or N, which asks for the value that this process has.
Parsed<EnvironmentEntry> parse_environment_entry(std::string_view text);

/// "x86_64-linux", or with instructions beyond x86-64-v2: "x86_64-linux:avx2,bmi2".
Parsed<codegen::x64::CpuFeatures> parse_target(std::string_view text);

/// "0.41 ms", "12.3 ms", "1.25 s": three digits.
std::string duration_text(uint64_t ns);

/// "12s", "3m", "5h", "40d": whole ones of the largest unit, for columns.
std::string age_text(uint64_t ns);

/// "512 B", "12.3 KiB", "1.25 GiB": three digits.
std::string size_text(uint64_t bytes);

/// The one of `names` that `text` was probably meant to be, or "".
std::string_view nearest(std::string_view text, std::span<const std::string_view> names);

}  // namespace waxwing::cli
