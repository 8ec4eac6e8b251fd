// Runs a command N times and prints of each run: wall seconds, processor seconds, peak resident
// KiB. A program of its own, since a process's peak counts what the process that started it had
// resident.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "times.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  for (long i = 0; i < strtol(argv[1], NULL, 10); i++) {
    double start = seconds();
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
      execvp(argv[2], argv + 2);
      _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child || status != 0) return 1;
    printf("%.6f %.6f %ld\n", seconds() - start,
           duration(usage.ru_utime) + duration(usage.ru_stime), usage.ru_maxrss);
  }
  return 0;
}
