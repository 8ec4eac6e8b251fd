// What stands behind C's configuration of WASI.
#pragma once

#include "waxwing/wasi.h"

struct waxwing_wasi_config_t {
  waxwing::WasiConfig config;
  bool allows_special_files = false;
};
