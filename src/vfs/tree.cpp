// The walk keeps each node from its root to where it is, so that `..` goes back to where it came
// from, whatever others rename meanwhile.
#include "vfs/tree.h"

#include <utility>
#include <vector>

#include "platform/path_components.h"

namespace waxwing::vfs {
namespace {

constexpr size_t max_name_bytes = 255;

using NodePtr = std::shared_ptr<Node>;

std::unexpected<FileError> failed(FileError error) { return std::unexpected(error); }

/// Where a path leads.
struct Place {
  NodePtr parent;  // null where the last component is `.` or `..`
  std::string name;
  NodePtr node;  // null where there is no such name
  bool trailing_slash = false;

  bool is_dots() const { return parent == nullptr; }
  bool is_directory() const { return node != nullptr && node->kind() == FileKind::directory; }
};

/// What becomes of a last component that is a link.
enum class Last : uint8_t {
  follow,
  keep,   // unless a slash comes behind it
  entry,  // it is an entry to be made or changed, slash or not
};

class Walk {
 public:
  Walk(const NodePtr& root, Last last) : levels_{root}, last_(last) {}

  FileResult<Place> to(std::string_view path);

 private:
  /// None where the walk goes on.
  FileResult<std::optional<Place>> step(std::string name);

  std::vector<NodePtr> levels_;
  platform::PathComponents left_;
  Last last_;
};

FileResult<std::optional<Place>> Walk::step(std::string name) {
  const bool is_last = left_.empty();
  const bool trailing_slash = left_.wants_directory();
  if (name == "." || name == "..") {
    if (name == ".." && levels_.size() == 1) return failed(FileError::perm);
    if (name == "..") levels_.pop_back();
    if (!is_last) return std::nullopt;
    return Place{nullptr, std::move(name), levels_.back(), trailing_slash};
  }
  if (name.size() > max_name_bytes) return failed(FileError::nametoolong);
  FileResult<NodePtr> found = levels_.back()->find(name);
  if (!found) {
    if (!is_last || found.error() != FileError::noent) return failed(found.error());
    return Place{levels_.back(), std::move(name), nullptr, trailing_slash};
  }
  NodePtr node = *std::move(found);
  const bool stays = is_last && (last_ == Last::entry || (last_ == Last::keep && !trailing_slash));
  if (node->kind() == FileKind::symbolic_link && !stays) {
    const std::string target = TRY(node->target());
    TRY(left_.follow(target));
    return std::nullopt;
  }
  if (is_last) return Place{levels_.back(), std::move(name), std::move(node), trailing_slash};
  if (node->kind() != FileKind::directory) return failed(FileError::notdir);
  levels_.push_back(std::move(node));
  return std::nullopt;
}

FileResult<Place> Walk::to(std::string_view path) {
  TRY(platform::check_path(path));
  TRY(left_.push(path));
  for (;;) {
    std::optional<Place> place = TRY(step(left_.take()));
    if (!place) continue;
    const bool wants_directory = place->trailing_slash && last_ != Last::entry;
    if (wants_directory && place->node != nullptr && !place->is_directory()) {
      return failed(FileError::notdir);
    }
    return *std::move(place);
  }
}

class TreeDirectory final : public Directory {
 public:
  TreeDirectory(NodePtr root, const void* volume) : root_(std::move(root)), volume_(volume) {}

  FileResult<FileStat> stat() const override { return root_->stat(); }
  FileResult<> set_times(NewTime access, NewTime modify) override {
    return root_->set_times(access, modify);
  }
  FileResult<Opened> open(std::string_view path, const OpenOptions& options) override;
  FileResult<FileStat> stat_at(std::string_view path, FinalLink final_link) override;
  FileResult<std::unique_ptr<DirectoryReader>> reader() override { return root_->reader(); }
  FileResult<> set_times_at(std::string_view path, FinalLink final_link, NewTime access,
                            NewTime modify) override;
  FileResult<> make_directory(std::string_view path) override;
  FileResult<> remove_directory(std::string_view path) override;
  FileResult<> unlink(std::string_view path) override;
  FileResult<> rename(std::string_view path, Directory& to_directory, std::string_view to) override;
  FileResult<> hard_link(std::string_view path, Directory& to_directory,
                         std::string_view to) override;
  FileResult<> symbolic_link(std::string_view target, std::string_view path) override;
  FileResult<std::string> read_link(std::string_view path) override;
  const void* volume() const override { return volume_; }

 private:
  FileResult<Place> entry(std::string_view path) const { return Walk(root_, Last::entry).to(path); }
  /// The node that a path names; `noent` where there is none.
  FileResult<NodePtr> node_at(std::string_view path, FinalLink final_link) const;
  /// Where to make what is no directory, for which a trailing slash is always wrong.
  FileResult<Place> new_entry(std::string_view path) const;
  FileResult<NodePtr> find_or_make(std::string_view path, const OpenOptions& options) const;

