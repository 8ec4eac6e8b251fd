// File systems as trees of nodes: what an embedder implements to bring one of its own. Nodes know
// single names only; paths, `..`, links and confinement are the business of vfs/tree.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "vfs/object.h"

namespace waxwing::vfs {

/// A file, a directory or a symbolic link, by whatever names. By default nothing can be changed.
///
/// A name is never empty, `.` or `..`, and has neither slashes nor NULs nor more than 255 bytes.
/// Each operation on a directory is atomic to others; between two of them anything may happen to
/// it.
class Node {
 public:
  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// `regular_file`, `directory` or `symbolic_link`; never changes.
  virtual FileKind kind() const = 0;
  virtual FileResult<FileStat> stat() const = 0;
  virtual FileResult<> set_times(NewTime access, NewTime modify);

  /// Of a regular file: `read`, `write`, `append` and `truncate` of `options` count.
  virtual FileResult<std::unique_ptr<File>> open(const OpenOptions& options);
  /// Of a symbolic link.
  virtual FileResult<std::string> target() const;

  // Of directories.
  /// `noent` where there is no such name.
  virtual FileResult<std::shared_ptr<Node>> find(std::string_view name) const;
  virtual FileResult<std::unique_ptr<DirectoryReader>> reader() const;
  /// Make a node, or fail with `exist`.
  virtual FileResult<std::shared_ptr<Node>> make_file(std::string_view name);
  virtual FileResult<> make_directory(std::string_view name);
  virtual FileResult<> make_link(std::string_view name, std::string_view target);
  /// Gives `node`, a file or link of this file system, another name.
  virtual FileResult<> add_name(std::string_view name, const std::shared_ptr<Node>& node);
  /// `isdir` on a directory.
  virtual FileResult<> remove_file(std::string_view name);
  /// `notdir` on anything else, `notempty` where it has entries.
  virtual FileResult<> remove_directory(std::string_view name);
  /// To a directory of this file system, replacing what is there as rename(2) does; `inval` where a
  /// directory would come to be beneath itself.
  virtual FileResult<> rename(std::string_view name, Node& to_directory, std::string_view to);
};

}  // namespace waxwing::vfs
