// Inodes belong to the volume, which ends with whoever uses the last of them. Those of the lower
// directory come when they are asked for, and go unless something of them has changed.
#include "vfs/memory_volume.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace waxwing::vfs {
namespace {

/// Where the lower directory's numbers are hardly ever.
constexpr uint64_t first_inode_over_lower = uint64_t{1} << 62;

/// A file that has several names below is one, by whichever it is found.
std::string key_of(const FileStat& stat, const std::string& path) {
  if (stat.kind == FileKind::directory || stat.link_count < 2) return path;
  return std::string(1, '\0') + std::to_string(stat.device) + ":" + std::to_string(stat.inode);
}

bool is_beneath(const Inode& inode, const Inode& directory) {
  for (const Inode* above = &inode; above != nullptr; above = above->parent) {
    if (above == &directory) return true;
  }
  return false;
}

/// Whether it is there after it has lost a name.
bool keeps_names(const Inode& inode) { return !inode.is_directory() && inode.stat.link_count > 1; }

}  // namespace

void Entries::set(std::string_view name, Inode* inode, bool is_in_lower) {
  const auto [entry, is_new] = by_name.try_emplace(std::string(name));
  entry->second.inode = inode;
  if (!is_new) return;
  entry->second.position = next_position;
  entry->second.is_in_lower = is_in_lower;
  by_position.emplace(next_position++, entry);
}

void Entries::erase(std::string_view name) {
  const auto found = by_name.find(name);
  by_position.erase(found->second.position);
  by_name.erase(found);
}

MemoryVolume::MemoryVolume(const MemoryOptions& options, std::shared_ptr<Directory> lower)
    : options_(options),
      device_(options.device),
      next_inode_(lower ? first_inode_over_lower : 1),
      budget_(options.max_bytes) {
  if (lower == nullptr) {
    root_ = &add_inode(FileKind::directory);
  } else {
    lower_.emplace(std::move(lower), options.device);
    FileStat stat = lower_->stat("").value_or(FileStat{.device = options.device});
    stat.kind = FileKind::directory;
    device_ = stat.device;
    root_ = &add_lower_inode(stat, "", "");
  }
  root_->names = 1;  // it is kept
}

Inode& MemoryVolume::add_inode(FileKind kind) {
  auto inode = std::make_unique<Inode>(budget_, kind);
  inode->id = next_id_++;
  inode->stat = {.device = device_, .inode = next_inode_++, .kind = kind};
  inode->stat.link_count = kind == FileKind::directory ? 2 : 1;
  inode->stat.permissions = kind == FileKind::directory ? 0755 : 0644;
  inode->stat.access_time_ns = inode->stat.modify_time_ns = inode->stat.change_time_ns = now_ns();
  Inode& result = *inode;
  inodes_.emplace(result.id, std::move(inode));
  return result;
}

Inode& MemoryVolume::add_lower_inode(const FileStat& stat, std::string path, std::string key) {
  auto inode = std::make_unique<Inode>(budget_, stat.kind);
  inode->id = next_id_++;
  inode->stat = stat;
  inode->lower_path = std::move(path);
  inode->key = std::move(key);
  inode->is_changed = false;
  Inode& result = *inode;
  if (!result.key.empty()) by_key_.emplace(result.key, &result);
  inodes_.emplace(result.id, std::move(inode));
  return result;
}

void MemoryVolume::remove_reference(Inode& inode) {
  if (--inode.references == 0) inode.contents.set_lower(nullptr);
  end_where_unused(&inode);
}

void MemoryVolume::end_where_unused(Inode* inode) {
  while (inode != nullptr) {
    const bool is_found_by_key = !inode->key.empty() && inode->is_changed;
    if (inode->references != 0 || inode->names != 0 || is_found_by_key) return;
    Inode* const parent = std::exchange(inode->parent, nullptr);
    if (!inode->key.empty()) by_key_.erase(inode->key);
    budget_.release(inode->charged_bytes);
    inodes_.erase(inode->id);
    inode = parent;
    if (inode != nullptr) --inode->references;
  }
}

