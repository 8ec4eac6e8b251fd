// Words for messages: names from modules, which may hold anything, and the types of externs.
#pragma once

#include <string>
#include <string_view>

#include "runtime/instance.h"

namespace waxwing::runtime {

/// `name` with control characters and quotes as \XX, cut to some 200 bytes: safe to print.
std::string printable(std::string_view name);

/// printable(name) in quotes.
std::string quoted(std::string_view name);

/// The type that `import` of `compiled` asks for, in the words of the text format: "(func (param
/// i32))",
/// "(global (mut i64))". Type indices in it are engine-wide.
std::string to_string(const syntax::Import& import, const CompiledModule& compiled);

/// The type that `definition` has now, in the same words.
std::string to_string(const Extern& definition, const TypeRegistry& types);

}  // namespace waxwing::runtime
