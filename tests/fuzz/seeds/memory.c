// Loads and stores of all widths, bulk operations, memory.grow, data segments.
static char text[] = "the quick brown fox jumps over the lazy dog";
static unsigned char table[4096];
__attribute__((export_name("fill"))) int fill(int value, unsigned size) {
  __builtin_memset(table, value, size & 4095);
  __builtin_memcpy(table + 100, text, sizeof text);
  __builtin_memmove(table + 1, table, 4000);
  return table[size & 4095];
}
__attribute__((export_name("hash"))) unsigned hash(void) {
  unsigned h = 0x811c9dc5;
  for (char* c = text; *c; ++c) h = (h ^ (unsigned char)*c) * 0x01000193;
  return h;
}
__attribute__((export_name("peek"))) long long peek(unsigned address) {
  return *(signed char*)address + *(unsigned short*)address + *(int*)address +
         *(long long*)address + (long long)*(float*)address;
}
__attribute__((export_name("poke"))) void poke(unsigned address, long long value) {
  *(char*)address = (char)value;
  *(short*)(address + 2) = (short)value;
  *(int*)(address + 4) = (int)value;
  *(long long*)(address + 8) = value;
  *(double*)(address + 16) = (double)value;
}
__attribute__((export_name("grow"))) int grow(unsigned pages) {
  return (int)__builtin_wasm_memory_grow(0, pages) + (int)__builtin_wasm_memory_size(0);
}