  NodePtr root_;
  const void* volume_;
};

FileResult<NodePtr> TreeDirectory::node_at(std::string_view path, FinalLink final_link) const {
  const Last last = final_link == FinalLink::follow ? Last::follow : Last::keep;
  Place place = TRY(Walk(root_, last).to(path));
  if (place.node == nullptr) return failed(FileError::noent);
  return std::move(place.node);
}

FileResult<Place> TreeDirectory::new_entry(std::string_view path) const {
  Place place = TRY(entry(path));
  if (place.is_dots()) return failed(FileError::exist);
  if (!place.trailing_slash) return place;
  return failed(place.node != nullptr ? FileError::exist : FileError::noent);
}

FileResult<NodePtr> TreeDirectory::find_or_make(std::string_view path,
                                                const OpenOptions& options) const {
  const bool makes_anew = options.create && options.exclusive;
  const bool follows = options.follow_final_symlink && !makes_anew;
  constexpr int max_attempts = 32;  // others may make and remove it meanwhile
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    Place place = TRY(Walk(root_, follows ? Last::follow : Last::keep).to(path));
    if (place.node != nullptr) {
      if (makes_anew) return failed(FileError::exist);
      return std::move(place.node);
    }
    if (!options.create) return failed(FileError::noent);
    if (place.trailing_slash) return failed(FileError::isdir);
    FileResult<NodePtr> made = place.parent->make_file(place.name);
    if (made || makes_anew || made.error() != FileError::exist) return made;
  }
  return failed(FileError::again);
}

FileResult<Opened> TreeDirectory::open(std::string_view path, const OpenOptions& options) {
  TRY(platform::check_path(path));
  const bool data = options.read || options.write;
  const bool contradicts =
      (options.create && (options.directory || !data)) || (options.truncate && !options.write);
  if (contradicts) return failed(FileError::inval);
  if (options.create && path.ends_with('/')) return failed(FileError::isdir);
  const NodePtr node = TRY(find_or_make(path, options));
  Opened opened;
  switch (node->kind()) {
    case FileKind::directory:
      if (options.write || options.create) return failed(FileError::isdir);
      opened.directory = std::make_shared<TreeDirectory>(node, volume_);
      return opened;
    case FileKind::regular_file:
      if (options.directory) return failed(FileError::notdir);
      opened.file = TRY(node->open(options));
      return opened;
    case FileKind::symbolic_link:
      return failed(options.directory ? FileError::notdir : FileError::loop);
    case FileKind::unknown:
    case FileKind::block_device:
    case FileKind::character_device:
    case FileKind::stream_socket:
    case FileKind::datagram_socket:
    case FileKind::fifo: return failed(FileError::acces);
  }
  return failed(FileError::acces);
}

FileResult<FileStat> TreeDirectory::stat_at(std::string_view path, FinalLink final_link) {
  return TRY(node_at(path, final_link))->stat();
}

FileResult<> TreeDirectory::set_times_at(std::string_view path, FinalLink final_link,
                                         NewTime access, NewTime modify) {
  return TRY(node_at(path, final_link))->set_times(access, modify);
}

FileResult<> TreeDirectory::make_directory(std::string_view path) {
  const Place place = TRY(entry(path));
  if (place.node != nullptr) return failed(FileError::exist);
  return place.parent->make_directory(place.name);
}

FileResult<> TreeDirectory::remove_directory(std::string_view path) {
  const Place place = TRY(entry(path));
  if (place.is_dots()) return failed(place.name == "." ? FileError::inval : FileError::notempty);
  return place.parent->remove_directory(place.name);
}

FileResult<> TreeDirectory::unlink(std::string_view path) {
  const Place place = TRY(entry(path));
  if (place.is_dots()) return failed(FileError::isdir);
  if (place.node == nullptr) return failed(FileError::noent);
  if (place.is_directory()) return failed(FileError::isdir);
  if (place.trailing_slash) return failed(FileError::notdir);
  return place.parent->remove_file(place.name);
}

FileResult<> TreeDirectory::rename(std::string_view path, Directory& to_directory,
                                   std::string_view to) {
  if (volume_ != to_directory.volume()) return failed(FileError::xdev);
  const Place source = TRY(entry(path));
  if (source.is_dots()) return failed(FileError::busy);
  const Place target = TRY(static_cast<TreeDirectory&>(to_directory).entry(to));
  if (target.is_dots()) return failed(FileError::busy);
  if (source.node == nullptr) return failed(FileError::noent);
  if ((source.trailing_slash || target.trailing_slash) && !source.is_directory()) {
    return failed(FileError::notdir);
  }
  return source.parent->rename(source.name, *target.parent, target.name);
}

FileResult<> TreeDirectory::hard_link(std::string_view path, Directory& to_directory,
                                      std::string_view to) {
  if (volume_ != to_directory.volume()) return failed(FileError::xdev);
  const Place source = TRY(entry(path));
  if (source.is_dots()) return failed(FileError::perm);
  if (source.trailing_slash) {
    const FileResult<Opened> directory = open(path, {.directory = true});
    // A directory has no second name.
    return failed(directory ? FileError::perm : directory.error());
  }
  const Place target = TRY(static_cast<TreeDirectory&>(to_directory).new_entry(to));
  if (source.node == nullptr) return failed(FileError::noent);
  if (target.node != nullptr) return failed(FileError::exist);
  if (source.is_directory()) return failed(FileError::perm);
  return target.parent->add_name(target.name, source.node);
}

FileResult<> TreeDirectory::symbolic_link(std::string_view target, std::string_view path) {
  if (target.empty()) return failed(FileError::noent);
  if (target.find('\0') != std::string_view::npos) return failed(FileError::inval);
  if (target.size() >= platform::max_path_bytes) return failed(FileError::nametoolong);
  const Place place = TRY(new_entry(path));
  if (place.node != nullptr) return failed(FileError::exist);
  return place.parent->make_link(place.name, target);
}

FileResult<std::string> TreeDirectory::read_link(std::string_view path) {
  const NodePtr node = TRY(node_at(path, FinalLink::keep));
  if (node->kind() != FileKind::symbolic_link) return failed(FileError::inval);
  return node->target();
}

}  // namespace

std::shared_ptr<Directory> make_tree_directory(std::shared_ptr<Node> root, const void* volume) {
  return std::make_shared<TreeDirectory>(std::move(root), volume);
}

}  // namespace waxwing::vfs