FileResult<FileStat> MemoryVolume::stat(const Inode& inode) const {
  FileStat result = inode.stat;
  if (!inode.is_changed) {
    File* const open = inode.contents.lower();
    result = TRY(open != nullptr ? open->stat() : lower_->stat(*inode.lower_path));
    result.device = inode.stat.device;
    result.inode = inode.stat.inode;
    result.kind = inode.kind;
  } else if (inode.kind == FileKind::regular_file) {
    result.size_bytes = inode.contents.size_bytes();
  } else if (!inode.lower_path) {
    result.size_bytes = inode.target.size();
  }
  return result;
}

FileResult<> MemoryVolume::set_times(Inode& inode, NewTime access, NewTime modify) {
  TRY(change(inode));
  const auto set = [now = now_ns()](NewTime time, uint64_t& field) {
    if (time.kind == NewTime::Kind::now) field = now;
    if (time.kind == NewTime::Kind::at) field = time.at_ns;
  };
  set(access, inode.stat.access_time_ns);
  set(modify, inode.stat.modify_time_ns);
  inode.stat.change_time_ns = now_ns();
  return {};
}

FileResult<std::string> MemoryVolume::target(const Inode& inode) const {
  if (inode.kind != FileKind::symbolic_link) return failed(FileError::inval);
  return inode.lower_path ? lower_->target(*inode.lower_path) : inode.target;
}

FileResult<> MemoryVolume::open_lower(Inode& file) {
  const bool matters = !file.is_changed || file.contents.shows_lower();
  if (!matters || file.contents.lower() != nullptr) return {};
  file.contents.set_lower(TRY(lower_->open_file(*file.lower_path)));
  return {};
}

FileResult<> MemoryVolume::change(Inode& inode) {
  if (inode.is_changed) return {};
  // Somebody replaced it below: nothing leads to it, so nothing may come to be in it.
  if (inode.is_directory() && inode.key.empty() && &inode != root_) return failed(FileError::noent);
  const FileStat now = TRY(stat(inode));
  const uint64_t cost = MemoryBudget::cost_of(inode.key);
  TRY(budget_.charge(cost));
  inode.charged_bytes += cost;
  take_over(inode, now);
  return {};
}

void MemoryVolume::take_over(Inode& inode, const FileStat& stat) {
  if (inode.is_changed) return;
  inode.is_changed = true;
  inode.stat = stat;
  inode.stat.link_count = std::max<uint64_t>(stat.link_count, 1);
  if (inode.kind == FileKind::regular_file) inode.contents.begin_over(stat.size_bytes);
}

void MemoryVolume::changed_contents(Inode& inode) {
  inode.stat.modify_time_ns = inode.stat.change_time_ns = now_ns();
}

FileResult<MemoryVolume::Found> MemoryVolume::find(Inode& directory, std::string_view name) {
  if (!directory.is_directory()) return failed(FileError::notdir);
  const auto entry = directory.entries.by_name.find(name);
  if (entry != directory.entries.by_name.end()) {
    return Found{.inode = InodeRef(*this, entry->second.inode),
                 .is_in_lower = entry->second.is_in_lower,
                 .has_entry = true};
  }
  if (!directory.has_lower_names()) return Found{};
  Inode* const inode = TRY(find_lower(directory, name));
  return Found{.inode = InodeRef(*this, inode), .is_in_lower = inode != nullptr};
}

