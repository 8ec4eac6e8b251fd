// Nodes in memory. One mutex a volume guards them all: operations are short.
#include "vfs/memory.h"

#include <map>
#include <optional>
#include <utility>

#include "vfs/memory_volume.h"
#include "vfs/position.h"
#include "vfs/tree.h"

namespace waxwing::vfs {
namespace {

using platform::Whence;

using Lock = std::lock_guard<std::mutex>;
using VolumePtr = std::shared_ptr<MemoryVolume>;

std::unexpected<FileError> failed(FileError error) { return std::unexpected(error); }

class MemoryNode;
using MemoryPtr = std::shared_ptr<MemoryNode>;

/// The entries of a directory, each at a position that no other takes after it.
struct Entries {
  struct Entry {
    MemoryPtr node;
    uint64_t position;
  };
  std::map<std::string, Entry, std::less<>> by_name;
  std::map<uint64_t, std::string_view> by_position;  // the keys of `by_name`
  uint64_t next_position = 2;                        // `.` is at 0, `..` at 1

  void add(std::string_view name, MemoryPtr node) {
    const auto added = by_name.emplace(name, Entry{std::move(node), next_position}).first;
    by_position.emplace(next_position++, added->first);
  }
  void remove(std::string_view name) {
    const auto found = by_name.find(name);
    by_position.erase(found->second.position);
    by_name.erase(found);
  }
  MemoryNode* find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second.node.get();
  }
};

class MemoryNode final : public Node, public std::enable_shared_from_this<MemoryNode> {
 public:
  MemoryNode(VolumePtr volume, FileKind kind)
      : volume_(std::move(volume)), kind_(kind), contents_(*volume_) {
    stat_ = {.device = volume_->options().device, .inode = volume_->next_inode(), .kind = kind};
    stat_.link_count = kind == FileKind::directory ? 2 : 1;
    stat_.permissions = kind == FileKind::directory ? 0755 : 0644;
    stat_.access_time_ns = stat_.modify_time_ns = stat_.change_time_ns = volume_->now_ns();
  }
  ~MemoryNode() override;

  FileKind kind() const override { return kind_; }
  FileResult<FileStat> stat() const override;
  FileResult<> set_times(NewTime access, NewTime modify) override;
  FileResult<std::unique_ptr<File>> open(const OpenOptions& options) override;
  FileResult<std::string> target() const override { return target_; }
  FileResult<std::shared_ptr<Node>> find(std::string_view name) const override;
  FileResult<std::unique_ptr<DirectoryReader>> reader() const override;
  FileResult<std::shared_ptr<Node>> make_file(std::string_view name) override;
  FileResult<> make_directory(std::string_view name) override;
  FileResult<> make_link(std::string_view name, std::string_view target) override;
  FileResult<> add_name(std::string_view name, const std::shared_ptr<Node>& node) override;
  FileResult<> remove_file(std::string_view name) override;
  FileResult<> remove_directory(std::string_view name) override;
  FileResult<> rename(std::string_view name, Node& to_directory, std::string_view to) override;

  MemoryVolume& volume() const { return *volume_; }
  /// These are for whoever holds the volume's mutex.
  MemoryContents& contents() { return contents_; }
  void changed_contents() { stat_.modify_time_ns = stat_.change_time_ns = volume_->now_ns(); }
  std::optional<DirectoryEntry> entry_at(uint64_t position, std::string& name) const;
  bool is_directory() const { return kind_ == FileKind::directory; }
  bool is_empty() const { return entries_.by_name.empty(); }
  /// What a name of `node` is charged.
  static uint64_t cost_of(std::string_view name, const MemoryNode& node) {
    return MemoryVolume::cost_of(name, node.target_);
  }

 private:
  /// Makes an entry, for which there is room, unless its name is taken or this was removed.
  FileResult<MemoryPtr> make(std::string_view name, FileKind kind, std::string_view target);
  void add_entry(std::string_view name, MemoryPtr node);
  void remove_entry(std::string_view name);
  /// Whether this is `directory`, or within it at whatever depth.
  bool is_beneath(const MemoryNode& directory) const;

