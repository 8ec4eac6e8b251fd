// Arguments of --invoke: words of the command line made values of an export's type.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.h"
#include "runtime/instance.h"
#include "runtime/value.h"

namespace waxwing::cli {

/// The exported function `name`; where there is none, a failure that tells which there are.
Fallible<runtime::Func*> find_exported_func(runtime::Instance& instance, std::string_view subject,
                                            std::string_view name);

/// One value for each parameter of `type`.
Fallible<std::vector<runtime::Value>> parse_arguments(const syntax::FuncType& type,
                                                      std::string_view name,
                                                      std::span<const std::string> words);

/// "add (param i32 i32) (result i32), run": some of the functions that `module` exports.
std::string list_exported_funcs(const syntax::Module& module);

}  // namespace waxwing::cli
