// Tables live on the heap and double their room as they grow.
#include "runtime/table.h"

#include <algorithm>

#include "runtime/bulk.h"
#include "syntax/limits.h"

namespace waxwing::runtime {
namespace {

using base::ErrorCode;
using syntax::TrapCode;

uint64_t max_elements(const syntax::TableType& type) {
  return std::min(type.limits.max.value_or(syntax::max_table_elements), syntax::max_table_elements);
}

}  // namespace

Table::Table(const syntax::TableType& type, std::shared_ptr<ResourceBudget> budget)
    : type_(type), budget_(std::move(budget)) {}

Table::~Table() { budget_->give_table(size()); }

base::Result<std::unique_ptr<Table>> Table::create(const syntax::TableType& type, Ref init,
                                                   std::shared_ptr<ResourceBudget> budget) {
  const uint64_t size = type.limits.min;
  if (type.limits.max && size > *type.limits.max) {
    return base::fail(ErrorCode::min_greater_than_max, "(table " + to_string(type) + ")");
  }
  if (type.address == syntax::AddressType::i32 && size > UINT32_MAX) {
    return base::fail(ErrorCode::table_size, "(table " + to_string(type) + ")");
  }
  if (size > syntax::max_table_elements) {
    return base::fail(ErrorCode::resource_limit,
                      "a table starts with " + std::to_string(size) +
                          " elements, and the most that one may have is " +
                          std::to_string(syntax::max_table_elements));
  }
  if (!budget->take_table(size)) {
    return base::fail(ErrorCode::resource_limit,
                      "a table starts with " + std::to_string(size) +
                          " elements, and the tables of a store may have " +
                          std::to_string(budget->max_table_elements()) + " together");
  }
  auto buffer = platform::Buffer::allocate(size * sizeof(Ref));
  if (!buffer) {
    budget->give_table(size);
    return std::unexpected(std::move(buffer).error());
  }
  std::unique_ptr<Table> table(new Table(type, std::move(budget)));
  table->buffer_ = *std::move(buffer);
  table->record_ = {.elements = reinterpret_cast<uint64_t*>(table->buffer_.data()), .size = size};
  if (!init.is_null()) std::fill_n(table->data(), size, init);
  return table;
}

syntax::TableType Table::current_type() const {
  syntax::TableType type = type_;
  type.limits.min = size();
  return type;
}

int64_t Table::grow(uint64_t delta, Ref init, StopWord stop) {
  const uint64_t old_size = size();
  const uint64_t most = max_elements(type_);
  if (old_size > most || delta > most - old_size) return -1;
  if (!budget_->take_table(delta)) return -1;
  const uint64_t new_size = old_size + delta;
  const uint64_t capacity = buffer_.size() / sizeof(Ref);
  if (new_size > capacity) {
    const uint64_t roomy = std::min(std::max(new_size, capacity * 2), most);
    if (!buffer_.resize(roomy * sizeof(Ref)) && !buffer_.resize(new_size * sizeof(Ref))) {
      budget_->give_table(delta);
      return -1;
    }
    record_.elements = reinterpret_cast<uint64_t*>(buffer_.data());
  }
  Ref* const first = data() + old_size;
  const TrapCode code =
      in_pieces(delta, bulk_piece_bytes / sizeof(Ref), stop,
                [&](uint64_t done, uint64_t count) { std::fill_n(first + done, count, init); });
  if (code != TrapCode::none) {
    budget_->give_table(delta);
    return -1;
  }
  record_.size = new_size;
  return int64_t(old_size);
}

void Table::restore(std::span<const Ref> elements) {
  // Where it cannot be made smaller, it stays.
  if (elements.size_bytes() < buffer_.size() && buffer_.resize(elements.size_bytes()))
    record_.elements = reinterpret_cast<uint64_t*>(buffer_.data());
  budget_->give_table(size() - elements.size());
  record_.size = elements.size();
  std::ranges::copy(elements, data());
}

}  // namespace waxwing::runtime
