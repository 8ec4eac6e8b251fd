// Seconds, for the programs that measure commands.
#pragma once

#include <sys/time.h>
#include <time.h>

static inline double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline double duration(struct timeval value) {
  return (double)value.tv_sec + (double)value.tv_usec * 1e-6;
}
