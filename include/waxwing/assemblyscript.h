// What modules of AssemblyScript are told where they import functions of "env".
#pragma once

#include <cstdint>

namespace waxwing {

/// The functions go to the standard streams and the randomness of the linker's WasiConfig.
struct AssemblyScriptConfig {
  enum class Output : uint8_t { none, standard_output, standard_error };

  bool abort_message = true;              // of `abort`, to the standard error
  Output trace = Output::standard_error;  // of `trace`
};

}  // namespace waxwing
