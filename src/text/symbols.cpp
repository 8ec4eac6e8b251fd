// A hash table of names with a seed, and tables by symbol.
#include "text/symbols.h"

#include <chrono>

#include "base/bytes.h"
#include "text/cursor.h"

namespace waxwing::text {
namespace {

constexpr uint64_t odd_constant = 0x9e3779b97f4a7c15u;

uint64_t mixed(uint64_t bits) {
  bits ^= bits >> 32;
  bits *= 0xd6e8feb86659fd93u;
  return bits ^ bits >> 29;
}

}  // namespace

SymbolTable::SymbolTable()
    : slots_(256),
      seed_(mixed(uint64_t(std::chrono::steady_clock::now().time_since_epoch().count())) ^
            uint64_t(reinterpret_cast<uintptr_t>(this))) {}

uint64_t SymbolTable::hash(std::string_view name) const {
  uint64_t value = seed_ ^ name.size();
  while (name.size() >= 8) {
    value = mixed((value ^ base::load_le<uint64_t>(name.data())) * odd_constant + seed_);
    name.remove_prefix(8);
  }
  uint64_t rest = 0;
  for (char c : name) rest = rest << 8 | uint8_t(c);
  return mixed((value ^ rest) * odd_constant + seed_);
}

size_t SymbolTable::find_slot(std::string_view name, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = size_t(hash) & mask;
  while (slots_[slot].symbol != no_symbol &&
         (slots_[slot].hash != uint32_t(hash >> 32) || names_[slots_[slot].symbol] != name)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

Symbol SymbolTable::add(std::string_view name, size_t slot, uint64_t hash) {
  const Symbol symbol = Symbol(names_.size());
  names_.push_back(name);
  slots_[slot] = {uint32_t(hash >> 32), symbol};
  if (names_.size() * 2 > slots_.size()) grow();
  return symbol;
}

void SymbolTable::grow() {
  slots_.assign(slots_.size() * 2, Slot{});
  for (Symbol symbol = 0; symbol < names_.size(); ++symbol) {
    const uint64_t value = hash(names_[symbol]);
    slots_[find_slot(names_[symbol], value)] = {uint32_t(value >> 32), symbol};
  }
}

Symbol SymbolTable::intern(std::string_view name) {
  const uint64_t value = hash(name);
  const size_t slot = find_slot(name, value);
  if (slots_[slot].symbol != no_symbol) return slots_[slot].symbol;
  return add(name, slot, value);
}

Symbol SymbolTable::intern_copy(std::string_view name) {
  const uint64_t value = hash(name);
  const size_t slot = find_slot(name, value);
  if (slots_[slot].symbol != no_symbol) return slots_[slot].symbol;
  copies_.emplace_back(name);
  return add(copies_.back(), slot, value);
}

std::optional<Symbol> SymbolTable::intern_id(std::string_view id) {
  if (id[1] != '"') return intern(id.substr(1));
  const std::string name = decode_id(id);
  if (name.empty()) return std::nullopt;
  return intern_copy(name);
}

bool IndexSpace::bind(Symbol id, Symbol name) {
  const uint32_t index = count_++;
  if (name != no_symbol) names_.push_back({index, id, name});
  if (id == no_symbol) return true;
  if (id >= indices_.size()) indices_.resize(size_t(id) + 1);
  if (indices_[id] != 0) return false;
  indices_[id] = index + 1;
  return true;
}

void IndexSpace::clear() {
  for (const Name& name : names_) {
    if (name.id != no_symbol) indices_[name.id] = 0;
  }
  names_.clear();
  count_ = 0;
}

void LabelStack::push(Symbol symbol) {
  Label label{symbol, 0};
  if (symbol != no_symbol) {
    if (symbol >= levels_.size()) levels_.resize(size_t(symbol) + 1);
    label.hidden = levels_[symbol];
    levels_[symbol] = uint32_t(labels_.size()) + 1;
  }
  labels_.push_back(label);
}

void LabelStack::pop() {
  const Label& label = labels_.back();
  if (label.symbol != no_symbol) levels_[label.symbol] = label.hidden;
  labels_.pop_back();
}

std::optional<uint32_t> LabelStack::find(Symbol symbol) const {
  if (symbol >= levels_.size() || levels_[symbol] == 0) return std::nullopt;
  return uint32_t(labels_.size()) - levels_[symbol];
}

void LabelStack::clear() {
  while (!labels_.empty()) pop();
}

}  // namespace waxwing::text
