// What an embedder may bring to WASI, and bring wrong: files, streams, clocks and randomness that
// answer whatever the input says.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "input.h"
#include "waxwing/file_system.h"
#include "waxwing/wasi.h"

namespace waxwing::fuzz {

/// Answers drawn from an input that lives longer. `misuse` does what may not be done in the middle
/// of a call.
class Answers {
 public:
  Answers(Input& input, std::function<void()> misuse)
      : input_(&input), misuse_(std::make_shared<std::function<void()>>(std::move(misuse))) {}

  uint8_t byte() const { return input_->byte(); }
  /// Mostly small, sometimes of any size.
  uint64_t number() const {
    const uint8_t kind = byte();
    if (kind < 224) return kind;
    return kind < 240 ? UINT64_MAX - kind % 8 : input_->number(8);
  }
  /// Nothing where there is no failure.
  std::optional<WasiErrno> failure() const {
    const uint8_t kind = byte();
    if (kind == 175) (*misuse_)();
    if (kind < 176) return std::nullopt;
    return WasiErrno(kind < 248 ? kind % 77 : input_->number(2));
  }
  FileResult<> outcome() const {
    if (const auto error = failure()) return std::unexpected(*error);
    return {};
  }
  /// How many of `room` bytes were transferred, or more than there are.
  FileResult<size_t> count(size_t room) const {
    if (const auto error = failure()) return std::unexpected(*error);
    const uint8_t kind = byte();
    if (kind < 128) return room;
    return kind < 248 ? size_t{kind} % (room + 1) : room + 1 + kind;
  }
  std::string name() const {
    static constexpr std::string_view names[] = {"a", "b",  "dir", "file", "link",
                                                 ".", "..", "",    "a/b"};
    const uint8_t kind = byte();
    if (kind == 255) return std::string(300, 'n');
    if (kind == 254) return std::string("a\0b", 3);
    return std::string(names[kind % std::size(names)]);
  }

 private:
  Input* input_;
  std::shared_ptr<std::function<void()>> misuse_;
};

class AnyFile final : public OpenFile {
 public:
  explicit AnyFile(Answers answers) : answers_(std::move(answers)) {}

  FileResult<size_t> read(std::span<uint8_t> to, uint64_t /*offset*/) noexcept override {
    to.front() = to.back() = 'x';
    return answers_.count(to.size());
  }
  FileResult<size_t> write(std::span<const uint8_t> from, uint64_t /*offset*/) noexcept override {
    sum_ = uint8_t(sum_ + from.front() + from.back());
    return answers_.count(from.size());
  }
  FileResult<> resize(uint64_t /*size_bytes*/) noexcept override { return answers_.outcome(); }
  FileResult<> sync() noexcept override { return answers_.outcome(); }

 private:
  Answers answers_;
  uint8_t sum_ = 0;
};

class AnyNode final : public FileNode {
 public:
  AnyNode(Answers answers, FileKind kind) : answers_(std::move(answers)), kind_(kind) {}

