// All of Waxwing's C++ API.
#pragma once

#include "waxwing/cache.h"
#include "waxwing/checkpoint.h"
#include "waxwing/config.h"
#include "waxwing/engine.h"
#include "waxwing/error.h"
#include "waxwing/event.h"
#include "waxwing/exception.h"
#include "waxwing/host_func.h"
#include "waxwing/linker.h"
#include "waxwing/listener.h"
#include "waxwing/memory_allocator.h"
#include "waxwing/store.h"
#include "waxwing/typed_func.h"
#include "waxwing/types.h"
#include "waxwing/value.h"
#include "waxwing/wasi.h"
