// Calls and traps in wasm3, by its C interface; compiled with wasm3's own sources.
//   wasm3 embed MICRO_MODULE MEMORY_MODULE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasm3.h>

enum { rounds = 9, stack_bytes = 256 << 10 };

static void check(M3Result result) {
  if (!result) return;
  fprintf(stderr, "wasm3: %s\n", result);
  exit(1);
}

static uint8_t* read_file(const char* path, long* size) {
  FILE* file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) check("a file cannot be read");
  *size = ftell(file);
  rewind(file);
  uint8_t* bytes = malloc((size_t)*size);
  if (!bytes || fread(bytes, 1, (size_t)*size, file) != (size_t)*size)
    check("a file cannot be read");
  fclose(file);
  return bytes;
}

m3ApiRawFunction(host_nop) { m3ApiSuccess(); }

m3ApiRawFunction(host_mix) {
  m3ApiReturnType(double);
  m3ApiGetArg(int32_t, a);
  m3ApiGetArg(int64_t, b);
  m3ApiGetArg(double, c);
  m3ApiReturn((double)a + (double)b + c);
}

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void* a, const void* b) {
  const double left = *(const double*)a, right = *(const double*)b;
  return (left > right) - (left < right);
}

typedef struct {
  const char* name;
  const char* func;
  int calls;
  int32_t per_call;  // of what is counted, in one call; it is the argument too
  uint32_t arguments;
  int traps;
} call_t;

static void measure_calls(IM3Runtime runtime, const call_t* call) {
  IM3Function func = NULL;
  check(m3_FindFunction(&func, runtime, call->func));
  double times[rounds];
  for (int round = 0; round < rounds; ++round) {
    const double start = seconds();
    for (int32_t i = 0; i < call->calls; ++i) {
      const void* arguments[] = {&call->per_call, &i};
      const M3Result result = m3_Call(func, call->arguments, arguments);
      if (!call->traps) check(result);
    }
    times[round] = (seconds() - start) * 1e9 / ((double)call->calls * call->per_call);
  }
  qsort(times, rounds, sizeof *times, compare);
  printf("%s %.3f\n", call->name, times[rounds / 2]);
}

int main(int argc, const char** argv) {
  static const call_t calls[] = {
      {"enter_ns", "empty", 2000000, 1, 0, 0},  {"enter_add_ns", "add", 2000000, 1, 2, 0},
      {"out_ns", "call_nop", 10, 200000, 1, 0}, {"out_mix_ns", "call_mix", 10, 200000, 1, 0},
      {"trap_ns", "trap", 5000, 1, 0, 1},       {"fault_ns", "fault", 5000, 1, 0, 1}};
  if (argc != 4 || strcmp(argv[1], "embed") != 0) return 2;
  long size;
  uint8_t* bytes = read_file(argv[2], &size);
  IM3Environment environment = m3_NewEnvironment();
  IM3Runtime runtime = m3_NewRuntime(environment, stack_bytes, NULL);
  IM3Module module;
  check(m3_ParseModule(environment, &module, bytes, (uint32_t)size));
  check(m3_LoadModule(runtime, module));
  check(m3_LinkRawFunction(module, "host", "nop", "v()", host_nop));
  check(m3_LinkRawFunction(module, "host", "mix", "F(iIF)", host_mix));
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) measure_calls(runtime, &calls[i]);
  return 0;
}
