/* What Waxwing offers to C beyond the standard interface: errors in detail, options of engines and
   stores, compilation caches, interruption, linking by name, WASI, and calls without the cost of
   checks.

   It works on the objects of wasm.h, by its rules of ownership (`own`). Options are opaque and set
   by functions, so that programs go on working with later versions. Functions that can fail return
   an error that the caller owns, or null where they succeeded; where they return an object instead,
   null is failure, and waxwing_store_last_error says why. Strings are UTF-8 with a final zero. Null
   is taken where it is said to be, and elsewhere is a failure and not undefined. */
#ifndef WAXWING_C_H
#define WAXWING_C_H

#include "wasm.h"
#include "waxwing/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* -- Errors -------------------------------------------------------------------------------------*/

/* What kind of failure an error is. Numbers never change; more may come. */
typedef uint8_t waxwing_error_code_t;
enum waxwing_error_code_enum {
  WAXWING_ERROR_MALFORMED = 1,      /* the bytes are no module */
  WAXWING_ERROR_INVALID = 2,        /* the module breaks a rule of validation */
  WAXWING_ERROR_UNLINKABLE = 3,     /* an import is missing or does not fit */
  WAXWING_ERROR_IMPLEMENTATION = 4, /* beyond what this implementation can do at all */
  WAXWING_ERROR_RESOURCE_LIMIT = 5, /* beyond what the embedder allows */
  WAXWING_ERROR_OUT_OF_MEMORY = 6,
  WAXWING_ERROR_UNSUPPORTED = 7, /* the host or this build cannot do it */
  WAXWING_ERROR_NOT_FOUND = 8,
  WAXWING_ERROR_IO = 9,
  WAXWING_ERROR_WRONG_TYPE = 10,
  WAXWING_ERROR_INVALID_ARGUMENT = 11,
  WAXWING_ERROR_OUT_OF_BOUNDS = 12, /* of a memory or a table, by the host */
  WAXWING_ERROR_WRONG_STORE = 13,
  WAXWING_ERROR_STORE_CLOSED = 14,
  WAXWING_ERROR_NOT_CACHED = 15, /* the cache must have the module and does not */
  WAXWING_ERROR_TRAPPED = 16,    /* Wasm code, or a host function that it called, failed */
  WAXWING_ERROR_EXITED = 17,     /* the program asked to exit */
  WAXWING_ERROR_INTERRUPTED = 18 /* somebody stopped it, or its time was over */
};

typedef struct waxwing_error_t waxwing_error_t;

WASM_API_EXTERN void waxwing_error_delete(own waxwing_error_t*);
WASM_API_EXTERN waxwing_error_code_t waxwing_error_code(const waxwing_error_t*);
/* What is wrong, where, and how to mend it. */
WASM_API_EXTERN const char* waxwing_error_message(const waxwing_error_t*);
/* Whether a place in the module's bytes is at fault; it is written to `offset` then. */
WASM_API_EXTERN bool waxwing_error_offset(const waxwing_error_t*, uint64_t* offset);
/* Of WAXWING_ERROR_EXITED; else 0. */
WASM_API_EXTERN int32_t waxwing_error_exit_status(const waxwing_error_t*);

/* Why the last function that failed with an object of this store did; null where none has since
   this was asked last. */
WASM_API_EXTERN own waxwing_error_t* waxwing_store_last_error(wasm_store_t*);

/* Why Wasm code stopped. Numbers never change; more may come. */
typedef uint8_t waxwing_trap_code_t;
enum waxwing_trap_code_enum {
  WAXWING_TRAP_NONE = 0, /* no code was running: a call that was refused, say */
  WAXWING_TRAP_UNREACHABLE = 1,
  WAXWING_TRAP_INTEGER_DIVIDE_BY_ZERO = 2,
  WAXWING_TRAP_INTEGER_OVERFLOW = 3,
  WAXWING_TRAP_INVALID_CONVERSION = 4,
  WAXWING_TRAP_OUT_OF_BOUNDS_MEMORY = 5,
  WAXWING_TRAP_OUT_OF_BOUNDS_TABLE = 6,
  WAXWING_TRAP_UNDEFINED_ELEMENT = 7,
  WAXWING_TRAP_UNINITIALIZED_ELEMENT = 8,
  WAXWING_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 9,
  WAXWING_TRAP_CALL_STACK_EXHAUSTED = 10,
  WAXWING_TRAP_UNALIGNED_ATOMIC = 11,
  WAXWING_TRAP_EXPECTED_SHARED_MEMORY = 12,
  WAXWING_TRAP_NULL_REFERENCE = 13,
  WAXWING_TRAP_NULL_FUNCTION_REFERENCE = 14,
  WAXWING_TRAP_NULL_STRUCTURE_REFERENCE = 15,
  WAXWING_TRAP_NULL_ARRAY_REFERENCE = 16,
  WAXWING_TRAP_NULL_I31_REFERENCE = 17,
  WAXWING_TRAP_NULL_EXCEPTION_REFERENCE = 18,
  WAXWING_TRAP_CAST_FAILURE = 19,
  WAXWING_TRAP_OUT_OF_BOUNDS_ARRAY = 20,
  WAXWING_TRAP_UNCAUGHT_EXCEPTION = 21,
  WAXWING_TRAP_INTERRUPTED = 64,
  WAXWING_TRAP_DEADLINE_EXCEEDED = 65,
  WAXWING_TRAP_HOST_ERROR = 66, /* a host function returned a trap */
  WAXWING_TRAP_RESOURCE_LIMIT = 67,
  WAXWING_TRAP_HEAP_EXHAUSTED = 68,
  WAXWING_TRAP_UNSUPPORTED = 69,
  WAXWING_TRAP_EXIT = 70,
  WAXWING_TRAP_OUT_OF_FUEL = 71
};

