// args_*: the command line.
#include "wasi/functions.h"
#include "wasi/strings.h"

namespace waxwing::wasi {

WasiResult<> args_get(Call& call, uint32_t pointers, uint32_t strings) {
  return put_strings(call.memory, call.context.args(), pointers, strings);
}

WasiResult<StringSizes> args_sizes_get(Call& call) { return sizes_of(call.context.args()); }

}  // namespace waxwing::wasi
