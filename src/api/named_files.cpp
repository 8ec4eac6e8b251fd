// Files of the embedder's program as a directory.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "api/convert.h"
#include "waxwing/file_system.h"

namespace waxwing {
namespace {

/// Bytes, which `owner` keeps where somebody must.
struct Bytes {
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

class OpenBytes final : public OpenFile {
 public:
  explicit OpenBytes(Bytes bytes) : bytes_(std::move(bytes)) {}

  FileResult<size_t> read(std::span<uint8_t> to, uint64_t offset) noexcept override {
    if (offset >= bytes_.bytes.size()) return 0;
    const auto left = bytes_.bytes.subspan(static_cast<size_t>(offset));
    const size_t size = std::min(to.size(), left.size());
    if (size != 0) std::memcpy(to.data(), left.data(), size);
    return size;
  }

 private:
  Bytes bytes_;
};

class BytesNode final : public FileNode {
 public:
  explicit BytesNode(Bytes bytes) : bytes_(std::move(bytes)) {}

  FileKind kind() const noexcept override { return FileKind::file; }
  FileResult<FileStatus> status() noexcept override {
    return FileStatus{.size_bytes = bytes_.bytes.size()};
  }
  FileResult<std::unique_ptr<OpenFile>> open(FileAccess access) noexcept override {
    if (access.write) return std::unexpected(WasiErrno::rofs);
    return std::make_unique<OpenBytes>(bytes_);
  }

 private:
  Bytes bytes_;
};

class NamesNode final : public FileNode {
 public:
  FileKind kind() const noexcept override { return FileKind::directory; }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view name) noexcept override {
    const auto found = names_.find(name);
    if (found == names_.end()) return std::unexpected(WasiErrno::noent);
    return found->second;
  }
  FileResult<std::vector<FileEntry>> list() noexcept override {
    std::vector<FileEntry> entries;
    entries.reserve(names_.size());
    for (const auto& [name, node] : names_) entries.push_back({name, node->kind()});
    return entries;
  }

  /// Whether `path` could be added.
  bool add(std::string_view path, Bytes bytes) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    constexpr size_t max_name_bytes = 255;
    const bool is_name = !name.empty() && name != "." && name != ".." &&
                         name.size() <= max_name_bytes && name.find('\0') == name.npos;
    if (!is_name) return false;
    std::shared_ptr<FileNode>& node = names_[std::string(name)];
    if (slash == path.npos) {
      if (node != nullptr) return false;
      node = std::make_shared<BytesNode>(std::move(bytes));
      return true;
    }
    if (node == nullptr) node = std::make_shared<NamesNode>();
    if (node->kind() != FileKind::directory) return false;
    return static_cast<NamesNode&>(*node).add(path.substr(slash + 1), std::move(bytes));
  }

 private:
  std::map<std::string, std::shared_ptr<FileNode>, std::less<>> names_;
};

class Builder {
 public:
  Result<> add(const std::string& path, Bytes bytes) {
    constexpr size_t max_path_bytes = 4096;  // paths that programs can say
    if (path.size() < max_path_bytes && root_->add(path, std::move(bytes))) return {};
    return api::fail(ErrorCode::invalid_argument,
                     "'" + path +
                         "' is no path for a file: it is empty, absolute or too long, has "
                         "empty components, '.' or '..', or is that of another file");
  }
  std::shared_ptr<FileNode> finish() { return std::move(root_); }

 private:
  std::shared_ptr<NamesNode> root_ = std::make_shared<NamesNode>();
};

}  // namespace

Result<std::shared_ptr<FileNode>> make_files(std::vector<NamedFile> files) {
  Builder builder;
  for (NamedFile& file : files) {
    const auto contents = std::make_shared<const std::string>(std::move(file.contents));
    const std::span bytes(reinterpret_cast<const uint8_t*>(contents->data()), contents->size());
    if (auto added = builder.add(file.path, {bytes, contents}); !added)
      return std::unexpected(added.error());
  }
  return builder.finish();
}

Result<std::shared_ptr<FileNode>> lend_files(const std::vector<NamedBytes>& files) {
  Builder builder;
  for (const NamedBytes& file : files) {
    if (auto added = builder.add(file.path, {file.bytes, nullptr}); !added)
      return std::unexpected(added.error());
  }
  return builder.finish();
}

}  // namespace waxwing