WASM_API_EXTERN waxwing_trap_code_t waxwing_trap_code(const wasm_trap_t*);
/* Whether the trap is a program's wish to exit; its status is written to `status` then. */
WASM_API_EXTERN bool waxwing_trap_exit_status(const wasm_trap_t*, int32_t* status);
/* The same failure as an error, whose message lists the frames too. */
WASM_API_EXTERN own waxwing_error_t* waxwing_trap_error(const wasm_trap_t*);
/* Of a frame; may be empty. Lent by the frame. */
WASM_API_EXTERN const char* waxwing_frame_module_name(const wasm_frame_t*);
WASM_API_EXTERN const char* waxwing_frame_func_name(const wasm_frame_t*);

/* A place in a program's source. Texts may be empty; what is not known of the numbers is 0. */
typedef struct waxwing_source_location_t {
  const char* function;
  const char* file;
  uint32_t line;
  uint32_t column; /* in bytes, from 1 */
} waxwing_source_location_t;

/* Where a frame's instruction comes from, by the module's DWARF: `index` 0 is the innermost
   function that was inlined there, the last one the frame's own. False, and nothing is written,
   where there is no such place. Texts are lent by the frame, which one thread at a time asks. */
WASM_API_EXTERN bool waxwing_frame_source(const wasm_frame_t*, size_t index,
                                          waxwing_source_location_t* out);

/* -- Events -------------------------------------------------------------------------------------*/

/* What an engine, its stores or a cache have to tell on the way. Numbers never change; more may
   come. */
typedef uint8_t waxwing_event_kind_t;
enum waxwing_event_kind_enum {
  /* Of an engine: waxwing_config_set_event_hook. */
  WAXWING_EVENT_COMPILE_BEGUN = 0,    /* `size` is that of the module */
  WAXWING_EVENT_COMPILE_PROGRESS = 1, /* `done` of `total` functions are compiled */
  WAXWING_EVENT_COMPILE_ENDED = 2,    /* after `ns`; `detail` is the error, or empty */
  /* Of the stores of an engine: as well. */
  WAXWING_EVENT_TRAP = 3,         /* a call failed with `trap`; `detail` is the message */
  WAXWING_EVENT_MEMORY_GROWN = 4, /* by `size` bytes, from `done`, where `granted`; else refused */
  /* Of a cache: waxwing_cache_options_set_event_hook. */
  WAXWING_EVENT_CACHE_MEMORY_HIT = 5,  /* this process has the module */
  WAXWING_EVENT_CACHE_HIT = 6,         /* `size` bytes were kept, loaded in `ns` */
  WAXWING_EVENT_CACHE_MISS = 7,        /* `detail` says why */
  WAXWING_EVENT_CACHE_COMPILED = 8,    /* after a miss, in `ns`; `size` is that of the entry */
  WAXWING_EVENT_CACHE_STORED = 9,      /* `size` bytes are kept */
  WAXWING_EVENT_CACHE_NOT_STORED = 10, /* `detail` says why; the module runs */
  WAXWING_EVENT_CACHE_WAITED = 11      /* for somebody who compiles the same, for `ns` */
};

/* What its kind does not name is 0. Good until the function returns. */
typedef struct waxwing_event_t {
  waxwing_event_kind_t kind;
  waxwing_trap_code_t trap;
  bool granted;
  uint64_t size;
  uint64_t done;
  uint64_t total;
  uint64_t ns;
  const char* detail; /* `detail_size` bytes: not 0-terminated, maybe none */
  size_t detail_size;
} waxwing_event_t;

/* Called by whichever thread it happens in, by several at once where several threads work. It does
   not use what it is told of. */
typedef void (*waxwing_event_hook_t)(void* env, const waxwing_event_t*);

/* -- Values and types ---------------------------------------------------------------------------*/

/* A kind of value beside those of wasm_valkind_enum. A wasm_val_t cannot hold one: functions that
   have it in their types are called by waxwing_func_call_unchecked. */
enum waxwing_valkind_enum { WAXWING_V128 = 4 };

/* -- Caches: docs/cache.md ----------------------------------------------------------------------*/

/* A compilation cache, shared by engines on any threads. */
typedef struct waxwing_cache_t waxwing_cache_t;
typedef struct waxwing_cache_options_t waxwing_cache_options_t;

