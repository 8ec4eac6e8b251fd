// Nodes over the bytes of an archive, which nobody changes.
#include "vfs/archive.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "vfs/position.h"
#include "vfs/tar_reader.h"
#include "vfs/tree.h"

namespace waxwing::vfs {
namespace {

using platform::Whence;

class TarNode;
using TarPtr = std::shared_ptr<TarNode>;
using Names = std::map<std::string, TarPtr, std::less<>>;

/// What nodes share.
struct Archive {
  platform::FileContents contents;
  uint64_t device;
};

class TarFile final : public File {
 public:
  TarFile(std::shared_ptr<const TarNode> node, base::ByteSpan bytes)
      : node_(std::move(node)), bytes_(bytes) {}

  FileKind kind() const override { return FileKind::regular_file; }
  FileResult<FileStat> stat() const override;
  FileResult<size_t> read(std::span<const IoBuffer> buffers) override {
    const size_t size = TRY(read_at(buffers, offset_));
    offset_ += size;
    return size;
  }
  FileResult<size_t> read_at(std::span<const IoBuffer> buffers, uint64_t offset) override {
    size_t total = 0;
    for (const IoBuffer& buffer : buffers) {
      if (offset >= bytes_.size()) break;
      const size_t size = std::min(buffer.size, bytes_.size() - static_cast<size_t>(offset));
      if (size != 0) std::memcpy(buffer.data, &bytes_[static_cast<size_t>(offset)], size);
      offset += size;
      total += size;
    }
    return total;
  }
  FileResult<uint64_t> seek(int64_t delta, Whence whence) override {
    const uint64_t bases[] = {0, offset_, bytes_.size()};  // in the order of Whence
    offset_ = TRY(moved_position(bases[size_t(whence)], delta));
    return offset_;
  }

 private:
  std::shared_ptr<const TarNode> node_;
  base::ByteSpan bytes_;  // of the archive, which the node keeps
  uint64_t offset_ = 0;
};

class TarNode final : public Node, public std::enable_shared_from_this<TarNode> {
 public:
  TarNode(std::shared_ptr<const Archive> archive, FileKind kind, uint64_t inode)
      : archive_(std::move(archive)), kind_(kind), inode_(inode) {}

  FileKind kind() const override { return kind_; }
  FileResult<FileStat> stat() const override {
    FileStat stat;
    stat.device = archive_->device;
    stat.inode = inode_;
    stat.kind = kind_;
    stat.link_count = links;
    stat.size_bytes = kind_ == FileKind::symbolic_link ? link_target.size() : bytes.size();
    stat.access_time_ns = stat.modify_time_ns = stat.change_time_ns = time_ns;
    return stat;
  }
  FileResult<std::unique_ptr<File>> open(const OpenOptions& options) override {
    if (options.write) return std::unexpected(FileError::rofs);
    return std::make_unique<TarFile>(shared_from_this(), bytes);
  }
  FileResult<std::string> target() const override { return link_target; }
  FileResult<std::shared_ptr<Node>> find(std::string_view name) const override {
    const auto found = names.find(name);
    if (found == names.end()) return std::unexpected(FileError::noent);
    return found->second;
  }
  FileResult<std::unique_ptr<DirectoryReader>> reader() const override;

  uint64_t inode() const { return inode_; }

  // Set while the archive is read.
  base::ByteSpan bytes;
  std::string link_target;
  uint64_t time_ns = 0;
  uint64_t links = 1;
  Names names;
  std::vector<Names::const_iterator> order;  // of `names`, once they are complete

 private:
  std::shared_ptr<const Archive> archive_;
  FileKind kind_;
  uint64_t inode_;
};

FileResult<FileStat> TarFile::stat() const { return node_->stat(); }

class TarDirectoryReader final : public DirectoryReader {
 public:
  explicit TarDirectoryReader(std::shared_ptr<const TarNode> directory)
      : directory_(std::move(directory)) {}

  FileResult<> seek(uint64_t position) override {
    position_ = position;
    return {};
  }
  FileResult<std::optional<DirectoryEntry>> next() override {
    constexpr uint64_t dots = 2;
    if (position_ >= directory_->order.size() + dots) return std::nullopt;
    DirectoryEntry entry;
    if (position_ < dots) {
      entry.name = position_ == 0 ? "." : "..";
      entry.inode = directory_->inode();
      entry.kind = FileKind::directory;
    } else {
      const auto& [name, node] = *directory_->order[static_cast<size_t>(position_ - dots)];
      entry.name = name;
      entry.inode = node->inode();
      entry.kind = node->kind();
    }
    entry.next_position = ++position_;
    return entry;
  }

 private:
  std::shared_ptr<const TarNode> directory_;
  uint64_t position_ = 0;
};

FileResult<std::unique_ptr<DirectoryReader>> TarNode::reader() const {
  return std::make_unique<TarDirectoryReader>(shared_from_this());
}

/// Makes the tree.
class Builder {
 public:
  explicit Builder(std::shared_ptr<const Archive> archive)
      : archive_(std::move(archive)), root_(make(FileKind::directory)) {}

