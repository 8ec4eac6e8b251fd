// Runs a command N times until its first output and then to its end:
//   first N COMMAND...     prints of each run: seconds to the first byte of its output, wall
//   seconds, processor seconds first memory COMMAND...  starts it twice, and prints what the second
//   has resident at its first byte, in KiB: private,
//                          of that dirty, shared, and its proportional share
// Its output is a pipe of one page, so a command that writes more waits there for us.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "times.h"

typedef struct {
  pid_t pid;
  int output;
  double start, first;
} child_t;

static void fail(const char* what) {
  fprintf(stderr, "first: %s\n", what);
  exit(1);
}

static child_t start(char** command) {
  child_t child;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETPIPE_SZ, 4096) < 0)
    fail("there is no pipe");
  child.start = seconds();
  child.pid = vfork();
  if (child.pid < 0) fail("there is no process to be had");
  if (child.pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execvp(command[0], command);
    _exit(127);
  }
  close(ends[1]);
  child.output = ends[0];
  char byte;
  const ssize_t got = read(child.output, &byte, 1);
  child.first = seconds();
  if (got != 1) fail("the command writes nothing");
  return child;
}

static double finish(const child_t* child) {
  char bytes[4096];
  while (read(child->output, bytes, sizeof bytes) > 0) continue;
  close(child->output);
  int status;
  struct rusage usage;
  if (wait4(child->pid, &status, 0, &usage) != child->pid || status != 0)
    fail("the command failed");
  return duration(usage.ru_utime) + duration(usage.ru_stime);
}

static void print_memory(pid_t pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
  FILE* file = fopen(path, "r");
  if (!file) fail("the system does not tell what is resident");
  long private = 0, dirty = 0, shared = 0, share = 0;
  while (fgets(line, sizeof line, file)) {
    char name[64];
    long kib;
    if (sscanf(line, "%63[^:]: %ld", name, &kib) != 2) continue;
    if (strncmp(name, "Private_", 8) == 0 && strstr(name, "Hugetlb") == NULL) private += kib;
    if (strcmp(name, "Private_Dirty") == 0) dirty = kib;
    if (strncmp(name, "Shared_", 7) == 0 && strstr(name, "Hugetlb") == NULL) shared += kib;
    if (strcmp(name, "Pss") == 0) share = kib;
  }
  fclose(file);
  printf("%ld %ld %ld %ld\n", private, dirty, shared, share);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (strcmp(argv[1], "memory") == 0) {
    const child_t other = start(argv + 2), child = start(argv + 2);
    print_memory(child.pid);
    finish(&child);
    finish(&other);
    return 0;
  }
  for (long i = 0; i < strtol(argv[1], NULL, 10); i++) {
    const child_t child = start(argv + 2);
    const double used = finish(&child);
    printf("%.6f %.6f %.6f\n", child.first - child.start, seconds() - child.start, used);
  }
  return 0;
}