WASM_API_EXTERN own waxwing_cache_options_t* waxwing_cache_options_new(void);
WASM_API_EXTERN void waxwing_cache_options_delete(own waxwing_cache_options_t*);
/* Nothing is written, removed or locked. */
WASM_API_EXTERN void waxwing_cache_options_set_read_only(waxwing_cache_options_t*, bool);
/* No compiler may run: what is not in the cache fails with WAXWING_ERROR_NOT_CACHED. */
WASM_API_EXTERN void waxwing_cache_options_set_require_hit(waxwing_cache_options_t*, bool);
/* Whether machine code is checked before it is run first in this process: it is, by default. */
WASM_API_EXTERN void waxwing_cache_options_set_verify_code(waxwing_cache_options_t*, bool);
/* What the directory may hold. */
WASM_API_EXTERN void waxwing_cache_options_set_max_bytes(waxwing_cache_options_t*, uint64_t);
/* How many bytes of modules that nobody uses are kept in memory. */
WASM_API_EXTERN void waxwing_cache_options_set_warm_bytes(waxwing_cache_options_t*, uint64_t);
/* How long to wait for a process that compiles the same module. */
WASM_API_EXTERN void waxwing_cache_options_set_max_wait_ns(waxwing_cache_options_t*, uint64_t);
/* Entries carry an authentication code made with it, and those that do not are not used. */
WASM_API_EXTERN void waxwing_cache_options_set_secret(waxwing_cache_options_t*,
                                                      const uint8_t* bytes, size_t size);
/* Who is told of hits, misses and what is kept; null for nobody. It does not compile: others may
   wait for this. `finalizer`, which may be null, is called with `env` when it is not needed. */
WASM_API_EXTERN void waxwing_cache_options_set_event_hook(waxwing_cache_options_t*,
                                                          waxwing_event_hook_t, void* env,
                                                          void (*finalizer)(void* env));
/* Entries of those who have the same salt are apart from all others. */
WASM_API_EXTERN void waxwing_cache_options_set_salt(waxwing_cache_options_t*, const char*);

/* Null options are those by default. */
WASM_API_EXTERN own waxwing_cache_t* waxwing_cache_new_in_memory(const waxwing_cache_options_t*);
/* In `path`, which is made where it is missing and which processes may share; it must be writable
   by this user alone. */
WASM_API_EXTERN own waxwing_error_t* waxwing_cache_new_directory(const char* path,
                                                                 const waxwing_cache_options_t*,
                                                                 own waxwing_cache_t** out);
/* Ends the handle; engines that use the cache keep it. */
WASM_API_EXTERN void waxwing_cache_delete(own waxwing_cache_t*);

typedef uint8_t waxwing_cache_stat_t;
enum waxwing_cache_stat_enum {
  WAXWING_CACHE_MEMORY_HITS,
  WAXWING_CACHE_STORE_HITS,
  WAXWING_CACHE_MISSES,
  WAXWING_CACHE_DAMAGED,
  WAXWING_CACHE_STORED
};
/* How often it has happened; 0 for what is not known. */
WASM_API_EXTERN uint64_t waxwing_cache_stat(const waxwing_cache_t*, waxwing_cache_stat_t);

/* -- Engines ------------------------------------------------------------------------------------*/

/* What executes code. */
typedef uint8_t waxwing_tier_t;
enum waxwing_tier_enum {
  WAXWING_TIER_AUTOMATIC,   /* machine code where the host allows it */
  WAXWING_TIER_INTERPRETER, /* never makes machine code */
  WAXWING_TIER_BASELINE     /* machine code, or an error */
};

/* How accesses that leave a memory are caught. */
typedef uint8_t waxwing_bounds_t;
enum waxwing_bounds_enum {
  WAXWING_BOUNDS_AUTOMATIC,
  WAXWING_BOUNDS_GUARD,   /* by guard pages and a handler of faults */
  WAXWING_BOUNDS_EXPLICIT /* by comparisons: no handler */
};

/* Parts of the language that can be switched off and on. */
typedef uint8_t waxwing_feature_t;
enum waxwing_feature_enum {
  WAXWING_FEATURE_MVP,
  WAXWING_FEATURE_SIGN_EXTENSION,
  WAXWING_FEATURE_SATURATING_FLOAT,
  WAXWING_FEATURE_MULTI_VALUE,
  WAXWING_FEATURE_REFERENCE_TYPES,
  WAXWING_FEATURE_BULK_MEMORY,
  WAXWING_FEATURE_SIMD,
  WAXWING_FEATURE_RELAXED_SIMD,
  WAXWING_FEATURE_TAIL_CALL,
  WAXWING_FEATURE_EXTENDED_CONST,
  WAXWING_FEATURE_MULTI_MEMORY,
  WAXWING_FEATURE_MEMORY64,
  WAXWING_FEATURE_FUNCTION_REFERENCES,
  WAXWING_FEATURE_GC,
  WAXWING_FEATURE_EXCEPTIONS,
  WAXWING_FEATURE_LEGACY_EXCEPTIONS,
  WAXWING_FEATURE_THREADS,
  WAXWING_FEATURE_WIDE_ARITHMETIC,
  WAXWING_FEATURE_CUSTOM_PAGE_SIZES
};

