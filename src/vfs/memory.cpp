// Nodes, files and readers of a volume in memory, whose mutex guards all of it. It is held while a
// directory below is read, too.
#include "vfs/memory.h"

#include <optional>
#include <utility>

#include "vfs/memory_volume.h"
#include "vfs/overlay.h"
#include "vfs/position.h"
#include "vfs/tree.h"

namespace waxwing::vfs {
namespace {

using platform::Whence;

using Lock = std::lock_guard<std::mutex>;
using VolumePtr = std::shared_ptr<MemoryVolume>;

class MemoryNode;
using MemoryPtr = std::shared_ptr<MemoryNode>;

class MemoryNode final : public Node, public std::enable_shared_from_this<MemoryNode> {
 public:
  /// The volume's mutex is held.
  MemoryNode(VolumePtr volume, Inode& inode) : volume_(std::move(volume)), inode_(inode) {
    volume_->add_reference(inode_);
  }
  ~MemoryNode() override {
    const Lock lock(volume_->mutex());
    volume_->remove_reference(inode_);
  }

  FileKind kind() const override { return inode_.kind; }
  FileResult<FileStat> stat() const override {
    const Lock lock(volume_->mutex());
    return volume_->stat(inode_);
  }
  FileResult<> set_times(NewTime access, NewTime modify) override {
    const Lock lock(volume_->mutex());
    return volume_->set_times(inode_, access, modify);
  }
  FileResult<std::unique_ptr<File>> open(const OpenOptions& options) override;
  FileResult<std::string> target() const override {
    const Lock lock(volume_->mutex());
    return volume_->target(inode_);
  }
  FileResult<std::shared_ptr<Node>> find(std::string_view name) const override;
  FileResult<std::unique_ptr<DirectoryReader>> reader() const override;
  FileResult<std::shared_ptr<Node>> make_file(std::string_view name) override;
  FileResult<> make_directory(std::string_view name) override;
  FileResult<> make_link(std::string_view name, std::string_view target) override;
  FileResult<> add_name(std::string_view name, const std::shared_ptr<Node>& node) override;
  FileResult<> remove_file(std::string_view name) override {
    const Lock lock(volume_->mutex());
    return volume_->remove_file(inode_, name);
  }
  FileResult<> remove_directory(std::string_view name) override {
    const Lock lock(volume_->mutex());
    return volume_->remove_directory(inode_, name);
  }
  FileResult<> rename(std::string_view name, Node& to_directory, std::string_view to) override;

  MemoryVolume& volume() const { return *volume_; }
  Inode& inode() const { return inode_; }

 private:
  std::shared_ptr<Node> node_of(Inode& inode) const {
    return std::make_shared<MemoryNode>(volume_, inode);
  }

  const VolumePtr volume_;
  Inode& inode_;
};

FileResult<std::shared_ptr<Node>> MemoryNode::find(std::string_view name) const {
  const Lock lock(volume_->mutex());
  const MemoryVolume::Found found = TRY(volume_->find(inode_, name));
  if (found.inode.get() == nullptr) return failed(FileError::noent);
  return node_of(*found.inode);
}

FileResult<std::shared_ptr<Node>> MemoryNode::make_file(std::string_view name) {
  const Lock lock(volume_->mutex());
  const InodeRef made = TRY(volume_->make(inode_, name, FileKind::regular_file, ""));
  return node_of(*made);
}

FileResult<> MemoryNode::make_directory(std::string_view name) {
  const Lock lock(volume_->mutex());
  TRY(volume_->make(inode_, name, FileKind::directory, ""));
  return {};
}

FileResult<> MemoryNode::make_link(std::string_view name, std::string_view target) {
  const Lock lock(volume_->mutex());
  TRY(volume_->make(inode_, name, FileKind::symbolic_link, target));
  return {};
}

FileResult<> MemoryNode::add_name(std::string_view name, const std::shared_ptr<Node>& node) {
  const Lock lock(volume_->mutex());
  return volume_->add_name(inode_, name, static_cast<MemoryNode&>(*node).inode_);
}

FileResult<> MemoryNode::rename(std::string_view name, Node& to_directory, std::string_view to) {
  const Lock lock(volume_->mutex());
  return volume_->rename({inode_, name}, {static_cast<MemoryNode&>(to_directory).inode_, to});
}

/// Names that the lower directory has are listed where that has them, whatever they lead to now,
/// and behind all others; behind them those that it had, if it has them no more. So each has one
/// place, and is told twice only where somebody else removes it below meanwhile.
class MemoryReader final : public DirectoryReader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryNode> directory)
      : directory_(std::move(directory)) {}

