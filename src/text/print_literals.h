// Numbers, strings and identifiers as the text format writes them. [spec 6.3]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/v128.h"

namespace waxwing::text {

void append_unsigned(std::string& out, uint64_t number);
void append_signed(std::string& out, int64_t number);

/// The shortest decimal that reads back as the same bits; infinities and NaNs with their payload.
void append_f32(std::string& out, uint32_t bits);
void append_f64(std::string& out, uint64_t bits);
/// "i32x4 0x00000001 ...".
void append_v128(std::string& out, const base::V128& value);

/// `bytes` in quotes; all but printable ASCII as \XX.
void append_quoted_bytes(std::string& out, base::ByteSpan bytes);
/// `name`, which is UTF-8, in quotes; characters beyond ASCII stay where they can be seen.
void append_quoted_name(std::string& out, std::string_view name);
/// "$name", or "$\"a name\"" where it has characters that an identifier cannot have.
/// REQUIRES: `name` is UTF-8 and not empty.
void append_id(std::string& out, std::string_view name);

}  // namespace waxwing::text