/* Of a wasm_config_t. Values that are none of the enumeration change nothing; these functions
   return whether they are. */
WASM_API_EXTERN bool waxwing_config_set_tier(wasm_config_t*, waxwing_tier_t);
WASM_API_EXTERN bool waxwing_config_set_bounds(wasm_config_t*, waxwing_bounds_t);
WASM_API_EXTERN bool waxwing_config_set_feature(wasm_config_t*, waxwing_feature_t, bool is_on);
/* Functions are compiled when they are called first. */
WASM_API_EXTERN void waxwing_config_set_lazy(wasm_config_t*, bool);
/* Threads that compile a module, the caller's included. */
WASM_API_EXTERN void waxwing_config_set_compile_threads(wasm_config_t*, uint32_t);
/* Code counts what it uses of its store's fuel, and ends without it: docs/fuel.md. */
WASM_API_EXTERN void waxwing_config_set_fuel(wasm_config_t*, bool);
/* Wasm functions tell the listener of their store of their calls: waxwing_store_set_listener. */
WASM_API_EXTERN void waxwing_config_set_listeners(wasm_config_t*, bool);
/* Float arithmetic has one NaN: with the clocks and random bytes that WASI has by default, each run
   of a program is the same, on every machine. */
WASM_API_EXTERN void waxwing_config_set_deterministic(wasm_config_t*, bool);
/* How large a module may be that is compiled: the bytes of its binary, its functions, the bytes of
   one function's body, and the machine code of all. What is beyond fails with
   WAXWING_ERROR_RESOURCE_LIMIT before there is work to do for it; by default all that Waxwing can
   do at all. What is found in a cache counts by its binary alone; what is deserialized does not. */
WASM_API_EXTERN void waxwing_config_set_max_module_bytes(wasm_config_t*, uint64_t);
WASM_API_EXTERN void waxwing_config_set_max_funcs(wasm_config_t*, uint64_t);
WASM_API_EXTERN void waxwing_config_set_max_func_bytes(wasm_config_t*, uint64_t);
WASM_API_EXTERN void waxwing_config_set_max_code_bytes(wasm_config_t*, uint64_t);
/* Traces have source lines where modules have DWARF: they do, by default. */
WASM_API_EXTERN void waxwing_config_set_debug_info(wasm_config_t*, bool);
/* The program has a handler of SIGSEGV and SIGBUS of its own, which calls waxwing_handle_fault. */
WASM_API_EXTERN void waxwing_config_set_host_fault_handler(wasm_config_t*, bool);
/* Who is told of compilations, traps and memories that grow; null for nobody. `finalizer`, which
   may be null, is called with `env` when nobody needs it any more. */
WASM_API_EXTERN void waxwing_config_set_event_hook(wasm_config_t*, waxwing_event_hook_t, void* env,
                                                   void (*finalizer)(void* env));
/* Null: none. */
WASM_API_EXTERN void waxwing_config_set_cache(wasm_config_t*, const waxwing_cache_t*);

/* Bytes that a program gives to memories, in place of address space that is reserved for them.
   Accesses are checked by comparisons then. The functions are called by any thread that makes,
   grows or ends a memory, by several at once too, and do not use stores. */
typedef struct waxwing_memory_block_t {
  void* base; /* not null, aligned as malloc does; it stays there until it is released */
  uint64_t reserved_bytes; /* how far the memory can grow: `min_bytes` at least */
  void* data;              /* whatever helps to find it again */
  bool is_zeroed;          /* all of it; else what comes into use is zeroed */
} waxwing_memory_block_t;
typedef struct waxwing_memory_allocator_t {
  void* env;
  /* Whether there is a block, of which `min_bytes` can be used. More than `max_bytes` are never
     asked for. */
  bool (*allocate)(void* env, uint64_t min_bytes, uint64_t max_bytes, waxwing_memory_block_t* out);
  /* Whether [old_bytes, new_bytes) can be used from now on. Null: always, within the block. */
  bool (*grow)(void* env, const waxwing_memory_block_t*, uint64_t old_bytes, uint64_t new_bytes);
  /* Once for each block. */
  void (*release)(void* env, const waxwing_memory_block_t*);
  /* When nobody needs the allocator any more; may be null. */
  void (*finalizer)(void* env);
} waxwing_memory_allocator_t;
/* Whether it has the functions that it must have; null for none. */
WASM_API_EXTERN bool waxwing_config_set_memory_allocator(wasm_config_t*,
                                                         const waxwing_memory_allocator_t*);

/* What a program's own handler of faults calls first, with what it was given. True: the fault was
   of Wasm code and is dealt with, return at once. Async-signal-safe. */
WASM_API_EXTERN bool waxwing_handle_fault(int signal, void* info, void* context);

/* The binary of a module in the text format. */
WASM_API_EXTERN own waxwing_error_t* waxwing_wat_to_wasm(const char* text, size_t size,
                                                         own wasm_byte_vec_t* out);

