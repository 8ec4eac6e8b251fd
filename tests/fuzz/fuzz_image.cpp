// Images with right checksums and anything else: whatever opens is looked through, and its machine
// code loaded.
#include <algorithm>
#include <iterator>
#include <vector>

#include "image/image.h"
#include "runtime/native_code.h"
#include "unit/image/sample.h"

namespace {

using namespace waxwing;

/// The input is an image; or, where it begins with 1 to 3, changes of one that is right, of ten
/// bytes each: where, how many, and what becomes of them.
std::vector<uint8_t> image_of(base::ByteSpan input) {
  static const std::vector<uint8_t> sources[] = {image::Sample().native(), image::Sample().bodies(),
                                                 image::Sample(70'000).native()};
  if (input.empty() || input[0] == 0 || input[0] > std::size(sources))
    return {input.begin(), input.end()};
  std::vector<uint8_t> bytes = sources[input[0] - 1];
  for (input = input.subspan(1); input.size() >= 10; input = input.subspan(10)) {
    const size_t place = base::load_le<uint16_t>(input.data()) % bytes.size();
    const size_t count = std::min<size_t>(input[2] % 8, bytes.size() - place);
    std::copy_n(&input[3], std::min<size_t>(count, 7), &bytes[place]);
  }
  return bytes;
}

uint64_t look_through(const syntax::Module& module) {
  uint64_t sum = 0;
  for (const syntax::FuncBody& body : module.bodies) {
    for (const uint8_t byte : module.code(body)) sum += byte;
    sum += module.locals(body).size();
  }
  for (uint32_t i = 0; i < module.funcs.size(); ++i)
    sum += module.func_name(syntax::FuncIdx(i)).size() +
           module.func_type(syntax::FuncIdx(i)).params.size();
  for (const auto& data : module.datas) {
    for (const uint8_t byte : data.bytes) sum += byte;
  }
  for (const auto& custom : module.customs) sum += custom.name.size() + custom.bytes.size();
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes = image_of({data, size});
  image::put_checksums_right(bytes);
  const auto opened = image::Image::open(cache::Blob::own(std::move(bytes)));
  if (!opened) return 0;
  static volatile uint64_t sink = 0;
  sink = sink + look_through(opened->module);
  if (!opened->has_code) return 0;
  const auto code = runtime::NativeCode::load(
      {.tables = opened->tables, .owner = opened->module.owner, .text = opened->text},
      opened->module, runtime::FaultHandling::host_owned);
  if (!code) return 0;
  const uint32_t step = static_cast<uint32_t>(opened->text.size() / 64 + 1);
  for (uint32_t offset = 0; offset < opened->text.size(); offset += step) {
    runtime::FuncCode func;
    sink = sink + (*code)->find_func(offset, func) + ((*code)->find_site(offset) != nullptr);
  }
  return 0;
}
