// The public API under any use: libFuzzer finds the sequences.
#include "api_world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  waxwing::fuzz::drive_api({data, size});
  return 0;
}