/* -- Stores -------------------------------------------------------------------------------------*/

/* What the code in a store may use; by default what suits most programs. */
typedef struct waxwing_limits_t waxwing_limits_t;

WASM_API_EXTERN own waxwing_limits_t* waxwing_limits_new(void);
WASM_API_EXTERN void waxwing_limits_delete(own waxwing_limits_t*);
WASM_API_EXTERN void waxwing_limits_set_memory_bytes(waxwing_limits_t*, uint64_t);
WASM_API_EXTERN void waxwing_limits_set_table_elements(waxwing_limits_t*, uint64_t);
WASM_API_EXTERN void waxwing_limits_set_heap_bytes(waxwing_limits_t*, uint64_t);
WASM_API_EXTERN void waxwing_limits_set_instances(waxwing_limits_t*, uint64_t);
WASM_API_EXTERN void waxwing_limits_set_stack_bytes(waxwing_limits_t*, uint64_t);
/* Of the calling thread's own stack, for calls that nest through the host. */
WASM_API_EXTERN void waxwing_limits_set_native_stack_bytes(waxwing_limits_t*, uint64_t);

/* What a memory or a table is about to take. */
typedef uint8_t waxwing_resource_t;
enum waxwing_resource_enum { WAXWING_RESOURCE_MEMORY_BYTES, WAXWING_RESOURCE_TABLE_ELEMENTS };

/* Asked for what is within the limits: `used` is what all memories, or all tables, of the store
   have, `wanted` is how much more. False: instantiating fails, or growing yields -1. It must not
   use the store. Shared memories ask in the thread that grows them. `finalizer`, which may be null,
   is called with `env` when nobody needs it any more. */
typedef bool (*waxwing_limiter_t)(void* env, waxwing_resource_t resource, uint64_t used,
                                  uint64_t wanted);
WASM_API_EXTERN void waxwing_limits_set_limiter(waxwing_limits_t*, waxwing_limiter_t, void* env,
                                                void (*finalizer)(void* env));

/* Null limits are those by default. */
WASM_API_EXTERN own waxwing_error_t* waxwing_store_new(wasm_engine_t*, const waxwing_limits_t*,
                                                       own wasm_store_t** out);

/* How long one call from the host may go on, and one instantiation; 0: for ever, as by default. A
   call that takes longer traps with WAXWING_TRAP_DEADLINE_EXCEEDED. */
WASM_API_EXTERN void waxwing_store_set_timeout_ns(wasm_store_t*, uint64_t);

/* What the code of an engine with fuel may still use; 0 at first, with which no loop and no call
   begins. A host function sees what is left. A call that has not enough traps with
   WAXWING_TRAP_OUT_OF_FUEL. */
WASM_API_EXTERN uint64_t waxwing_store_fuel(const wasm_store_t*);
WASM_API_EXTERN void waxwing_store_set_fuel(wasm_store_t*, uint64_t);
/* Who is asked, in the middle of a call and in its thread, where there is not enough: for as much
   more as it returns, until that is enough; 0 ends the call. It may wait, but not use the store.
   Null for nobody. `finalizer`, which may be null, is called with `env` when nobody needs it any
   more. */
typedef uint64_t (*waxwing_fuel_source_t)(void* env);
WASM_API_EXTERN void waxwing_store_set_fuel_source(wasm_store_t*, waxwing_fuel_source_t, void* env,
                                                   void (*finalizer)(void* env));

/* Who is told of calls of host functions and, where the engine's code tells of them
   (waxwing_config_set_listeners), of Wasm functions. Called in the middle of a call, in its thread;
   no call begins in the store meanwhile, and no objects are made there: WASM_EXTERNREF values and
   exceptions. A call is good until the function returns. */
typedef struct waxwing_listened_call_t waxwing_listened_call_t;

typedef struct waxwing_listener_t {
  /* A function begins: whether to tell of this call's end. */
  bool (*before)(void* env, const waxwing_listened_call_t*);
  /* It returned. May be null, as may be `abort`. */
  void (*after)(void* env, const waxwing_listened_call_t*);
  /* It ended by a trap, or by an exception, WAXWING_TRAP_NONE, which a caller may catch. */
  void (*abort)(void* env, const waxwing_listened_call_t*, waxwing_trap_code_t);
  void* env;
  void (*finalizer)(void* env); /* may be null: called when nobody needs `env` any more */
} waxwing_listener_t;

/* Null for nobody any more; calls that are under way end unheard. Fails with
   WAXWING_ERROR_UNSUPPORTED where the engine has checkpoints. */
WASM_API_EXTERN own waxwing_error_t* waxwing_store_set_listener(wasm_store_t*,
                                                                const waxwing_listener_t*);
/* The function's name, as bytes of which `size` says how many: not 0-terminated, maybe none. Of a
   host function the name by which it is imported. Good as long as the store. */
WASM_API_EXTERN const char* waxwing_listened_call_name(const waxwing_listened_call_t*,
                                                       size_t* size);
WASM_API_EXTERN const char* waxwing_listened_call_module(const waxwing_listened_call_t*,
                                                         size_t* size);