  const VolumePtr volume_;
  const FileKind kind_;
  FileStat stat_;            // but the size
  MemoryContents contents_;  // of a regular file
  std::string target_;       // of a link
  Entries entries_;          // of a directory
  std::weak_ptr<MemoryNode> parent_;
  bool is_removed_ = false;
};

/// Directories may be nested deeper than the stack is: what they hold is ended one by one.
MemoryNode::~MemoryNode() {
  std::vector<MemoryPtr> ending;
  const auto take = [&](Entries& entries) {
    for (auto& [name, entry] : entries.by_name) {
      volume_->release(cost_of(name, *entry.node));
      ending.push_back(std::move(entry.node));
    }
    entries.by_position.clear();
    entries.by_name.clear();
  };
  take(entries_);
  while (!ending.empty()) {
    const MemoryPtr node = std::move(ending.back());
    ending.pop_back();
    if (node.use_count() == 1) take(node->entries_);
  }
}

FileResult<FileStat> MemoryNode::stat() const {
  const Lock lock(volume_->mutex());
  FileStat result = stat_;
  result.size_bytes = kind_ == FileKind::symbolic_link ? target_.size() : contents_.size_bytes();
  return result;
}

FileResult<> MemoryNode::set_times(NewTime access, NewTime modify) {
  const Lock lock(volume_->mutex());
  const uint64_t now_ns = volume_->now_ns();
  const auto set = [now_ns](NewTime time, uint64_t& field) {
    if (time.kind == NewTime::Kind::now) field = now_ns;
    if (time.kind == NewTime::Kind::at) field = time.at_ns;
  };
  set(access, stat_.access_time_ns);
  set(modify, stat_.modify_time_ns);
  stat_.change_time_ns = now_ns;
  return {};
}

FileResult<std::shared_ptr<Node>> MemoryNode::find(std::string_view name) const {
  const Lock lock(volume_->mutex());
  if (!is_directory()) return failed(FileError::notdir);
  MemoryNode* const found = entries_.find(name);
  if (found == nullptr) return failed(FileError::noent);
  return found->shared_from_this();
}

void MemoryNode::add_entry(std::string_view name, MemoryPtr node) {
  if (node->is_directory()) {
    node->parent_ = weak_from_this();
    ++stat_.link_count;
  }
  entries_.add(name, std::move(node));
  changed_contents();
}

void MemoryNode::remove_entry(std::string_view name) {
  if (entries_.find(name)->is_directory()) --stat_.link_count;
  entries_.remove(name);
  changed_contents();
}

FileResult<MemoryPtr> MemoryNode::make(std::string_view name, FileKind kind,
                                       std::string_view target) {
  const Lock lock(volume_->mutex());
  if (!is_directory()) return failed(FileError::notdir);
  if (is_removed_) return failed(FileError::noent);
  if (entries_.find(name) != nullptr) return failed(FileError::exist);
  TRY(volume_->charge(MemoryVolume::cost_of(name, target)));
  auto node = std::make_shared<MemoryNode>(volume_, kind);
  node->target_ = target;
  add_entry(name, node);
  return node;
}

FileResult<std::shared_ptr<Node>> MemoryNode::make_file(std::string_view name) {
  return make(name, FileKind::regular_file, "");
}

FileResult<> MemoryNode::make_directory(std::string_view name) {
  TRY(make(name, FileKind::directory, ""));
  return {};
}

FileResult<> MemoryNode::make_link(std::string_view name, std::string_view target) {
  TRY(make(name, FileKind::symbolic_link, target));
  return {};
}

FileResult<> MemoryNode::add_name(std::string_view name, const std::shared_ptr<Node>& node) {
  const Lock lock(volume_->mutex());
  const MemoryPtr linked = std::static_pointer_cast<MemoryNode>(node);
  if (!is_directory()) return failed(FileError::notdir);
  if (linked->is_directory()) return failed(FileError::perm);
  if (is_removed_ || linked->stat_.link_count == 0) return failed(FileError::noent);
  if (entries_.find(name) != nullptr) return failed(FileError::exist);
  TRY(volume_->charge(cost_of(name, *linked)));
  ++linked->stat_.link_count;
  linked->stat_.change_time_ns = volume_->now_ns();
  add_entry(name, linked);
  return {};
}

FileResult<> MemoryNode::remove_file(std::string_view name) {
  MemoryPtr removed;  // ends after the lock
  const Lock lock(volume_->mutex());
  if (!is_directory()) return failed(FileError::notdir);
  MemoryNode* const node = entries_.find(name);
  if (node == nullptr) return failed(FileError::noent);
  if (node->is_directory()) return failed(FileError::isdir);
  removed = node->shared_from_this();
  --node->stat_.link_count;
  node->stat_.change_time_ns = volume_->now_ns();
  remove_entry(name);
  volume_->release(cost_of(name, *removed));
  return {};
}

FileResult<> MemoryNode::remove_directory(std::string_view name) {
  MemoryPtr removed;
  const Lock lock(volume_->mutex());
  if (!is_directory()) return failed(FileError::notdir);
  MemoryNode* const node = entries_.find(name);
  if (node == nullptr) return failed(FileError::noent);
  if (!node->is_directory()) return failed(FileError::notdir);
  if (!node->is_empty()) return failed(FileError::notempty);
  removed = node->shared_from_this();
  node->is_removed_ = true;
  node->stat_.link_count = 0;
  remove_entry(name);
  volume_->release(cost_of(name, *removed));
  return {};
}

bool MemoryNode::is_beneath(const MemoryNode& directory) const {
  MemoryPtr above;
  for (const MemoryNode* node = this; node != nullptr; node = above.get()) {
    if (node == &directory) return true;
    above = node->parent_.lock();
  }
  return false;
}

/// Whether `source` may come to be where `target` is.
FileResult<> check_replaced(const MemoryNode& source, const MemoryNode* target) {
  if (target == nullptr) return {};
  if (source.is_directory() && !target->is_directory()) return failed(FileError::notdir);
  if (!source.is_directory() && target->is_directory()) return failed(FileError::isdir);
  if (!target->is_empty()) return failed(FileError::notempty);
  return {};
}

FileResult<> MemoryNode::rename(std::string_view name, Node& to_directory, std::string_view to) {
  MemoryPtr moved, replaced;
  const Lock lock(volume_->mutex());
  auto& target_directory = static_cast<MemoryNode&>(to_directory);
  if (!is_directory() || !target_directory.is_directory()) return failed(FileError::notdir);
  MemoryNode* const source = entries_.find(name);
  if (source == nullptr || target_directory.is_removed_) return failed(FileError::noent);
  MemoryNode* const target = target_directory.entries_.find(to);
  if (source == target) return {};
  if (source->is_directory() && target_directory.is_beneath(*source)) {
    return failed(FileError::inval);
  }
  if (target != nullptr && target->is_directory() && is_beneath(*target)) {
    return failed(FileError::notempty);
  }
  TRY(check_replaced(*source, target));
  if (to.size() > name.size()) TRY(volume_->charge(to.size() - name.size()));
  moved = source->shared_from_this();
  if (target != nullptr) {
    replaced = target->shared_from_this();
    target->is_removed_ = target->is_directory();
    target->stat_.link_count = target->is_directory() ? 0 : target->stat_.link_count - 1;
    target_directory.remove_entry(to);
    volume_->release(cost_of(to, *replaced));
  }
  remove_entry(name);
  if (name.size() > to.size()) volume_->release(name.size() - to.size());
  moved->stat_.change_time_ns = volume_->now_ns();
  target_directory.add_entry(to, moved);
  return {};
}

std::optional<DirectoryEntry> MemoryNode::entry_at(uint64_t position, std::string& name) const {
  const Lock lock(volume_->mutex());
  DirectoryEntry entry;
  entry.inode = stat_.inode;
  entry.kind = FileKind::directory;
  if (position < 2) {
    name = position == 0 ? "." : "..";
    const MemoryPtr parent = parent_.lock();
    if (position == 1 && parent != nullptr) entry.inode = parent->stat_.inode;
    entry.next_position = position + 1;
  } else {
    const auto found = entries_.by_position.lower_bound(position);
    if (found == entries_.by_position.end()) return std::nullopt;
    name = found->second;
    const MemoryNode& node = *entries_.find(name);
    entry.inode = node.stat_.inode;
    entry.kind = node.kind_;
    entry.next_position = found->first + 1;
  }
  entry.name = name;
  return entry;
}

class MemoryReader final : public DirectoryReader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryNode> directory)
      : directory_(std::move(directory)) {}

  FileResult<> seek(uint64_t position) override {
    position_ = position;
    return {};
  }
  FileResult<std::optional<DirectoryEntry>> next() override {
    const std::optional<DirectoryEntry> entry = directory_->entry_at(position_, name_);
    if (entry) position_ = entry->next_position;
    return entry;
  }

 private:
  std::shared_ptr<const MemoryNode> directory_;
  uint64_t position_ = 0;
  std::string name_;  // of the last entry
};

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
    return node_->contents().read(buffers, offset);
  }
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override {
    if (!writes_) return failed(FileError::badf);
    const Lock lock(node_->volume().mutex());
    if (appends_) offset_ = node_->contents().size_bytes();
    const size_t size = TRY(write_locked(buffers, offset_));
    offset_ += size;
    return size;
  }
  /// Of a file that appends, at its end, as Linux has it.
  FileResult<size_t> write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) override {
    if (!writes_) return failed(FileError::badf);
    const Lock lock(node_->volume().mutex());
    return write_locked(buffers, appends_ ? node_->contents().size_bytes() : offset);
  }
  FileResult<uint64_t> seek(int64_t delta, Whence whence) override;
  FileResult<> truncate(uint64_t size_bytes) override {
    return change([&] { return node_->contents().resize(size_bytes); });
  }
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes) override {
    return change([&] { return node_->contents().allocate(offset, size_bytes); });
  }
  FileResult<> set_append(bool append) override {
    appends_ = append;
    return {};
  }

 private:
  FileResult<size_t> write_locked(std::span<const ConstIoBuffer> buffers, uint64_t offset) {
    const size_t size = TRY(node_->contents().write(buffers, offset));
    if (size != 0) node_->changed_contents();
    return size;
  }
  template <typename Operation>
  FileResult<> change(Operation operation) {
    if (!writes_) return failed(FileError::inval);
    const Lock lock(node_->volume().mutex());
    TRY(operation());
    node_->changed_contents();
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
  if (kind_ != FileKind::regular_file) return failed(FileError::inval);
  auto file = std::make_unique<MemoryFile>(shared_from_this(), options);
  if (options.truncate) TRY(file->truncate(0));
  return file;
}

}  // namespace

std::shared_ptr<Directory> make_memory_directory(const MemoryOptions& options) {
  const auto volume = std::make_shared<MemoryVolume>(options);
  return make_tree_directory(std::make_shared<MemoryNode>(volume, FileKind::directory),
                             volume.get());
}

}  // namespace waxwing::vfs