FileResult<Inode*> MemoryVolume::find_lower(Inode& directory, std::string_view name) {
  std::string path = Lower::join(*directory.lower_path, name);
  auto known = by_key_.find(path);
  if (known != by_key_.end() && known->second->is_changed) return known->second;
  const FileResult<FileStat> stat = lower_->stat(path);
  if (!stat) {
    if (Lower::is_absence(stat.error())) return nullptr;
    return failed(stat.error());
  }
  std::string key = key_of(*stat, path);
  known = by_key_.find(key);
  if (known != by_key_.end()) {
    Inode& inode = *known->second;
    const bool is_same = inode.kind == stat->kind && inode.stat.inode == stat->inode &&
                         inode.stat.device == stat->device;
    if (inode.is_changed) return &inode;
    if (is_same) {
      inode.stat = *stat;
      return &inode;
    }
    // Somebody replaced it below; who has it open keeps it.
    by_key_.erase(known);
    inode.key.clear();
  }
  Inode& inode = add_lower_inode(*stat, std::move(path), std::move(key));
  if (inode.is_directory()) set_parent(inode, &directory);
  return &inode;
}

void MemoryVolume::set_parent(Inode& directory, Inode* parent) {
  if (parent != nullptr) ++parent->references;
  Inode* const former = std::exchange(directory.parent, parent);
  if (former != nullptr) remove_reference(*former);
}

void MemoryVolume::put_entry(Name at, const Found& found, Inode& inode) {
  at.directory.entries.set(at.name, &inode, found.is_in_lower);
  ++inode.names;
  if (inode.is_directory()) {
    set_parent(inode, &at.directory);
    // A file system that does not count them says that there is one link.
    if (at.directory.stat.link_count > 1) ++at.directory.stat.link_count;
  }
  changed_contents(at.directory);
}

void MemoryVolume::take_entry(Name at, const Found& found) {
  if (found.is_in_lower) {
    at.directory.entries.set(at.name, nullptr, true);
  } else {
    at.directory.entries.erase(at.name);
    budget_.release(MemoryBudget::cost_of(at.name));
  }
  detach(at.directory, found);
}

void MemoryVolume::detach(Inode& directory, const Found& found) {
  if (found.has_entry) --found.inode->names;
  if (found.inode->is_directory()) {
    if (directory.stat.link_count > 2) --directory.stat.link_count;
    set_parent(*found.inode, nullptr);
  }
  changed_contents(directory);
}

FileResult<InodeRef> MemoryVolume::make(Inode& directory, std::string_view name, FileKind kind,
                                        std::string_view target) {
  if (directory.is_removed) return failed(FileError::noent);
  const Found found = TRY(find(directory, name));
  if (found.inode.get() != nullptr) return failed(FileError::exist);
  TRY(change(directory));
  const uint64_t cost = found.has_entry ? 0 : MemoryBudget::cost_of(name);
  TRY(budget_.charge(cost + target.size()));
  Inode& inode = add_inode(kind);
  inode.target = target;
  inode.charged_bytes = target.size();
  put_entry({directory, name}, found, inode);
  return InodeRef(*this, &inode);
}

FileResult<> MemoryVolume::add_name(Inode& directory, std::string_view name, Inode& inode) {
  if (inode.is_directory()) return failed(FileError::perm);
  if (directory.is_removed || inode.is_removed) return failed(FileError::noent);
  const Found found = TRY(find(directory, name));
  if (found.inode.get() != nullptr) return failed(FileError::exist);
  TRY(change(directory));
  TRY(change(inode));
  TRY(charge_entry(name, found));
  ++inode.stat.link_count;
  inode.stat.change_time_ns = now_ns();
  put_entry({directory, name}, found, inode);
  return {};
}

void MemoryVolume::end_removed(Inode& inode) {
  inode.is_removed = true;
  inode.stat.link_count = 0;
  if (!inode.key.empty()) by_key_.erase(inode.key);
  inode.key.clear();
  for (const auto& [name, entry] : inode.entries.by_name) {
    budget_.release(MemoryBudget::cost_of(name));
  }
  inode.entries = {};
}

void MemoryVolume::lose_name(Inode& inode) {
  inode.stat.change_time_ns = now_ns();
  if (keeps_names(inode)) {
    --inode.stat.link_count;
  } else {
    end_removed(inode);
  }
}

