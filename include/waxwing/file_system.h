// File systems of the embedder's own, for WASI programs, and files that are part of the embedder:
// what `WasiConfig::file_systems` and `WasiOverlay::files` take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/wasi_errno.h"

namespace waxwing {

template <typename T = void>
using FileResult = std::expected<T, WasiErrno>;

enum class FileKind : uint8_t { file, directory, link };

/// Times are nanoseconds since 1970.
struct FileStatus {
  uint64_t size_bytes = 0;
  uint64_t inode = 0;  // 0: a number made of its path
  uint64_t link_count = 1;
  uint64_t access_time_ns = 0;
  uint64_t modify_time_ns = 0;
  uint64_t change_time_ns = 0;
};

/// What a file is opened for.
struct FileAccess {
  bool read = false;
  bool write = false;
};

/// A file while a program has it open; positions are Waxwing's business. By default nothing can be
/// read or changed. Offsets and sizes are the program's, below 2^63.
class WAXWING_API OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  // All is inline, so that embedders with RTTI have its type.
  virtual ~OpenFile() = default;

  /// How many bytes there were from `offset` on, which may be fewer than there is room for; 0 is
  /// the end.
  virtual FileResult<size_t> read(std::span<uint8_t> /*to*/, uint64_t /*offset*/) noexcept {
    return std::unexpected(WasiErrno::badf);
  }
  /// How many bytes were written, which may be fewer.
  virtual FileResult<size_t> write(std::span<const uint8_t> /*from*/,
                                   uint64_t /*offset*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  virtual FileResult<> resize(uint64_t /*size_bytes*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  virtual FileResult<> sync() noexcept { return {}; }
};

class FileNode;

struct FileEntry {
  std::string name;
  FileKind kind = FileKind::file;
  uint64_t inode = 0;  // as of FileStatus
};

/// A file, a directory or a symbolic link. By default it has nothing in it, and nothing can be
/// changed.
///
/// A node is asked for single names alone, which have neither slashes nor NULs and are not `.` or
/// `..`: paths, links and that nothing leads out are Waxwing's business. What it returns need not
/// be right: what makes no sense is `io`, or not listed. No function may throw. They are called in
/// the thread that uses the store, in the middle of a call, and no call begins in that store
/// meanwhile; several stores may call them at once. They may wait, but then nothing interrupts
/// them. Destructors of nodes and files must not use the store, nor throw.
class WAXWING_API FileNode {
 public:
  FileNode() = default;
  FileNode(const FileNode&) = delete;
  FileNode& operator=(const FileNode&) = delete;
  // All is inline, as above.
  virtual ~FileNode() = default;

  /// Asked once, when the node is found.
  virtual FileKind kind() const noexcept = 0;
  virtual FileResult<FileStatus> status() noexcept { return FileStatus{}; }
  /// Nothing: the time stays.
  virtual FileResult<> set_times(std::optional<uint64_t> /*access_ns*/,
                                 std::optional<uint64_t> /*modify_ns*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }

  // Of files.
  virtual FileResult<std::unique_ptr<OpenFile>> open(FileAccess /*access*/) noexcept {
    return std::unexpected(WasiErrno::acces);
  }

  // Of links.
  virtual FileResult<std::string> target() noexcept { return std::unexpected(WasiErrno::inval); }

  // Of directories.
  /// `noent` where there is no such name.
  virtual FileResult<std::shared_ptr<FileNode>> find(std::string_view /*name*/) noexcept {
    return std::unexpected(WasiErrno::noent);
  }
  /// Without `.` and `..`. Asked when a program begins to read it.
  virtual FileResult<std::vector<FileEntry>> list() noexcept { return std::vector<FileEntry>(); }
  /// Each makes what is not there yet, or fails with `exist`.
  virtual FileResult<std::shared_ptr<FileNode>> make_file(std::string_view /*name*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  virtual FileResult<> make_directory(std::string_view /*name*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  virtual FileResult<> make_link(std::string_view /*name*/, std::string_view /*target*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  /// Gives `node`, a file or link of this file system, another name.
  virtual FileResult<> add_name(std::string_view /*name*/, FileNode& /*node*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  /// Of a file or a link; `isdir` on a directory.
  virtual FileResult<> remove_file(std::string_view /*name*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  /// `notdir` on anything else, `notempty` where it has entries.
  virtual FileResult<> remove_directory(std::string_view /*name*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
  /// To a directory of this file system, replacing what is there as rename(2) does; `inval` where a
  /// directory would come to be beneath itself.
  virtual FileResult<> rename(std::string_view /*name*/, FileNode& /*to_directory*/,
                              std::string_view /*to*/) noexcept {
    return std::unexpected(WasiErrno::rofs);
  }
};

/// A file and where it is, as in "lib/main.py". Directories are made as files need them.
struct NamedFile {
  std::string path;
  std::string contents;
};
/// The same of bytes that somebody else keeps.
struct NamedBytes {
  std::string path;
  std::span<const uint8_t> bytes;
};

/// A directory of these files, for reading only; any number of stores may share it. Fails with
/// `invalid_argument` where a path is empty or absolute, has empty components, `.` or `..`, is
/// there twice, or leads through a file.
WAXWING_API Result<std::shared_ptr<FileNode>> make_files(std::vector<NamedFile> files);
/// The same of bytes that stay as long as the directory.
WAXWING_API Result<std::shared_ptr<FileNode>> lend_files(const std::vector<NamedBytes>& files);
/// Of pairs of paths and contents: a std::map of strings, say.
template <typename Pairs>
Result<std::shared_ptr<FileNode>> make_files(const Pairs& pairs) {
  std::vector<NamedFile> files;
  for (const auto& [path, contents] : pairs) {
    files.push_back({std::string(path), std::string(contents)});
  }
  return make_files(std::move(files));
}

}  // namespace waxwing
