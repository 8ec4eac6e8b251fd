// How far compiling a module is, told on a terminal to whoever waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "platform/file.h"

namespace waxwing::cli {

/// A line on standard error that is rewritten in place while modules are compiled. Nothing is
/// written before a module took 300 ms, nor ever where standard error is no terminal. Used by one
/// thread at a time.
class Progress {
 public:
  Progress() : terminal_(platform::File::standard_error()) {}

  /// While it lives, `report` is about the module that it was made with. It leaves no line behind.
  class Scope {
   public:
    Scope(Progress& progress, std::string_view name);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    Progress& progress_;
  };

  /// For CodegenConfig::progress; `progress` is a Progress.
  static void report(void* progress, size_t done, size_t total);

 private:
  void show(size_t done, size_t total);
  void replace(std::string line);

  platform::File terminal_;
  std::string name_;
  uint64_t next_ns_ = 0;  // not shown before
  size_t shown_size_ = 0;
};

/// `codegen`, of which `progress` is told; it lives as long as what is made of that.
engine::CodegenConfig with_progress(engine::CodegenConfig codegen, Progress& progress);

}  // namespace waxwing::cli
