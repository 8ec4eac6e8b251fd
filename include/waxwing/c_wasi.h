/* What a guest's standard streams are, its clocks and its randomness, and what AssemblyScript and
   Emscripten import beside WASI: a part of waxwing/c.h, which includes it. */
#ifndef WAXWING_C_WASI_H
#define WAXWING_C_WASI_H

#include "waxwing/c.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* -- Standard streams ---------------------------------------------------------------------------*/

typedef uint8_t waxwing_stream_t;
enum waxwing_stream_enum { WAXWING_STDIN, WAXWING_STDOUT, WAXWING_STDERR };

/* These say what a stream is, in place of what was said of it before, and return whether there is
   such a stream, of that direction. Each store that is made a world opens it for itself; what
   cannot be opened fails then. */

/* A file of the host: input is read from its start, output makes it or empties it. */
WASM_API_EXTERN bool waxwing_wasi_config_set_stream_file(waxwing_wasi_config_t*, waxwing_stream_t,
                                                         const char* path);
/* Output goes to the end of a file of the host. */
WASM_API_EXTERN bool waxwing_wasi_config_set_stream_append(waxwing_wasi_config_t*, waxwing_stream_t,
                                                           const char* path);
/* A descriptor that is open. It stays the caller's: each store makes a duplicate. */
WASM_API_EXTERN bool waxwing_wasi_config_set_stream_descriptor(waxwing_wasi_config_t*,
                                                               waxwing_stream_t, int descriptor);
/* A copy of these bytes, and then the end. Each store reads them from the start. */
WASM_API_EXTERN bool waxwing_wasi_config_set_stdin_bytes(waxwing_wasi_config_t*, const void* bytes,
                                                         size_t size);

/* What guests write, kept for the host; any threads may use it while stores write to it. */
typedef struct waxwing_wasi_buffer_t waxwing_wasi_buffer_t;

/* What goes beyond `max_bytes` is not written; the guest is told that there is no space. */
WASM_API_EXTERN own waxwing_wasi_buffer_t* waxwing_wasi_buffer_new(size_t max_bytes);
/* Ends the handle; configurations and stores keep the buffer. */
WASM_API_EXTERN void waxwing_wasi_buffer_delete(own waxwing_wasi_buffer_t*);
/* What was written and not taken; the buffer is empty then. */
WASM_API_EXTERN void waxwing_wasi_buffer_take(waxwing_wasi_buffer_t*, own wasm_byte_vec_t* out);
/* Whether something did not fit since it was made. */
WASM_API_EXTERN bool waxwing_wasi_buffer_has_overflowed(const waxwing_wasi_buffer_t*);
WASM_API_EXTERN bool waxwing_wasi_config_set_stream_buffer(waxwing_wasi_config_t*, waxwing_stream_t,
                                                           const waxwing_wasi_buffer_t*);

/* A number of WASI's errno; 0 is success. */
typedef uint16_t waxwing_errno_t;

/* What `read` puts into [to, to + size), where `size` is not 0, and says by `count`; 0 bytes are
   the end. It is called in the thread that uses the store, in the middle of a call, and no call
   begins in that store meanwhile; several stores may call it at once. It may wait, but then nothing
   interrupts it: that is left to the program. `finalizer`, which may be null, is called with `env`
   when nobody needs it any more, or if this fails. */
typedef waxwing_errno_t (*waxwing_wasi_read_t)(void* env, void* to, size_t size, size_t* count);
WASM_API_EXTERN bool waxwing_wasi_config_set_stdin_reader(waxwing_wasi_config_t*,
                                                          waxwing_wasi_read_t, void* env,
                                                          void (*finalizer)(void* env));
/* The same for output: `count`, which is `size` at first, says how many bytes it took. */
typedef waxwing_errno_t (*waxwing_wasi_write_t)(void* env, const void* from, size_t size,
                                                size_t* count);
WASM_API_EXTERN bool waxwing_wasi_config_set_stream_writer(waxwing_wasi_config_t*, waxwing_stream_t,
                                                           waxwing_wasi_write_t, void* env,
                                                           void (*finalizer)(void* env));

/* -- Clocks and randomness ----------------------------------------------------------------------*/

typedef uint8_t waxwing_clock_t;
enum waxwing_clock_enum {
  WAXWING_CLOCK_REALTIME,  /* since 1970-01-01 UTC */
  WAXWING_CLOCK_MONOTONIC, /* since any start; never goes back */
  WAXWING_CLOCK_PROCESS_CPU,
  WAXWING_CLOCK_THREAD_CPU
};

/* The clocks of guests, in nanoseconds. Called in the thread that uses a store, in the middle of a
   call; not to use the store. All but `time_ns` may be null. */
typedef struct waxwing_wasi_clocks_t {
  void* env;
  uint64_t (*time_ns)(void* env, waxwing_clock_t);
  /* The smallest step. Null: 1. */
  uint64_t (*resolution_ns)(void* env, waxwing_clock_t);
  /* A guest wants to wait: how long the host shall wait in its place, by real time, which an
     interruption ends. Null: as long as the guest said. Clocks that are not real may step forward
     here and return 0. */
  uint64_t (*wait_ns)(void* env, uint64_t timeout_ns);
  /* sched_yield. */
  void (*yield)(void* env);
  /* When nobody needs the clocks any more, or if setting them fails. */
  void (*finalizer)(void* env);
} waxwing_wasi_clocks_t;
/* Null: those that waxwing_wasi_config_set_host_clocks says. Whether they have `time_ns`. */
WASM_API_EXTERN bool waxwing_wasi_config_set_clocks(waxwing_wasi_config_t*,
                                                    const waxwing_wasi_clocks_t*);

/* Fills [to, to + size), or returns false, which is an error of input for the guest. */
typedef bool (*waxwing_wasi_random_t)(void* env, void* to, size_t size);
/* Null: what waxwing_wasi_config_set_host_random says. */
WASM_API_EXTERN void waxwing_wasi_config_set_random(waxwing_wasi_config_t*, waxwing_wasi_random_t,
                                                    void* env, void (*finalizer)(void* env));
/* Of the random bytes that are the same in each run; 42 by default. */
WASM_API_EXTERN void waxwing_wasi_config_set_random_seed(waxwing_wasi_config_t*, uint64_t);

/* -- AssemblyScript and Emscripten --------------------------------------------------------------*/

typedef uint8_t waxwing_trace_output_t;
enum waxwing_trace_output_enum { WAXWING_TRACE_NONE, WAXWING_TRACE_STDOUT, WAXWING_TRACE_STDERR };

/* What modules of AssemblyScript import from "env" where they do without WASI: `abort`, which
   exits with 255, its message on the standard error where that is wanted, `trace` and `seed`. The
   streams and the randomness are those of the linker's WASI. */
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define_assemblyscript(waxwing_linker_t*,
                                                                          bool has_abort_message,
                                                                          waxwing_trace_output_t);
/* What stand-alone modules of Emscripten import from "env" beside WASI: `invoke_` functions and
   those of longjmp, for which a module exports stackSave, stackRestore and setThrew,
   emscripten_notify_memory_growth, getTempRet0, setTempRet0. */
WASM_API_EXTERN own waxwing_error_t* waxwing_linker_define_emscripten(waxwing_linker_t*);

#undef own

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WAXWING_C_WASI_H */
