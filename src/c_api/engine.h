// What C sets before an engine or a store is made.
#pragma once

#include "wasm.h"
#include "waxwing/c.h"
#include "waxwing/cache.h"
#include "waxwing/engine.h"
#include "waxwing/store.h"

struct wasm_config_t {
  waxwing::Config config;
};

struct wasm_engine_t {
  waxwing::Engine engine;
};

struct waxwing_cache_options_t {
  waxwing::CacheOptions options;
};

struct waxwing_limits_t {
  waxwing::StoreLimits limits;
};
