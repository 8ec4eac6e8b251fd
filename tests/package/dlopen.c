/* Loads the library that it is given, uses it and lets it go, several times. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int fail(const char* what) {
  const char* why = dlerror();
  printf("%s: %s\n", what, why != NULL ? why : "");
  return 1;
}

int main(int argc, char** argv) {
  int round;
  if (argc != 3) return 2;
  for (round = 0; round < 3; ++round) {
    const char* (*version)(void);
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return fail("dlopen");
    *(void**)&version = dlsym(library, "waxwing_version");
    if (version == NULL) return fail("dlsym");
    if (strcmp(version(), argv[2]) != 0) return fail("another version");
    if (dlclose(library) != 0) return fail("dlclose");
  }
  puts("fine");
  return 0;
}
