// Atomic reads, writes, exchanges; wait and notify.
static int counter;
static unsigned char byte;
static long long wide;
__attribute__((export_name("count"))) int count(int n) {
  __atomic_store_n(&counter, n, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_xor(&byte, (unsigned char)n, __ATOMIC_SEQ_CST);
  __atomic_fetch_and(&wide, (long long)n, __ATOMIC_SEQ_CST);
  long long expected = n;
  __atomic_compare_exchange_n(&wide, &expected, 5, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return __atomic_exchange_n(&counter, 7, __ATOMIC_SEQ_CST) +
         (int)__atomic_load_n(&byte, __ATOMIC_SEQ_CST) + (int)expected;
}
__attribute__((export_name("wait"))) int wait(int expected, long long nanoseconds) {
  return __builtin_wasm_memory_atomic_wait32(&counter, expected, nanoseconds & 0xffff) +
         __builtin_wasm_memory_atomic_wait64(&wide, expected, 1000);
}
__attribute__((export_name("notify"))) unsigned notify(unsigned n) {
  return __builtin_wasm_memory_atomic_notify(&counter, n);
}
