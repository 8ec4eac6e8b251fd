// Reading and writing a descriptor: one vectored system call where it need not wait.
#pragma once

#include "wasi/call.h"

namespace waxwing::wasi {

/// Reads once into `buffers`; 0 bytes are the end of the file, or no buffer at all. Where the
/// descriptor has nothing yet and is not the guest's as non-blocking, waits, interruptibly. The
/// caller has checked the rights.
WasiResult<uint32_t> read_from(Call& call, Descriptor& descriptor, ReadBuffers& buffers);

/// The same for writing. What the quota does not allow is left out; `dquot` where that is all.
WasiResult<uint32_t> write_to(Call& call, Descriptor& descriptor, WriteBuffers& buffers);

/// Shortens `buffers` to what may still be written to `file`; `dquot` where that is nothing.
WasiResult<> limit_by_quota(Call& call, const Descriptor& file, WriteBuffers& buffers);

}  // namespace waxwing::wasi
