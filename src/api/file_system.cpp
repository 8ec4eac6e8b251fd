// Nodes of embedders for the walk over nodes. Nothing that they return is trusted: what makes no
// sense is `io`, a name that is none is not there.
#include "waxwing/file_system.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "api/wasi_directories.h"
#include "api/wasi_stream.h"
#include "vfs/position.h"
#include "vfs/tree.h"

namespace waxwing::api {
namespace {

using platform::DirectoryEntry;
using platform::NewTime;
using InnerError = platform::FileError;
using InnerKind = platform::FileKind;
template <typename T = void>
using InnerResult = platform::FileResult<T>;

InnerKind to_internal(FileKind kind) {
  switch (kind) {
    case FileKind::file: return InnerKind::regular_file;
    case FileKind::directory: return InnerKind::directory;
    case FileKind::link: return InnerKind::symbolic_link;
  }
  return InnerKind::unknown;
}

template <typename T>
InnerResult<T> to_internal(FileResult<T> result) {
  if (!result) return std::unexpected(error_of(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

std::unexpected<InnerError> failed(InnerError error) { return std::unexpected(error); }

bool is_name(std::string_view name) {
  constexpr size_t max_bytes = 255;
  return !name.empty() && name.size() <= max_bytes && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// The number of a name's node where the embedder has none. [FNV-1a]
uint64_t inode_of(uint64_t directory, std::string_view name) {
  constexpr uint64_t prime = 0x100000001b3;
  uint64_t hash = directory;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * prime;
  return (hash ^ '/') * prime;
}
constexpr uint64_t root_inode = 0xcbf29ce484222325;

struct Volume {
  detail::StoreCore& core;
  uint64_t device;
  std::function<uint64_t()> now_ns;
};

/// What the embedder answers; no call begins in the store meanwhile.
template <typename Question>
auto ask(const Volume& volume, Question question) {
  const detail::Silence silence(volume.core);
  return to_internal(question());
}

class Adapted final : public vfs::Node, public std::enable_shared_from_this<Adapted> {
 public:
  Adapted(std::shared_ptr<const Volume> volume, std::shared_ptr<FileNode> node, uint64_t inode)
      : volume_(std::move(volume)),
        node_(std::move(node)),
        kind_(api::ask(*volume_, [&] { return node_->kind(); })),
        inode_(inode) {}

  InnerKind kind() const override { return kind_; }
  InnerResult<platform::FileStat> stat() const override;
  InnerResult<> set_times(NewTime access, NewTime modify) override;
  InnerResult<std::unique_ptr<vfs::File>> open(const platform::OpenOptions& options) override;
  InnerResult<std::string> target() const override {
    std::string target = TRY(ask(*volume_, [&] { return node_->target(); }));
    if (target.find('\0') != std::string::npos) return failed(InnerError::io);
    return target;
  }
  InnerResult<std::shared_ptr<vfs::Node>> find(std::string_view name) const override {
    return adapted(name, [&] { return node_->find(name); });
  }
  InnerResult<std::unique_ptr<vfs::DirectoryReader>> reader() const override;
  InnerResult<std::shared_ptr<vfs::Node>> make_file(std::string_view name) override {
    return adapted(name, [&] { return node_->make_file(name); });
  }
  InnerResult<> make_directory(std::string_view name) override {
    return ask(*volume_, [&] { return node_->make_directory(name); });
  }
  InnerResult<> make_link(std::string_view name, std::string_view target) override {
    return ask(*volume_, [&] { return node_->make_link(name, target); });
  }
  InnerResult<> add_name(std::string_view name, const std::shared_ptr<vfs::Node>& node) override {
    return ask(*volume_,
               [&] { return node_->add_name(name, *static_cast<Adapted&>(*node).node_); });
  }
  InnerResult<> remove_file(std::string_view name) override {
    return ask(*volume_, [&] { return node_->remove_file(name); });
  }
  InnerResult<> remove_directory(std::string_view name) override {
    return ask(*volume_, [&] { return node_->remove_directory(name); });
  }
  InnerResult<> rename(std::string_view name, vfs::Node& to_directory,
                       std::string_view to) override {
    return ask(*volume_,
               [&] { return node_->rename(name, *static_cast<Adapted&>(to_directory).node_, to); });
  }

  const Volume& volume() const { return *volume_; }
  uint64_t inode() const { return inode_; }
  InnerResult<std::vector<FileEntry>> list() const {
    return ask(*volume_, [&] { return node_->list(); });
  }

 private:
  template <typename Question>
  InnerResult<std::shared_ptr<vfs::Node>> adapted(std::string_view name, Question question) const {
    const std::shared_ptr<FileNode> node = TRY(ask(*volume_, question));
    if (node == nullptr) return failed(InnerError::io);
    return std::make_shared<Adapted>(volume_, node, inode_of(inode_, name));
  }

  std::shared_ptr<const Volume> volume_;
  std::shared_ptr<FileNode> node_;
  InnerKind kind_;
  uint64_t inode_;
};

InnerResult<platform::FileStat> Adapted::stat() const {
  const FileStatus status = TRY(ask(*volume_, [&] { return node_->status(); }));
  platform::FileStat result;
  result.device = volume_->device;
  result.inode = status.inode != 0 ? status.inode : inode_;
  result.kind = kind_;
  result.link_count = status.link_count;
  constexpr uint64_t last = std::numeric_limits<int64_t>::max();
  result.size_bytes = std::min(status.size_bytes, last);
  result.access_time_ns = status.access_time_ns;
  result.modify_time_ns = status.modify_time_ns;
  result.change_time_ns = status.change_time_ns;
  return result;
}

InnerResult<> Adapted::set_times(NewTime access, NewTime modify) {
  const auto time = [this](NewTime wanted) -> std::optional<uint64_t> {
    if (wanted.kind == NewTime::Kind::keep) return std::nullopt;
    return wanted.kind == NewTime::Kind::now ? volume_->now_ns() : wanted.at_ns;
  };
  const auto new_access = time(access);
  const auto new_modify = time(modify);
  return ask(*volume_, [&] { return node_->set_times(new_access, new_modify); });
}

class AdaptedFile final : public vfs::File {
 public:
  AdaptedFile(std::shared_ptr<Adapted> node, std::unique_ptr<OpenFile> file,
              const platform::OpenOptions& options)
      : node_(std::move(node)),
        file_(std::move(file)),
        reads_(options.read),
        writes_(options.write),
        appends_(options.append) {}

  InnerKind kind() const override { return InnerKind::regular_file; }
  InnerResult<platform::FileStat> stat() const override { return node_->stat(); }
  InnerResult<> set_times(NewTime access, NewTime modify) override {
    return node_->set_times(access, modify);
  }
  InnerResult<> sync_data() override {
    return ask(node_->volume(), [&] { return file_->sync(); });
  }
  InnerResult<> sync_all() override {
    return ask(node_->volume(), [&] { return file_->sync(); });
  }

  InnerResult<size_t> read(std::span<const platform::IoBuffer> buffers) override {
    const size_t size = TRY(read_at(buffers, offset_));
    offset_ += size;
    return size;
  }
  InnerResult<size_t> read_at(std::span<const platform::IoBuffer> buffers,
                              uint64_t offset) override {
    if (!reads_) return failed(InnerError::badf);
    return transfer(buffers, offset, [this](const platform::IoBuffer& buffer, uint64_t at) {
      return file_->read({buffer.data, buffer.size}, at);
    });
  }
  InnerResult<size_t> write(std::span<const platform::ConstIoBuffer> buffers) override {
    if (appends_) offset_ = TRY(stat()).size_bytes;
    const size_t size = TRY(write_from(buffers, offset_));
    offset_ += size;
    return size;
  }
  InnerResult<size_t> write_at(std::span<const platform::ConstIoBuffer> buffers,
                               uint64_t offset) override {
    if (appends_) offset = TRY(stat()).size_bytes;
    return write_from(buffers, offset);
  }
  InnerResult<uint64_t> seek(int64_t delta, platform::Whence whence) override {
    uint64_t base = whence == platform::Whence::current ? offset_ : 0;
    if (whence == platform::Whence::end) base = TRY(stat()).size_bytes;
    return offset_ = TRY(vfs::moved_position(base, delta));
  }
  InnerResult<> truncate(uint64_t size_bytes) override {
    if (!writes_) return failed(InnerError::inval);
    if (size_bytes > uint64_t{std::numeric_limits<int64_t>::max()}) return failed(InnerError::fbig);
    return ask(node_->volume(), [&] { return file_->resize(size_bytes); });
  }
  InnerResult<> set_append(bool append) override {
    appends_ = append;
    return {};
  }

 private:
  InnerResult<size_t> write_from(std::span<const platform::ConstIoBuffer> buffers,
                                 uint64_t offset) {
    if (!writes_) return failed(InnerError::badf);
    return transfer(buffers, offset, [this](const platform::ConstIoBuffer& buffer, uint64_t at) {
      return file_->write({buffer.data, buffer.size}, at);
    });
  }
  /// One buffer after another, until one of them is not done whole.
  template <typename Buffer, typename Operation>
  InnerResult<size_t> transfer(std::span<const Buffer> buffers, uint64_t offset,
                               Operation operation) {
    constexpr uint64_t last = std::numeric_limits<int64_t>::max();
    size_t total = 0;
    for (const Buffer& buffer : buffers) {
      if (buffer.size == 0) continue;
      if (offset > last || buffer.size > last - offset) {
        if (total != 0) return total;
        return failed(InnerError::inval);
      }
      const InnerResult<size_t> done =
          ask(node_->volume(), [&] { return operation(buffer, offset); });
      const bool is_wrong = done && *done > buffer.size;
      if (!done || is_wrong) {
        if (total != 0) return total;
        return failed(is_wrong ? InnerError::io : done.error());
      }
      total += *done;
      offset += *done;
      if (*done < buffer.size) break;
    }
    return total;
  }

  std::shared_ptr<Adapted> node_;
  std::unique_ptr<OpenFile> file_;
  uint64_t offset_ = 0;  // less than 2^63
  bool reads_;
  bool writes_;
  bool appends_;
};

InnerResult<std::unique_ptr<vfs::File>> Adapted::open(const platform::OpenOptions& options) {
  auto opened = TRY(
      ask(*volume_, [&] { return node_->open({.read = options.read, .write = options.write}); }));
  if (opened == nullptr) return failed(InnerError::io);
  auto file = std::make_unique<AdaptedFile>(shared_from_this(), std::move(opened), options);
  if (options.truncate) TRY(file->truncate(0));
  return file;
}

/// Over a list that is asked for at the start; positions are places in it.
class AdaptedReader final : public vfs::DirectoryReader {
 public:
  explicit AdaptedReader(std::shared_ptr<const Adapted> directory)
      : directory_(std::move(directory)) {}

  InnerResult<> seek(uint64_t position) override {
    if (position == 0) entries_.reset();
    position_ = position;
    return {};
  }
  InnerResult<std::optional<DirectoryEntry>> next() override {
    constexpr uint64_t dots = 2;
    if (!entries_) TRY(read());
    if (position_ >= entries_->size() + dots) return std::nullopt;
    DirectoryEntry entry;
    if (position_ < dots) {
      entry.name = position_ == 0 ? "." : "..";
      entry.inode = directory_->inode();
      entry.kind = InnerKind::directory;
    } else {
      const FileEntry& listed = (*entries_)[static_cast<size_t>(position_ - dots)];
      entry.name = listed.name;
      entry.inode = listed.inode != 0 ? listed.inode : inode_of(directory_->inode(), listed.name);
      entry.kind = api::to_internal(listed.kind);
    }
    entry.next_position = ++position_;
    return entry;
  }

 private:
  InnerResult<> read() {
    std::vector<FileEntry> entries = TRY(directory_->list());
    std::erase_if(entries, [](const FileEntry& entry) { return !is_name(entry.name); });
    entries_ = std::move(entries);
    return {};
  }

  std::shared_ptr<const Adapted> directory_;
  std::optional<std::vector<FileEntry>> entries_;
  uint64_t position_ = 0;
};

InnerResult<std::unique_ptr<vfs::DirectoryReader>> Adapted::reader() const {
  return std::make_unique<AdaptedReader>(shared_from_this());
}

}  // namespace

std::shared_ptr<vfs::Directory> adapt(detail::StoreCore& core, std::shared_ptr<FileNode> root,
                                      uint64_t device, std::function<uint64_t()> now_ns) {
  const auto volume = std::make_shared<const Volume>(Volume{core, device, std::move(now_ns)});
  return vfs::make_tree_directory(std::make_shared<Adapted>(volume, std::move(root), root_inode),
                                  volume.get());
}

}  // namespace waxwing::api
