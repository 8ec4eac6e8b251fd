// The orbits of the giant planets: double arithmetic on fields of structures, square roots.
#include "kernel.h"

enum { body_count = 5 };

typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;

static void start(Body* bodies) {
  static const Body model[body_count] = {
      {0, 0, 0, 0, 0, 0, 39.47},
      {4.84, -1.16, -0.10, 0.606, 2.81, -0.02, 0.037},
      {8.34, 4.12, -0.40, -1.01, 1.82, 0.008, 0.011},
      {12.89, -15.11, -0.22, 1.08, 0.868, -0.010, 0.0017},
      {15.37, -25.91, 0.179, 0.979, 0.594, -0.034, 0.002},
  };
  memcpy(bodies, model, sizeof model);
}

static void advance(Body* bodies, double dt) {
  for (int i = 0; i < body_count; i++) {
    Body* a = &bodies[i];
    for (int j = i + 1; j < body_count; j++) {
      Body* b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz;
      double force = dt / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * force;
      a->vy -= dy * b->mass * force;
      a->vz -= dz * b->mass * force;
      b->vx += dx * a->mass * force;
      b->vy += dy * a->mass * force;
      b->vz += dz * a->mass * force;
    }
  }
  for (int i = 0; i < body_count; i++) {
    bodies[i].x += dt * bodies[i].vx;
    bodies[i].y += dt * bodies[i].vy;
    bodies[i].z += dt * bodies[i].vz;
  }
}

static uint64_t kernel(uint32_t repetitions) {
  Body bodies[body_count];
  start(bodies);
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int step = 0; step < 1000; step++) advance(bodies, 0.01);
  }
  return mix(double_bits(bodies[0].x), double_bits(bodies[4].vz));
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 2500); }
