// Direct, indirect, tail and imported calls; a switch; recursion.
__attribute__((import_module("env"), import_name("observe"))) int observe(int, double);
typedef int Operation(int, int);
static int add(int a, int b) { return a + b; }
static int subtract(int a, int b) { return a - b; }
static int divide(int a, int b) { return a / b; }
static int tell(int a, int b) { return observe(a, b); }
static Operation* const volatile operations[] = {add, subtract, divide, tell, add, divide};
__attribute__((export_name("apply"))) int apply(unsigned which, int a, int b) {
  return operations[which % 6](a, b);
}
__attribute__((export_name("fibonacci"))) int fibonacci(int n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
__attribute__((export_name("is_even"))) int is_even(unsigned n);
__attribute__((export_name("is_odd"))) int is_odd(unsigned n) {
  if (n == 0) return 0;
  __attribute__((musttail)) return is_even(n - 1);
}
int is_even(unsigned n) {
  if (n == 0) return 1;
  __attribute__((musttail)) return is_odd(n - 1);
}
__attribute__((export_name("word"))) int word(int n) {
  switch (n) {
    case 0: return 11;
    case 1: return observe(n, 2);
    case 2: return 7;
    case 5: return fibonacci(n);
    case 6: return 1000;
    default: return -1;
  }
}
