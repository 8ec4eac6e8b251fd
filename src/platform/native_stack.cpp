// glibc and musl tell the bounds with the thread's attributes.
#include "platform/native_stack.h"

#include <pthread.h>

namespace waxwing::platform {
namespace {

NativeStack ask_system() {
  NativeStack stack;
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return stack;
  void* low = nullptr;
  size_t size_bytes = 0;
  if (::pthread_attr_getstack(&attributes, &low, &size_bytes) == 0) {
    stack.low = reinterpret_cast<uintptr_t>(low);
    stack.high = stack.low + size_bytes;
  }
  ::pthread_attr_destroy(&attributes);
  return stack;
}

}  // namespace

NativeStack current_native_stack() {
  // The main thread's bounds are read from a file.
  static thread_local const NativeStack stack = ask_system();
  return stack;
}

}  // namespace waxwing::platform