FileResult<> MemoryVolume::remove_file(Inode& directory, std::string_view name) {
  const Found found = TRY(find(directory, name));
  if (found.inode.get() == nullptr) return failed(FileError::noent);
  if (found.inode->is_directory()) return failed(FileError::isdir);
  return remove({directory, name}, found);
}

FileResult<> MemoryVolume::remove_directory(Inode& directory, std::string_view name) {
  const Found found = TRY(find(directory, name));
  if (found.inode.get() == nullptr) return failed(FileError::noent);
  if (!found.inode->is_directory()) return failed(FileError::notdir);
  if (!TRY(is_empty(*found.inode))) return failed(FileError::notempty);
  return remove({directory, name}, found);
}

FileResult<> MemoryVolume::remove(Name at, const Found& found) {
  Inode& inode = *found.inode;
  TRY(change(at.directory));
  if (keeps_names(inode)) TRY(change(inode));
  TRY(charge_entry(at.name, found));
  take_over(inode, inode.stat);
  take_entry(at, found);
  lose_name(inode);
  return {};
}

FileResult<bool> MemoryVolume::is_empty(const Inode& directory) const {
  for (const auto& [name, entry] : directory.entries.by_name) {
    if (entry.inode != nullptr) return false;
  }
  if (!directory.has_lower_names()) return true;
  const FileResult<Lower::Reader> reader = lower_->reader(*directory.lower_path);
  if (!reader && Lower::is_absence(reader.error())) return true;
  if (!reader) return failed(reader.error());
  for (;;) {
    const auto entry = TRY((*reader)->next());
    if (!entry) return true;
    const bool is_dots = entry->name == "." || entry->name == "..";
    if (!is_dots && !directory.entries.by_name.contains(entry->name)) return false;
  }
}

FileResult<> MemoryVolume::check_rename(Name from, Name to, const Inode& moved,
                                        const Inode* replaced) const {
  if (moved.is_directory() && is_beneath(to.directory, moved)) return failed(FileError::inval);
  if (replaced == nullptr) return {};
  if (replaced->is_directory() && is_beneath(from.directory, *replaced)) {
    return failed(FileError::notempty);
  }
  if (moved.is_directory() && !replaced->is_directory()) return failed(FileError::notdir);
  if (!moved.is_directory() && replaced->is_directory()) return failed(FileError::isdir);
  if (replaced->is_directory() && !TRY(is_empty(*replaced))) return failed(FileError::notempty);
  return {};
}

FileResult<> MemoryVolume::rename(Name from, Name to) {
  if (!to.directory.is_directory()) return failed(FileError::notdir);
  const Found source = TRY(find(from.directory, from.name));
  if (source.inode.get() == nullptr || to.directory.is_removed) return failed(FileError::noent);
  const Found target = TRY(find(to.directory, to.name));
  Inode* const replaced = target.inode.get();
  if (source.inode.get() == replaced) return {};
  TRY(check_rename(from, to, *source.inode, replaced));
  TRY(change(from.directory));
  TRY(change(to.directory));
  TRY(change(*source.inode));
  if (replaced != nullptr && keeps_names(*replaced)) TRY(change(*replaced));

  const uint64_t cost_from = MemoryBudget::cost_of(from.name);
  const uint64_t added =
      (target.has_entry ? 0 : MemoryBudget::cost_of(to.name)) + (source.has_entry ? 0 : cost_from);
  const uint64_t returned = std::min(added, source.is_in_lower ? 0 : cost_from);
  TRY(budget_.charge(added - returned));
  take_entry(from, source);
  CHECK(budget_.charge(returned));
  if (replaced != nullptr) {
    take_over(*replaced, replaced->stat);
    detach(to.directory, target);
  }
  put_entry(to, target, *source.inode);
  source.inode->stat.change_time_ns = now_ns();
  if (replaced != nullptr) lose_name(*replaced);
  return {};
}

}  // namespace waxwing::vfs
