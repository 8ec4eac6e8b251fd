// What is not implemented: a file system that only reads says so.
#include "vfs/node.h"

namespace waxwing::vfs {
namespace {

std::unexpected<FileError> cannot_change() { return std::unexpected(FileError::rofs); }

}  // namespace

FileResult<> Node::set_times(NewTime, NewTime) { return cannot_change(); }
FileResult<std::unique_ptr<File>> Node::open(const OpenOptions&) {
  return std::unexpected(FileError::inval);
}
FileResult<std::string> Node::target() const { return std::unexpected(FileError::inval); }
FileResult<std::shared_ptr<Node>> Node::find(std::string_view) const {
  return std::unexpected(FileError::notdir);
}
FileResult<std::unique_ptr<DirectoryReader>> Node::reader() const {
  return std::unexpected(FileError::notdir);
}
FileResult<std::shared_ptr<Node>> Node::make_file(std::string_view) { return cannot_change(); }
FileResult<> Node::make_directory(std::string_view) { return cannot_change(); }
FileResult<> Node::make_link(std::string_view, std::string_view) { return cannot_change(); }
FileResult<> Node::add_name(std::string_view, const std::shared_ptr<Node>&) {
  return cannot_change();
}
FileResult<> Node::remove_file(std::string_view) { return cannot_change(); }
FileResult<> Node::remove_directory(std::string_view) { return cannot_change(); }
FileResult<> Node::rename(std::string_view, Node&, std::string_view) { return cannot_change(); }

}  // namespace waxwing::vfs
