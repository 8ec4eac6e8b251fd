// See path_components.h.
#include "platform/path_components.h"

#include <utility>

namespace waxwing::platform {
namespace {

constexpr int max_links = 40;

}  // namespace

FileResult<> check_path(std::string_view path) {
  if (path.empty()) return std::unexpected(FileError::noent);
  if (path.find('\0') != std::string_view::npos) return std::unexpected(FileError::inval);
  if (path.size() >= max_path_bytes) return std::unexpected(FileError::nametoolong);
  if (path.front() == '/') return std::unexpected(FileError::perm);
  return {};
}

FileResult<> PathComponents::push(std::string_view path) {
  if (path.empty()) return std::unexpected(FileError::noent);
  if (path.front() == '/') return std::unexpected(FileError::perm);
  if (left_.empty() && path.back() == '/') wants_directory_ = true;
  while (!path.empty()) {
    const size_t slash = path.rfind('/');
    const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    if (start < path.size()) left_.emplace_back(path.substr(start));
    path = path.substr(0, start == 0 ? 0 : slash);
  }
  return {};
}

FileResult<> PathComponents::follow(std::string_view target) {
  if (links_++ == max_links) return std::unexpected(FileError::loop);
  if (target.size() >= max_path_bytes) return std::unexpected(FileError::nametoolong);
  return push(target);
}

std::string PathComponents::take() {
  std::string component = std::move(left_.back());
  left_.pop_back();
  return component;
}

}  // namespace waxwing::platform
