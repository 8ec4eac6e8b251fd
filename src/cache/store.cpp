// Texts of faults, and handles on bytes.
#include "cache/store.h"

#include <array>
#include <cstring>
#include <utility>

#include "platform/virtual_memory.h"

namespace waxwing::cache {
namespace {

struct FaultRow {
  std::string_view name;
  std::string_view text;
};

constexpr std::array fault_rows = {
#define STORE_FAULT(ID, TEXT) FaultRow{#ID, TEXT},
#include "cache/store_faults.def"
};

}  // namespace

std::string_view store_fault_name(StoreFault fault) { return fault_rows[size_t(fault)].name; }

std::string_view store_fault_text(StoreFault fault) { return fault_rows[size_t(fault)].text; }

std::string StoreFailure::message() const {
  std::string line = what.empty() ? "an entry" : what;
  const std::string_view text = store_fault_text(fault);
  line.append(" ").append(text);
  if (!cause.empty() && !text.ends_with(cause)) line.append(" (").append(cause).append(")");
  return line;
}

Blob::Blob(base::ByteSpan bytes, std::shared_ptr<const void> owner,
           std::shared_ptr<const platform::File> file)
    : bytes_(bytes), owner_(std::move(owner)), file_(std::move(file)) {}

Blob Blob::own(std::vector<uint8_t> bytes) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  return Blob(*owner, owner);
}

StoreResult<Blob> Blob::copy_of(base::ByteSpan bytes) {
  auto buffer = platform::Buffer::allocate(bytes.size());
  if (!buffer) {
    return std::unexpected(StoreFailure{StoreFault::exhausted, {}, buffer.error().message()});
  }
  auto owner = std::make_shared<const platform::Buffer>(std::move(*buffer));
  if (!bytes.empty()) std::memcpy(owner->data(), bytes.data(), bytes.size());
  return Blob(owner->bytes(), owner);
}

Lease Lease::held(std::shared_ptr<const void> keeper, bool has_waited) {
  Lease lease(State::held);
  lease.has_waited_ = has_waited;
  lease.keeper_ = std::move(keeper);
  return lease;
}

}  // namespace waxwing::cache