  FileKind kind() const noexcept override { return kind_; }
  FileResult<FileStatus> status() noexcept override {
    if (const auto error = answers_.failure()) return std::unexpected(*error);
    return FileStatus{.size_bytes = answers_.number(),
                      .inode = answers_.number(),
                      .link_count = answers_.number(),
                      .modify_time_ns = answers_.number()};
  }
  FileResult<> set_times(std::optional<uint64_t> /*access_ns*/,
                         std::optional<uint64_t> /*modify_ns*/) noexcept override {
    return answers_.outcome();
  }
  FileResult<std::unique_ptr<OpenFile>> open(FileAccess /*access*/) noexcept override {
    if (const auto error = answers_.failure()) return std::unexpected(*error);
    if (answers_.byte() == 255) return nullptr;
    return std::make_unique<AnyFile>(answers_);
  }
  FileResult<std::string> target() noexcept override {
    if (const auto error = answers_.failure()) return std::unexpected(*error);
    return answers_.name() + "/" + answers_.name();
  }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view /*name*/) noexcept override {
    return node();
  }
  FileResult<std::vector<FileEntry>> list() noexcept override {
    if (const auto error = answers_.failure()) return std::unexpected(*error);
    std::vector<FileEntry> entries(answers_.byte() % 5);
    for (FileEntry& entry : entries)
      entry = {answers_.name(), FileKind(answers_.byte() % 4), answers_.number()};
    return entries;
  }
  FileResult<std::shared_ptr<FileNode>> make_file(std::string_view /*name*/) noexcept override {
    return node();
  }
  FileResult<> make_directory(std::string_view /*name*/) noexcept override {
    return answers_.outcome();
  }
  FileResult<> make_link(std::string_view /*name*/, std::string_view /*target*/) noexcept override {
    return answers_.outcome();
  }
  FileResult<> add_name(std::string_view /*name*/, FileNode& node) noexcept override {
    static_cast<void>(node.kind());
    return answers_.outcome();
  }
  FileResult<> remove_file(std::string_view /*name*/) noexcept override {
    return answers_.outcome();
  }
  FileResult<> remove_directory(std::string_view /*name*/) noexcept override {
    return answers_.outcome();
  }
  FileResult<> rename(std::string_view /*name*/, FileNode& to_directory,
                      std::string_view /*to*/) noexcept override {
    static_cast<void>(to_directory.kind());
    return answers_.outcome();
  }

 private:
  FileResult<std::shared_ptr<FileNode>> node() const {
    if (const auto error = answers_.failure()) return std::unexpected(*error);
    const uint8_t kind = answers_.byte();
    if (kind == 255) return nullptr;
    return std::make_shared<AnyNode>(answers_, FileKind(kind == 254 ? 7 : kind % 3));
  }

  Answers answers_;
  FileKind kind_;
};

/// Time goes on by what is waited and each time it is asked for; no wait is one of the host's.
class AnyClocks final : public WasiClocks {
 public:
  explicit AnyClocks(Answers answers) : answers_(std::move(answers)) {}

  uint64_t time_ns(WasiClock /*clock*/) noexcept override { return pass(answers_.number()); }
  uint64_t resolution_ns(WasiClock /*clock*/) noexcept override { return answers_.number(); }
  uint64_t wait_ns(uint64_t timeout_ns) noexcept override {
    pass(timeout_ns);
    return 0;
  }

 private:
  uint64_t pass(uint64_t ns) { return now_ns_ += std::min(ns, UINT64_MAX - now_ns_); }

  Answers answers_;
  uint64_t now_ns_ = 0;
};

class AnyRandom final : public WasiRandom {
 public:
  explicit AnyRandom(Answers answers) : answers_(std::move(answers)) {}
  bool fill(std::span<uint8_t> bytes) noexcept override {
    bytes.front() = bytes.back() = answers_.byte();
    return bytes.front() < 224;
  }

 private:
  Answers answers_;
};

/// What a stream's function answers; it may throw.
inline WasiStream::Transferred transfer(const Answers& answers, size_t room) {
  const uint8_t kind = answers.byte();
  if (kind == 255) throw std::runtime_error("a stream's function throws");
  if (kind == 254) throw kind;
  return answers.count(room);
}

inline WasiStream any_input(const Answers& answers) {
  switch (answers.byte() % 5) {
    case 0: return WasiStream::bytes("some bytes");
    case 1: return WasiBuffer();
    case 2: return WasiStream::descriptor(1'000'000);
    case 3: return WasiStream::null;
    default:
      return WasiStream::reader([answers](std::span<uint8_t> to) {
        to.front() = to.back() = 'x';
        return transfer(answers, to.size());
      });
  }
}

inline WasiStream any_output(const Answers& answers) {
  switch (answers.byte() % 5) {
    case 0: return WasiStream::bytes("some bytes");
    case 1: return WasiBuffer(answers.byte());
    case 2: return WasiStream::null;
    case 3:
      return WasiStream::writer([answers](std::span<const uint8_t> from) {
        static_cast<void>(transfer(answers, from.size()));
      });
    default:
      return WasiStream::writer(
          [answers](std::span<const uint8_t> from) { return transfer(answers, from.size()); });
  }
}

}  // namespace waxwing::fuzz
