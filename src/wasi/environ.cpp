// environ_*: the environment.
#include "wasi/functions.h"
#include "wasi/strings.h"

namespace waxwing::wasi {

WasiResult<> environ_get(Call& call, uint32_t pointers, uint32_t strings) {
  return put_strings(call.memory, call.context.env(), pointers, strings);
}

WasiResult<StringSizes> environ_sizes_get(Call& call) { return sizes_of(call.context.env()); }

}  // namespace waxwing::wasi
