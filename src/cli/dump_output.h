// What the stages of `waxwing dump` share: finding functions, and printing much.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "cli/messages.h"
#include "syntax/module.h"

namespace waxwing::cli {

/// In lower case, with zeros in front up to `digits`.
std::string hex(uint64_t number, size_t digits);

/// " 1f 80": nothing behind no bytes.
std::string hex_bytes(base::ByteSpan bytes);

/// The function that `name` is: an index, or its name in the name section or of an export.
Fallible<syntax::FuncIdx> find_func(const syntax::Module& module, const std::string& name);

/// Prints what it is given as soon as that is much.
class DumpOutput {
 public:
  Fallible<> add(std::string_view text);
  Fallible<> flush();

 private:
  std::string text_;
};

}  // namespace waxwing::cli
