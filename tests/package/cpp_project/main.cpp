// A host in C++.
#include <cstdio>
#include <waxwing/version.h>

int main() { std::printf("Waxwing %s\n", waxwing_version()); }