WASM_API_EXTERN uint32_t waxwing_listened_call_func_index(const waxwing_listened_call_t*);
WASM_API_EXTERN bool waxwing_listened_call_is_host(const waxwing_listened_call_t*);
/* In `after`: it ended in a tail call, which is the next to begin. */
WASM_API_EXTERN bool waxwing_listened_call_is_tail_call(const waxwing_listened_call_t*);
/* Calls that are under way, this one included. */
WASM_API_EXTERN size_t waxwing_listened_call_depth(const waxwing_listened_call_t*);
/* The arguments in `before`, the results in `after`, else none; nulls too have the kind of what is
   declared. */
WASM_API_EXTERN void waxwing_listened_call_values(const waxwing_listened_call_t*,
                                                  own wasm_val_vec_t* out);

/* Ends the call that runs in a store, and no later one. */
typedef struct waxwing_interrupter_t waxwing_interrupter_t;

WASM_API_EXTERN own waxwing_interrupter_t* waxwing_interrupter_new(const wasm_store_t*);
WASM_API_EXTERN void waxwing_interrupter_delete(own waxwing_interrupter_t*);
/* The running call traps with WAXWING_TRAP_INTERRUPTED, wherever it is: in a loop, in recursion, or
   where it waits. Does nothing where no call runs, or the store is deleted. Any thread may call it,
   and so may signal handlers. */
WASM_API_EXTERN void waxwing_interrupter_interrupt(const waxwing_interrupter_t*);

/* -- Modules ------------------------------------------------------------------------------------*/

/* A wish to stop, for ever, that any threads may share with what it stops. */
typedef struct waxwing_stop_t waxwing_stop_t;

WASM_API_EXTERN own waxwing_stop_t* waxwing_stop_new(void);
/* Ends the handle; options made with it keep the wish. */
WASM_API_EXTERN void waxwing_stop_delete(own waxwing_stop_t*);
/* From any thread; not from signal handlers. */
WASM_API_EXTERN void waxwing_stop_request(waxwing_stop_t*);

/* How long one compilation may go on. */
typedef struct waxwing_compile_options_t waxwing_compile_options_t;

WASM_API_EXTERN own waxwing_compile_options_t* waxwing_compile_options_new(void);
WASM_API_EXTERN void waxwing_compile_options_delete(own waxwing_compile_options_t*);
/* From its beginning; 0: for ever, as by default. */
WASM_API_EXTERN void waxwing_compile_options_set_timeout_ns(waxwing_compile_options_t*, uint64_t);
/* Null: nobody stops it. */
WASM_API_EXTERN void waxwing_compile_options_set_stop(waxwing_compile_options_t*,
                                                      const waxwing_stop_t*);

/* wasm_module_new that can be stopped: it fails with WAXWING_ERROR_INTERRUPTED then, some
   milliseconds later. Null options are those by default. */
WASM_API_EXTERN own waxwing_error_t* waxwing_module_new(wasm_store_t*, const wasm_byte_vec_t*,
                                                        const waxwing_compile_options_t*,
                                                        own wasm_module_t** out);

/* -- Functions ----------------------------------------------------------------------------------*/

/* Who calls a host function. Only good until that returns. */
typedef struct waxwing_caller_t waxwing_caller_t;

/* The instance whose code calls; null where the host calls. */
WASM_API_EXTERN own wasm_instance_t* waxwing_caller_instance(const waxwing_caller_t*);
/* What that instance exports under a name; null where there is nothing. */
WASM_API_EXTERN own wasm_extern_t* waxwing_caller_export(const waxwing_caller_t*, const char* name);
/* [address, address + size) of the first memory of that instance; null where it is not in there, or
   there is none. Good until the memory's store ends. */
WASM_API_EXTERN uint8_t* waxwing_caller_memory(const waxwing_caller_t*, uint64_t address,
                                               uint64_t size);
/* A trap for a host function to return. */
WASM_API_EXTERN own wasm_trap_t* waxwing_caller_trap(const waxwing_caller_t*, const char* message);

/* As wasm_func_callback_with_env_t, by somebody who is known. */
typedef own wasm_trap_t* (*waxwing_callback_t)(void* env, waxwing_caller_t* caller,
                                               const wasm_val_vec_t* args, wasm_val_vec_t* results);
WASM_API_EXTERN own wasm_func_t* waxwing_func_new(wasm_store_t*, const wasm_functype_t*,
                                                  waxwing_callback_t, void* env,
                                                  void (*finalizer)(void* env));

/* As waxwing_func_call_unchecked: the arguments are in `slots`, and the results are left there.
   Types with references are refused. */
typedef own wasm_trap_t* (*waxwing_slots_callback_t)(void* env, waxwing_caller_t* caller,
                                                     uint64_t* slots);
WASM_API_EXTERN own wasm_func_t* waxwing_func_new_unchecked(wasm_store_t*, const wasm_functype_t*,
                                                            waxwing_slots_callback_t, void* env,
                                                            void (*finalizer)(void* env));

