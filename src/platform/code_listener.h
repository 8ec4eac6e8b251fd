// Profilers and debuggers are told where machine code lies, and what it is called.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace waxwing::platform {

struct NamedCode {
  std::string name;  // one line of printable text
  std::span<const uint8_t> code;
};

/// Thread-safe. Nothing that a listener fails to tell changes how code runs.
class CodeListener {
 public:
  virtual ~CodeListener() = default;

  /// `parts` are in place and may run from now on.
  virtual void code_loaded(std::span<const NamedCode> parts) = 0;
  /// Nothing in `text` will run any more; it is about to be unmapped.
  virtual void code_unloaded(std::span<const uint8_t> text) = 0;
};

using CodeListeners = std::vector<std::shared_ptr<CodeListener>>;

}  // namespace waxwing::platform
