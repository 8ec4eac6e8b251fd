// The files and directories of a file system in memory, which may lie over a lower one: then all is
// as it is there until it is changed, and changes stay here. Private to the layer.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "vfs/lower.h"
#include "vfs/memory.h"
#include "vfs/memory_contents.h"

namespace waxwing::vfs {

inline std::unexpected<FileError> failed(FileError error) { return std::unexpected(error); }

struct Inode;

/// The names of a directory, but those that are as the lower directory has them.
struct Entries {
  struct Entry {
    Inode* inode = nullptr;    // null: removed, a name that the lower directory has
    uint64_t position = 0;     // that no other entry takes
    bool is_in_lower = false;  // the lower directory had the name when it was changed first
  };
  using ByName = std::map<std::string, Entry, std::less<>>;
  ByName by_name;
  std::map<uint64_t, ByName::const_iterator> by_position;
  uint64_t next_position = 2;  // `.` is at 0, `..` at 1

  void set(std::string_view name, Inode* inode, bool is_in_lower);
  void erase(std::string_view name);
};

/// A file, a directory or a link, by whatever names. Of what the lower directory has there is one
/// as long as something is open or changed; two names of one lower file have the same.
struct Inode {
  Inode(MemoryBudget& budget, FileKind kind_of_it) : kind(kind_of_it), contents(budget) {}

  const FileKind kind;
  FileStat stat;  // the size is that of `contents` and `target` where there is no lower one
  MemoryContents contents;  // of a regular file, once it has changed
  std::string target;       // of a link that is not the lower directory's
  Entries entries;          // of a directory
  Inode* parent = nullptr;  // of a directory; has a reference
  std::optional<std::string> lower_path;
  std::string key;  // by which the volume finds it; may be empty
  uint64_t id = 0;
  uint64_t references = 0;  // by nodes and files, and by the directories in it
  uint64_t names = 0;       // entries that lead here
  uint64_t charged_bytes = 0;
  bool is_changed = true;  // else all is as the lower directory has it
  bool is_removed = false;

  bool is_directory() const { return kind == FileKind::directory; }
  bool has_lower_names() const { return lower_path.has_value() && !is_removed; }
};

class MemoryVolume;

/// A reference to an inode; may be null. The volume's mutex is held where there is one.
class InodeRef {
 public:
  InodeRef() = default;
  InodeRef(MemoryVolume& volume, Inode* inode);
  InodeRef(InodeRef&& other) noexcept
      : volume_(other.volume_), inode_(std::exchange(other.inode_, nullptr)) {}
  InodeRef& operator=(InodeRef&&) = delete;
  ~InodeRef();

  Inode* get() const { return inode_; }
  Inode& operator*() const { return *inode_; }
  Inode* operator->() const { return inode_; }

 private:
  MemoryVolume* volume_ = nullptr;
  Inode* inode_ = nullptr;
};

/// All but the constructor and `mutex` is for whoever holds the mutex. Operations with the names of
/// vfs/node.h's mean and fail as those do.
class MemoryVolume {
 public:
  /// `lower` may be null.
  MemoryVolume(const MemoryOptions& options, std::shared_ptr<Directory> lower);

  std::mutex& mutex() { return mutex_; }
  Inode& root() { return *root_; }
  const Lower& lower() const { return *lower_; }

  void add_reference(Inode& inode) { ++inode.references; }
  /// `inode` may end, and directories that lead to it.
  void remove_reference(Inode& inode);

  FileResult<FileStat> stat(const Inode& inode) const;
  FileResult<> set_times(Inode& inode, NewTime access, NewTime modify);
  FileResult<std::string> target(const Inode& inode) const;
  /// Before a regular file is read or written, unless it is to be empty then.
  FileResult<> open_lower(Inode& file);
  /// Before anything of it is changed: `nospc` where there is no room for that. Nothing is copied.
  FileResult<> change(Inode& inode);
  void changed_contents(Inode& inode);

  /// What a name leads to.
  struct Found {
    InodeRef inode;  // null: nothing
    bool is_in_lower = false;
    bool has_entry = false;
  };
  FileResult<Found> find(Inode& directory, std::string_view name);
  FileResult<InodeRef> make(Inode& directory, std::string_view name, FileKind kind,
                            std::string_view target);
  FileResult<> add_name(Inode& directory, std::string_view name, Inode& inode);
  FileResult<> remove_file(Inode& directory, std::string_view name);
  FileResult<> remove_directory(Inode& directory, std::string_view name);

  struct Name {
    Inode& directory;
    std::string_view name;
  };
  FileResult<> rename(Name from, Name to);

 private:
  uint64_t now_ns() const { return options_.now_ns(); }
  Inode& add_inode(FileKind kind);
  /// The inode of a name of the lower directory, which has no entry here; null where there is none.
  FileResult<Inode*> find_lower(Inode& directory, std::string_view name);
  Inode& add_lower_inode(const FileStat& stat, std::string path, std::string key);
  /// What it is from now on is known here; without asking for room, as suits what has no names.
  void take_over(Inode& inode, const FileStat& stat);
  FileResult<bool> is_empty(const Inode& directory) const;
  FileResult<> check_rename(Name from, Name to, const Inode& moved, const Inode* replaced) const;
  FileResult<> remove(Name at, const Found& found);

  /// Room for an entry that is not there yet.
  FileResult<> charge_entry(std::string_view name, const Found& found) {
    return found.has_entry ? FileResult<>() : budget_.charge(MemoryBudget::cost_of(name));
  }
  /// For entries that are paid for.
  void put_entry(Name at, const Found& found, Inode& inode);
  void take_entry(Name at, const Found& found);
  /// What was found there is no more.
  void detach(Inode& directory, const Found& found);
  /// The name that led to it is gone.
  void lose_name(Inode& inode);
  void set_parent(Inode& directory, Inode* parent);
  void end_removed(Inode& inode);
  void end_where_unused(Inode* inode);

  MemoryOptions options_;
  std::optional<Lower> lower_;
  uint64_t device_;
  uint64_t next_inode_;
  uint64_t next_id_ = 0;
  std::mutex mutex_;
  MemoryBudget budget_;
  std::unordered_map<uint64_t, std::unique_ptr<Inode>> inodes_;  // by id
  std::unordered_map<std::string, Inode*> by_key_;
  Inode* root_ = nullptr;
};

inline InodeRef::InodeRef(MemoryVolume& volume, Inode* inode) : volume_(&volume), inode_(inode) {
  if (inode_ != nullptr) volume_->add_reference(*inode_);
}
inline InodeRef::~InodeRef() {
  if (inode_ != nullptr) volume_->remove_reference(*inode_);
}

}  // namespace waxwing::vfs