/* Calls without looking at anything. `slots` hold the arguments in order, and the results when it
   returns: 8 bytes each and 16 for a v128, an i32 and an f32 in the low half; there are
   waxwing_func_slot_count of them. Functions with references in their types are refused. Allocates
   nothing where it does not fail. */
WASM_API_EXTERN own wasm_trap_t* waxwing_func_call_unchecked(const wasm_func_t*, uint64_t* slots);
/* As many as arguments need or results, whichever is more, and one at least. */
WASM_API_EXTERN size_t waxwing_func_slot_count(const wasm_func_t*);

/* -- Checkpoints --------------------------------------------------------------------------------*/

/* The call of a host function, which a later one can have return once more: setjmp and longjmp. */
typedef struct waxwing_checkpoint_t waxwing_checkpoint_t;

/* Host functions may take checkpoints; their calls cost some nanoseconds more. */
WASM_API_EXTERN void waxwing_config_set_checkpoints(wasm_config_t*, bool);
/* The call of the running host function. A store has 4096 at most, with 64 MiB of stacks, until
   they are deleted: then it fails with WAXWING_ERROR_RESOURCE_LIMIT. */
WASM_API_EXTERN own waxwing_error_t* waxwing_caller_checkpoint(const waxwing_caller_t*,
                                                               own waxwing_checkpoint_t** out);
WASM_API_EXTERN void waxwing_checkpoint_delete(own waxwing_checkpoint_t*);
/* A trap for the running host function to return: it and the Wasm code that called it end, and the
   checkpoint's call returns once more, with these results. What the stack held is as it was then;
   memories, tables, globals and fuel stay. Fails where what the host had called has returned since,
   where the host functions of other calls lie between, and for results of other kinds. */
WASM_API_EXTERN own waxwing_error_t* waxwing_caller_restore(const waxwing_caller_t*,
                                                            const waxwing_checkpoint_t*,
                                                            const wasm_val_vec_t* results,
                                                            own wasm_trap_t** out);

/* -- Exceptions ---------------------------------------------------------------------------------*/

/* A tag: an extern of kind WASM_EXTERN_TAG, as instances export and import them. */
WASM_API_EXTERN own wasm_extern_t* waxwing_tag_new(wasm_store_t*, const wasm_tagtype_t*);

/* An exception of WebAssembly: a tag with values for its parameters. A reference like others, which
   fits where an exnref is wanted. */
WASM_API_EXTERN own wasm_ref_t* waxwing_exception_new(const wasm_extern_t* tag,
                                                      const wasm_val_vec_t* values);
/* Null, and false, where the reference is to no exception. A v128 among the values is i32 0. */
WASM_API_EXTERN own wasm_extern_t* waxwing_exception_tag(const wasm_ref_t*);
WASM_API_EXTERN bool waxwing_exception_values(const wasm_ref_t*, own wasm_val_vec_t* out);
/* Whether both are the same tag. */
WASM_API_EXTERN bool waxwing_tag_same(const wasm_extern_t*, const wasm_extern_t*);

/* A trap for a host function to return, that throws the exception in the Wasm code which calls it.
   Null where the reference is to none. */
WASM_API_EXTERN own wasm_trap_t* waxwing_exception_trap(const wasm_ref_t*);
/* The exception that no Wasm code caught; null where the trap is something else. A host function
   may also return the trap, and the exception goes on. */
WASM_API_EXTERN own wasm_ref_t* waxwing_trap_exception(const wasm_trap_t*);

/* -- Memories -----------------------------------------------------------------------------------*/

/* Copies bytes; false where [address, address + size) is not in the memory, and nothing is copied.
 */
WASM_API_EXTERN bool waxwing_memory_read(const wasm_memory_t*, uint64_t address, void* to,
                                         size_t size);
WASM_API_EXTERN bool waxwing_memory_write(wasm_memory_t*, uint64_t address, const void* from,
                                          size_t size);

/* -- Instances ----------------------------------------------------------------------------------*/

/* What is exported under a name; null where there is nothing. */
WASM_API_EXTERN own wasm_extern_t* waxwing_instance_export(const wasm_instance_t*,
                                                           const char* name);
/* Runs a WASI program: calls `_start`, or `_initialize` of a library, and writes the status that it
   exits with to `status`. */
WASM_API_EXTERN own waxwing_error_t* waxwing_instance_run(const wasm_instance_t*, int32_t* status);

/* -- WASI ---------------------------------------------------------------------------------------*/

/* What a program sees of the world: by default nothing, not even the time. */
typedef struct waxwing_wasi_config_t waxwing_wasi_config_t;

WASM_API_EXTERN own waxwing_wasi_config_t* waxwing_wasi_config_new(void);
/* With this process's streams, clocks and randomness. */
WASM_API_EXTERN own waxwing_wasi_config_t* waxwing_wasi_config_new_for_command(void);
WASM_API_EXTERN void waxwing_wasi_config_delete(own waxwing_wasi_config_t*);
/* argv[0] is the program's name. */
WASM_API_EXTERN void waxwing_wasi_config_set_args(waxwing_wasi_config_t*, size_t argc,
                                                  const char* const argv[]);
