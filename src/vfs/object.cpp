// What is not implemented: a file system that only reads says so, a stream has no position.
#include "vfs/object.h"

namespace waxwing::vfs {
namespace {

std::unexpected<FileError> read_only() { return std::unexpected(FileError::rofs); }

}  // namespace

FileResult<> Object::set_times(NewTime, NewTime) { return read_only(); }
FileResult<> Object::advise(uint64_t, uint64_t, platform::Advice) { return {}; }
FileResult<> Object::sync_data() { return {}; }
FileResult<> Object::sync_all() { return {}; }

FileResult<size_t> File::read(std::span<const IoBuffer>) {
  return std::unexpected(FileError::badf);
}
FileResult<size_t> File::write(std::span<const ConstIoBuffer>) {
  return std::unexpected(FileError::badf);
}
FileResult<size_t> File::read_at(std::span<const IoBuffer>, uint64_t) {
  return std::unexpected(FileError::spipe);
}
FileResult<size_t> File::write_at(std::span<const ConstIoBuffer>, uint64_t) {
  return std::unexpected(FileError::spipe);
}
FileResult<uint64_t> File::seek(int64_t, platform::Whence) {
  return std::unexpected(FileError::spipe);
}
FileResult<> File::truncate(uint64_t) { return std::unexpected(FileError::inval); }
FileResult<> File::allocate(uint64_t, uint64_t) { return std::unexpected(FileError::notsup); }
FileResult<> File::set_append(bool) { return std::unexpected(FileError::notsup); }

FileResult<> Directory::set_times_at(std::string_view, FinalLink, NewTime, NewTime) {
  return read_only();
}
FileResult<> Directory::make_directory(std::string_view) { return read_only(); }
FileResult<> Directory::remove_directory(std::string_view) { return read_only(); }
FileResult<> Directory::unlink(std::string_view) { return read_only(); }
FileResult<> Directory::rename(std::string_view, Directory&, std::string_view) {
  return read_only();
}
FileResult<> Directory::hard_link(std::string_view, Directory&, std::string_view) {
  return read_only();
}
FileResult<> Directory::symbolic_link(std::string_view, std::string_view) { return read_only(); }
FileResult<std::string> Directory::read_link(std::string_view) {
  return std::unexpected(FileError::inval);
}

}  // namespace waxwing::vfs
