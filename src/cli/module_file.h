// Modules from files, in either format, and what to say where a file is something else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.h"
#include "platform/file.h"

namespace waxwing::cli {

bool file_exists(std::string_view path);

/// What messages call the module of `file`.
std::string display_name(std::string_view file);

/// Opens `file` to read a module from it. Fails where there is nothing that could be one.
Fallible<platform::File> open_module(const std::string& file);

/// A module as it was read. What is found in its bytes later is told with the place in the text
/// that they were assembled from, if they were.
class ModuleSource {
 public:
  /// The module of `file`, in whichever format: anything that begins like text is text.
  static Fallible<ModuleSource> read(const std::string& file);
  /// The same where `file` is open.
  static Fallible<ModuleSource> read(const std::string& file, const platform::File& input);
  /// The same, of text only.
  static Fallible<ModuleSource> read_text(const std::string& file, bool with_names);

  const std::vector<uint8_t>& bytes() const { return *bytes_; }
  std::shared_ptr<const std::vector<uint8_t>> shared_bytes() const { return bytes_; }
  /// Whether bytes() are the file's own.
  bool is_binary() const { return text_ == nullptr; }
  /// What to tell of `error`, whose offset is one of bytes().
  Failure failure(const base::Error& error) const;

 private:
  ModuleSource(std::string name, std::vector<uint8_t> contents)
      : name_(std::move(name)),
        bytes_(std::make_shared<const std::vector<uint8_t>>(std::move(contents))) {}
  Fallible<> assemble(bool with_names);

  std::string name_;  // for messages
  std::shared_ptr<const std::vector<uint8_t>> bytes_;
  std::shared_ptr<const std::vector<uint8_t>> text_;  // null for a binary file
};

}  // namespace waxwing::cli
