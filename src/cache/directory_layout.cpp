// Names are made of digests, so no name that is looked up comes from outside.
#include "cache/directory_layout.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>

#include "platform/beneath.h"
#include "platform/random.h"

namespace waxwing::cache {
namespace {

constexpr std::string_view generation_prefix = "waxwing-";
constexpr std::string_view temporary_suffix = ".tmp";
constexpr size_t max_generation_size = 100;
constexpr size_t random_digits = 16;

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_generation_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '+' || c == '-';
}

bool is_generation(std::string_view text) {
  return !text.empty() && text.size() <= max_generation_size &&
         std::ranges::all_of(text, is_generation_character);
}

StoreFault fault_of(platform::FileError error, StoreFault otherwise) {
  using platform::FileError;
  if (error == FileError::nospc || error == FileError::dquot) return StoreFault::full_disk;
  if (error == FileError::fbig) return StoreFault::too_large;
  if (error == FileError::nomem || error == FileError::mfile || error == FileError::nfile) {
    return StoreFault::exhausted;
  }
  if (error == FileError::io) return StoreFault::io_error;
  if (error == FileError::loop || error == FileError::isdir) return StoreFault::damaged;
  if (error == FileError::notdir) return StoreFault::not_a_directory;
  return otherwise;
}

}  // namespace

std::optional<std::string> generation_directory(std::string_view generation) {
  if (!is_generation(generation)) return std::nullopt;
  return std::string(generation_prefix).append(generation);
}

std::optional<std::string_view> generation_of(std::string_view name) {
  if (!name.starts_with(generation_prefix)) return std::nullopt;
  name.remove_prefix(generation_prefix.size());
  if (!is_generation(name)) return std::nullopt;
  return name;
}

std::string fan_out_name(const Digest& key) { return key.hex().substr(0, 2); }

bool is_fan_out_name(std::string_view name) {
  return name.size() == 2 && std::ranges::all_of(name, is_hex_digit);
}

std::optional<Digest> entry_key(std::string_view fan_out, std::string_view name) {
  if (!name.starts_with(fan_out)) return std::nullopt;
  return Digest::from_hex(name);
}

std::string temporary_name(const Digest& key) {
  static std::atomic<uint64_t> counter = 0;
  std::array<uint8_t, 8> random = {};
  // Where there is no randomness, whoever makes the file finds the name taken, and asks again.
  (void)platform::fill_random(random);
  const uint64_t number = base::load_le<uint64_t>(random.data()) + counter.fetch_add(1);
  char digits[random_digits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return key.hex().append(".").append(digits).append(temporary_suffix);
}

bool is_temporary_name(std::string_view name) {
  constexpr size_t key_digits = 2 * Digest::size;
  constexpr size_t size = key_digits + 1 + random_digits + temporary_suffix.size();
  return name.size() == size && Digest::from_hex(name.substr(0, key_digits)) &&
         name[key_digits] == '.' && name.ends_with(temporary_suffix) &&
         std::ranges::all_of(name.substr(key_digits + 1, random_digits), is_hex_digit);
}

StoreFailure failure_of(platform::FileError error, std::string_view what, StoreFault otherwise) {
  return StoreFailure(fault_of(error, otherwise), std::string(what),
                      std::string(platform::file_error_text(error)));
}

StoreResult<> check_trust(const platform::FileStat& stat, std::string_view what) {
  constexpr uint16_t others_write = 022;  // an access control list shows here, too
  if (stat.owner_id != 0 && stat.owner_id != platform::effective_user_id()) {
    return std::unexpected(StoreFailure{StoreFault::foreign_owner, std::string(what),
                                        "uid " + std::to_string(stat.owner_id)});
  }
  if ((stat.permissions & others_write) != 0) {
    return std::unexpected(
        StoreFailure{StoreFault::writable_by_others, std::string(what), "chmod go-w mends that"});
  }
  return {};
}

StoreResult<platform::File> open_trusted_directory(const platform::File& parent,
                                                   std::string_view name, std::string_view path) {
  auto directory =
      platform::open_beneath({parent, name}, {.directory = true, .follow_final_symlink = false});
  if (!directory && directory.error() == platform::FileError::noent) return platform::File();
  if (!directory) {
    return std::unexpected(failure_of(directory.error(), path, StoreFault::unreadable));
  }
  const auto stat = directory->stat();
  if (!stat) return std::unexpected(failure_of(stat.error(), path, StoreFault::unreadable));
  TRY(check_trust(*stat, path));
  return std::move(*directory);
}

StoreResult<platform::File> open_trusted_file(const platform::File& parent, std::string_view name,
                                              std::string_view path, FileUse use) {
  const bool writes = use == FileUse::write;
  auto file = platform::open_beneath({parent, name}, {.read = true,
                                                      .write = writes,
                                                      .create = writes,
                                                      .follow_final_symlink = false,
                                                      .nonblock = true,
                                                      .mode = 0600});
  if (!file && !writes && file.error() == platform::FileError::noent) return platform::File();
  if (!file) {
    return std::unexpected(
        failure_of(file.error(), path, writes ? StoreFault::unwritable : StoreFault::unreadable));
  }
  const auto stat = file->stat();
  if (!stat) return std::unexpected(failure_of(stat.error(), path, StoreFault::unreadable));
  if (stat->kind != platform::FileKind::regular_file) {
    return std::unexpected(
        StoreFailure{StoreFault::damaged, std::string(path), "it is no regular file"});
  }
  TRY(check_trust(*stat, path));
  return std::move(*file);
}

}  // namespace waxwing::cache