  base::Result<> add(const TarMember& member);
  TarPtr finish() {
    for (const TarPtr& directory : directories_) {
      for (auto name = directory->names.cbegin(); name != directory->names.cend(); ++name) {
        directory->order.push_back(name);
      }
    }
    return std::move(root_);
  }

 private:
  static constexpr size_t max_levels = 1024;  // of directories, whose ends nest
  static constexpr uint64_t min_nodes = 4096;
  static constexpr uint64_t bytes_per_node = 128;  // a member has a header of 512

  TarPtr make(FileKind kind) {
    auto node = std::make_shared<TarNode>(archive_, kind, ++last_inode_);
    if (kind == FileKind::directory) directories_.push_back(node);
    return node;
  }
  /// The components of a member's name; none where it leads out or is too long.
  static std::optional<std::vector<std::string_view>> parts_of(std::string_view path);
  TarPtr find(std::string_view path) const;
  /// The directory that holds the last of `parts`, made where it is not there.
  TarPtr parent_of(std::span<const std::string_view> parts);

  std::shared_ptr<const Archive> archive_;
  uint64_t last_inode_ = 0;
  std::vector<TarPtr> directories_;
  TarPtr root_;

  /// Long names may stand for many directories: more than an archive of its size has use for.
  bool has_too_many_nodes() const {
    return last_inode_ > min_nodes + archive_->contents.bytes().size() / bytes_per_node;
  }
};

std::optional<std::vector<std::string_view>> Builder::parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.size() > 255 || part.find('\0') != std::string_view::npos ||
        parts.size() == max_levels) {
      return std::nullopt;
    }
    parts.push_back(part);
  }
  return parts;
}

TarPtr Builder::find(std::string_view path) const {
  const auto parts = parts_of(path);
  if (!parts) return nullptr;
  TarPtr here = root_;
  for (const std::string_view part : *parts) {
    const auto found = here->names.find(part);
    if (found == here->names.end() || found->second == nullptr) return nullptr;
    here = found->second;
  }
  return here;
}

TarPtr Builder::parent_of(std::span<const std::string_view> parts) {
  TarPtr here = root_;
  for (const std::string_view part : parts.first(parts.size() - 1)) {
    TarPtr& next = here->names[std::string(part)];
    if (next == nullptr || next->kind() != FileKind::directory) next = make(FileKind::directory);
    here = next;
  }
  return here;
}

base::Result<> Builder::add(const TarMember& member) {
  if (member.kind == TarMember::Kind::other) return {};
  if (has_too_many_nodes()) {
    return base::fail(base::ErrorCode::resource_limit,
                      "the archive has more directories than one of its size may have");
  }
  const auto parts = parts_of(member.path);
  if (!parts) {
    return base::fail(
        base::ErrorCode::invalid_argument,
        "the archive has a member '" + member.path + "', which is no place within it");
  }
  constexpr uint64_t max_time_s = 9'000'000'000;
  const uint64_t time_ns = std::min(member.modify_time_s, max_time_s) * 1'000'000'000;
  if (parts->empty()) {
    root_->time_ns = time_ns;
    return {};
  }
  TarPtr node;
  if (member.kind == TarMember::Kind::hard_link) node = find(member.target);
  TarPtr& place = parent_of(*parts)->names[std::string(parts->back())];
  switch (member.kind) {
    case TarMember::Kind::directory:
      node = place != nullptr && place->kind() == FileKind::directory ? place
                                                                      : make(FileKind::directory);
      break;
    case TarMember::Kind::file:
      node = make(FileKind::regular_file);
      node->bytes = member.contents;
      break;
    case TarMember::Kind::symbolic_link:
      node = make(FileKind::symbolic_link);
      node->link_target = member.target;
      break;
    case TarMember::Kind::hard_link:
      if (node == nullptr || node->kind() == FileKind::directory) {
        return base::fail(base::ErrorCode::invalid_argument,
                          "the archive's member '" + member.path + "' is a link to nothing");
      }
      ++node->links;
      place = node;
      return {};
    case TarMember::Kind::other: return {};
  }
  node->time_ns = time_ns;
  place = node;
  return {};
}

}  // namespace

base::Result<std::shared_ptr<Directory>> open_tar(platform::FileContents contents,
                                                  uint64_t device) {
  const auto archive = std::make_shared<const Archive>(Archive{std::move(contents), device});
  Builder builder(archive);
  TarReader reader(archive->contents.bytes());
  for (;;) {
    const auto member = TRY(reader.next());
    if (!member) break;
    TRY(builder.add(*member));
  }
  return make_tree_directory(builder.finish(), archive.get());
}

}  // namespace waxwing::vfs
