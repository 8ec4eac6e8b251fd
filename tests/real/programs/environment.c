// Arguments, variables, clocks, sleep, random numbers, and how a program ends.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static void at_exit(void) { puts("at exit"); }

static double seconds(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return -1;
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char** argv) {
  atexit(at_exit);
  for (int i = 1; i < argc; ++i) printf("argument [%s]\n", argv[i]);
  const char* greeting = getenv("GREETING");
  printf("GREETING is %s, ABSENT is %s\n", greeting ? greeting : "not set",
         getenv("ABSENT") ? "set" : "not set");
  int count = 0;
  while (environ[count]) ++count;
  printf("%d variables\n", count);
  setenv("ADDED", "by me", 1);
  printf("ADDED is %s\n", getenv("ADDED"));

  const double now = seconds(CLOCK_REALTIME), begin = seconds(CLOCK_MONOTONIC);
  const struct timespec pause = {0, 20 * 1000 * 1000};
  printf("slept: %d\n", nanosleep(&pause, NULL));
  const double passed = seconds(CLOCK_MONOTONIC) - begin;
  printf("it is after 2020: %s; time passes: %s\n", now > 1577836800 ? "yes" : "no",
         passed >= 0.02 && passed < 60 ? "yes" : "no");
  unsigned char random[32] = {0}, zero[32] = {0};
  printf("random: %s\n",
         getentropy(random, sizeof random) == 0 && memcmp(random, zero, sizeof zero) != 0 ? "yes"
                                                                                          : "no");

  char line[64];
  while (fgets(line, sizeof line, stdin)) printf("input %s", line);
  fputs("to standard error\n", stderr);
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "exit") == 0) exit(42);
  if (strcmp(how, "quick") == 0) {
    fflush(stdout);
    _Exit(7);
  }
  return argc > 3 ? 3 : 0;
}
