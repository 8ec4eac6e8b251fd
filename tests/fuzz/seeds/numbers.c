// Arithmetic of all four number types, conversions that trap and that saturate.
__attribute__((export_name("gcd"))) unsigned gcd(unsigned a, unsigned b) {
  return b == 0 ? a : gcd(b, a % b);
}
__attribute__((export_name("collatz"))) int collatz(long long n) {
  int steps = 0;
  for (; n > 1; ++steps) n = n & 1 ? 3 * n + 1 : n / 2;
  return steps;
}
__attribute__((export_name("root"))) double root(double x) {
  double guess = x / 2;
  for (int i = 0; i < 20; ++i) guess = (guess + x / guess) / 2;
  return __builtin_fabs(guess) + __builtin_floor(x) - __builtin_trunc(guess);
}
__attribute__((export_name("convert"))) long long convert(float x, double y) {
  return (long long)x + (int)y + (unsigned)x + (unsigned char)y +
         __builtin_popcountll((unsigned long long)y);
}
__attribute__((export_name("bits"))) unsigned long long bits(unsigned long long x, int n) {
  return (x << (n & 63) | x >> (-n & 63)) ^ (unsigned)__builtin_clz((unsigned)x | 1) ^
         (unsigned)__builtin_ctzll(x | 1);
}