  FileResult<> seek(uint64_t position) override {
    if (position != position_) must_seek_ = true;
    position_ = position;
    return {};
  }
  FileResult<std::optional<DirectoryEntry>> next() override {
    const Lock lock(directory_->volume().mutex());
    if (position_ < in_former) {
      if (auto entry = next_own()) return entry;
      if (!inode().has_lower_names()) return std::nullopt;
      position_ = in_lower;
      must_seek_ = true;
    }
    if (position_ >= in_lower) {
      auto entry = next_lower();
      if (!entry || *entry) return entry;
      position_ = in_former;
    }
    return next_former();
  }

 private:
  static constexpr uint64_t in_lower = uint64_t{1} << 63;   // of a position: the lower one's
  static constexpr uint64_t in_former = uint64_t{1} << 62;  // ... an entry's that that had

  const Inode& inode() const { return directory_->inode(); }
  std::optional<DirectoryEntry> next_own();
  FileResult<std::optional<DirectoryEntry>> next_lower();
  FileResult<std::optional<DirectoryEntry>> read_lower();
  FileResult<std::optional<DirectoryEntry>> next_former();
  DirectoryEntry told(const std::string& name, const Inode& named, uint64_t next_position);

  std::shared_ptr<const MemoryNode> directory_;
  uint64_t position_ = 0;
  std::string name_;  // of the last entry
  std::optional<Lower::Reader> lower_;
  bool must_seek_ = false;  // the lower reader is not at `position_`
};

DirectoryEntry MemoryReader::told(const std::string& name, const Inode& named,
                                  uint64_t next_position) {
  name_ = name;
  position_ = next_position;
  return {
      .name = name_, .inode = named.stat.inode, .kind = named.kind, .next_position = next_position};
}

std::optional<DirectoryEntry> MemoryReader::next_own() {
  if (position_ == 0) return told(".", inode(), 1);
  if (position_ == 1) {
    const Inode* const parent = inode().parent;
    return told("..", parent != nullptr ? *parent : inode(), 2);
  }
  const auto& entries = inode().entries.by_position;
  for (auto at = entries.lower_bound(position_); at != entries.end(); ++at) {
    const auto& [name, entry] = *at->second;
    if (!entry.is_in_lower) return told(name, *entry.inode, at->first + 1);
  }
  return std::nullopt;
}

FileResult<std::optional<DirectoryEntry>> MemoryReader::next_former() {
  if (!inode().has_lower_names()) return std::nullopt;
  const auto& entries = inode().entries.by_position;
  for (auto at = entries.lower_bound(position_ - in_former); at != entries.end(); ++at) {
    const auto& [name, entry] = *at->second;
    if (!entry.is_in_lower || entry.inode == nullptr) continue;
    const auto below = directory_->volume().lower().stat(Lower::join(*inode().lower_path, name));
    if (below) continue;
    if (!Lower::is_absence(below.error())) return failed(below.error());
    return told(name, *entry.inode, in_former + at->first + 1);
  }
  return std::nullopt;
}

FileResult<std::optional<DirectoryEntry>> MemoryReader::read_lower() {
  if (!inode().has_lower_names()) return std::nullopt;
  if (!lower_) {
    auto reader = directory_->volume().lower().reader(*inode().lower_path);
    if (!reader && Lower::is_absence(reader.error())) return std::nullopt;
    lower_.emplace(TRY(std::move(reader)));
    must_seek_ = true;
  }
  if (must_seek_) TRY((*lower_)->seek(position_ & ~in_lower));
  must_seek_ = false;
  return (*lower_)->next();
}

FileResult<std::optional<DirectoryEntry>> MemoryReader::next_lower() {
  const auto& entries = inode().entries.by_name;
  for (;;) {
    auto entry = TRY(read_lower());
    if (!entry) return std::nullopt;
    if ((entry->next_position & in_lower) != 0) return failed(FileError::overflow);
    position_ = entry->next_position | in_lower;
    if (entry->name == "." || entry->name == "..") continue;
    if (const auto changed = entries.find(entry->name); changed != entries.end()) {
      const Inode* const now = changed->second.inode;
      if (now == nullptr || !changed->second.is_in_lower) continue;
      entry->inode = now->stat.inode;
      entry->kind = now->kind;
    }
    name_ = entry->name;
    entry->name = name_;
    entry->next_position = position_;
    return entry;
  }
}

