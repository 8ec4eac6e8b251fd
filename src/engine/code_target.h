// What code a module is to have, and what tells one such wish from another: the names of images.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/digest.h"
#include "codegen/x64/cpu_features.h"
#include "syntax/features.h"

namespace waxwing::engine {

/// All that decides what an image holds, besides the module's bytes and this build of Waxwing. What
/// does not (threads, listeners, who handles faults) is not here.
struct CodeTarget {
  /// Machine code of the baseline compiler; else what the interpreter needs.
  bool is_native = false;
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  bool fuel = false;
  bool listeners = false;
  bool canonicalize_nans = false;
  // Of machine code only.
  codegen::x64::CpuFeatures cpu = {};
  bool guard_pages = true;
  uint32_t max_registers = 0;
  bool counters = false;
};

/// What must be equal for an image to be used: a line "name value" for each thing, in a fixed
/// order, for people and for comparing. `salt` keeps images of one owner apart from those of
/// others; only its digest is in the text.
std::string compat_text(const CodeTarget& target, std::string_view salt = {});

/// What an image is looked up by.
struct ImageKey {
  cache::Digest module;  // SHA-256 of its bytes
  std::string compat;    // compat_text
  cache::Digest digest;  // of both

  ImageKey(const cache::Digest& module_digest, std::string compat_lines);
};

}  // namespace waxwing::engine