/* One variable: "NAME", "VALUE". */
WASM_API_EXTERN void waxwing_wasi_config_add_env(waxwing_wasi_config_t*, const char* name,
                                                 const char* value);
/* A directory of the host, all below it and nothing else, as `guest_path`. */
WASM_API_EXTERN void waxwing_wasi_config_add_directory(waxwing_wasi_config_t*,
                                                       const char* host_path,
                                                       const char* guest_path, bool read_only);
/* An empty directory in memory, one for each store, as `guest_path`. */
WASM_API_EXTERN void waxwing_wasi_config_add_memory_directory(waxwing_wasi_config_t*,
                                                              const char* guest_path,
                                                              uint64_t max_bytes);
/* A directory of the host whose changes stay in memory, `max_bytes` of them, for each store its
   own. Itself it stays as it is. */
WASM_API_EXTERN void waxwing_wasi_config_add_overlay(waxwing_wasi_config_t*, const char* host_path,
                                                     const char* guest_path, uint64_t max_bytes);
/* A listener of TCP at "127.0.0.1:8080", "[::1]:8080" or "localhost:8080", from now on, whose
   descriptor follows those of the directories. Port 0 is any that is free; `port`, which may be
   null, gets it. Non-blocking: guests find it so, as Go's servers want. */
WASM_API_EXTERN own waxwing_error_t* waxwing_wasi_config_add_listener(waxwing_wasi_config_t*,
                                                                      const char* address,
                                                                      bool nonblocking,
                                                                      uint16_t* port);
/* The same of an open socket of any kind. It is taken over, unless that fails; a listener becomes
   non-blocking for all who have it open. */
WASM_API_EXTERN own waxwing_error_t* waxwing_wasi_config_add_socket(waxwing_wasi_config_t*,
                                                                    int descriptor,
                                                                    bool nonblocking);
/* In the directories added so far and from now on: whether devices, FIFOs and sockets can be
   opened, which are refused otherwise. */
WASM_API_EXTERN void waxwing_wasi_config_allow_special_files(waxwing_wasi_config_t*, bool);
/* Limits: descriptors at once (4096), bytes written to files below the directories, names made
   there. UINT64_MAX is none. */
WASM_API_EXTERN void waxwing_wasi_config_set_max_descriptors(waxwing_wasi_config_t*, uint32_t);
WASM_API_EXTERN void waxwing_wasi_config_set_max_written_bytes(waxwing_wasi_config_t*, uint64_t);
WASM_API_EXTERN void waxwing_wasi_config_set_max_entries(waxwing_wasi_config_t*, uint64_t);
WASM_API_EXTERN void waxwing_wasi_config_inherit_stdin(waxwing_wasi_config_t*, bool);
WASM_API_EXTERN void waxwing_wasi_config_inherit_stdout(waxwing_wasi_config_t*, bool);
WASM_API_EXTERN void waxwing_wasi_config_inherit_stderr(waxwing_wasi_config_t*, bool);
WASM_API_EXTERN void waxwing_wasi_config_set_host_clocks(waxwing_wasi_config_t*, bool);
WASM_API_EXTERN void waxwing_wasi_config_set_host_random(waxwing_wasi_config_t*, bool);

/* -- Linkers ------------------------------------------------------------------------------------*/

/* Definitions of imports by name. Host functions and WASI are for any store, objects for their own.
   Threads may instantiate at once, with stores of their own, while nobody defines. */
typedef struct waxwing_linker_t waxwing_linker_t;

WASM_API_EXTERN own waxwing_linker_t* waxwing_linker_new(void);
WASM_API_EXTERN void waxwing_linker_delete(own waxwing_linker_t*);
/* Whether later definitions take the place of earlier ones: they fail, by default. */
WASM_API_EXTERN void waxwing_linker_allow_shadowing(waxwing_linker_t*, bool);

WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define(waxwing_linker_t*, const char* module,
                                                           const char* name, const wasm_extern_t*);
/* `finalizer`, which may be null, is called with `env` when neither the linker nor a store needs it
   any more, or if it fails. Threads that instantiate at once call `callback` at once. */
typedef struct waxwing_host_func_t {
  waxwing_callback_t callback;
  void* env;
  void (*finalizer)(void* env);
} waxwing_host_func_t;
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define_func(waxwing_linker_t*,
                                                                const char* module,
                                                                const char* name,
                                                                const wasm_functype_t*,
                                                                const waxwing_host_func_t*);
/* All exports of an instance, under `module`. */
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define_instance(waxwing_linker_t*,
                                                                    const char* module,
                                                                    const wasm_instance_t*);
/* WASI preview 1. Null: all by default. */
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define_wasi(waxwing_linker_t*,
                                                                const waxwing_wasi_config_t*);

/* Finds the module's imports and instantiates it. */
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_instantiate(const waxwing_linker_t*,
                                                                wasm_store_t*, const wasm_module_t*,
                                                                own wasm_instance_t** out);

#undef own

#ifdef __cplusplus
} /* extern "C" */
#endif

#include "waxwing/c_wasi.h"

#endif /* WAXWING_C_H */