FileResult<std::unique_ptr<DirectoryReader>> MemoryNode::reader() const {
  return std::make_unique<MemoryReader>(shared_from_this());
}

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryPtr node, const OpenOptions& options)
      : node_(std::move(node)),
        reads_(options.read),
        writes_(options.write),
        appends_(options.append) {}

  FileKind kind() const override { return FileKind::regular_file; }
  FileResult<FileStat> stat() const override { return node_->stat(); }
  FileResult<> set_times(NewTime access, NewTime modify) override {
    return node_->set_times(access, modify);
  }
  FileResult<size_t> read(std::span<const IoBuffer> buffers) override {
    const size_t size = TRY(read_at(buffers, offset_));
    offset_ += size;
    return size;
  }
  FileResult<size_t> read_at(std::span<const IoBuffer> buffers, uint64_t offset) override {
    if (!reads_) return failed(FileError::badf);
    const Lock lock(node_->volume().mutex());
    if (!inode().is_changed) return inode().contents.lower()->read_at(buffers, offset);
    return inode().contents.read(buffers, offset);
  }
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override {
    if (!writes_) return failed(FileError::badf);
    const Lock lock(node_->volume().mutex());
    TRY(node_->volume().change(inode()));
    if (appends_) offset_ = inode().contents.size_bytes();
    const size_t size = TRY(write_locked(buffers, offset_));
    offset_ += size;
    return size;
  }
  /// Of a file that appends, at its end, as Linux has it.
  FileResult<size_t> write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) override {
    if (!writes_) return failed(FileError::badf);
    const Lock lock(node_->volume().mutex());
    TRY(node_->volume().change(inode()));
    return write_locked(buffers, appends_ ? inode().contents.size_bytes() : offset);
  }
  FileResult<uint64_t> seek(int64_t delta, Whence whence) override;
  FileResult<> truncate(uint64_t size_bytes) override {
    return change([&](MemoryContents& contents) { return contents.resize(size_bytes); });
  }
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes) override {
    return change([&](MemoryContents& contents) { return contents.allocate(offset, size_bytes); });
  }
  FileResult<> set_append(bool append) override {
    appends_ = append;
    return {};
  }

 private:
  Inode& inode() const { return node_->inode(); }
  FileResult<size_t> write_locked(std::span<const ConstIoBuffer> buffers, uint64_t offset) {
    const size_t size = TRY(inode().contents.write(buffers, offset));
    if (size != 0) node_->volume().changed_contents(inode());
    return size;
  }
  template <typename Operation>
  FileResult<> change(Operation operation) {
    if (!writes_) return failed(FileError::inval);
    const Lock lock(node_->volume().mutex());
    TRY(node_->volume().change(inode()));
    TRY(operation(inode().contents));
    node_->volume().changed_contents(inode());
    return {};
  }

  MemoryPtr node_;
  uint64_t offset_ = 0;
  bool reads_;
  bool writes_;
  bool appends_;
};

FileResult<uint64_t> MemoryFile::seek(int64_t delta, Whence whence) {
  uint64_t base = 0;
  switch (whence) {
    case Whence::set: break;
    case Whence::current: base = offset_; break;
    case Whence::end: base = TRY(stat()).size_bytes; break;
  }
  return offset_ = TRY(moved_position(base, delta));
}

FileResult<std::unique_ptr<File>> MemoryNode::open(const OpenOptions& options) {
  if (inode_.kind != FileKind::regular_file) return failed(FileError::inval);
  if (!options.truncate) {
    const Lock lock(volume_->mutex());
    TRY(volume_->open_lower(inode_));
  }
  auto file = std::make_unique<MemoryFile>(shared_from_this(), options);
  if (options.truncate) TRY(file->truncate(0));
  return file;
}

std::shared_ptr<Directory> make_directory(const MemoryOptions& options,
                                          std::shared_ptr<Directory> lower) {
  const auto volume = std::make_shared<MemoryVolume>(options, std::move(lower));
  const auto root = [&] {
    const Lock lock(volume->mutex());
    return std::make_shared<MemoryNode>(volume, volume->root());
  }();
  return make_tree_directory(root, volume.get());
}

}  // namespace

std::shared_ptr<Directory> make_memory_directory(const MemoryOptions& options) {
  return make_directory(options, nullptr);
}

std::shared_ptr<Directory> make_overlay(std::shared_ptr<Directory> lower,
                                        const MemoryOptions& options) {
  return make_directory(options, std::move(lower));
}

}  // namespace waxwing::vfs
