// The program `waxwing`.
#include <cstdlib>
#include <vector>

#include "cli/commands.h"
#include "platform/file.h"

namespace {

/// A closed standard stream would lend its number to the next file that is opened, and the guest's
/// output would go there. The null device, opened the wrong way round, keeps the number and refuses
/// use, as a closed descriptor does.
void occupy_standard_streams() {
  using waxwing::platform::File;
  static std::vector<File> kept;
  const File streams[] = {File::standard_input(), File::standard_output(), File::standard_error()};
  for (const File& stream : streams) {
    if (stream.stat()) continue;
    const bool is_input = stream.descriptor() == 0;
    auto opened =
        waxwing::platform::open_host_path("/dev/null", {.read = !is_input, .write = is_input});
    if (opened) kept.push_back(*std::move(opened));
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  waxwing::platform::ignore_broken_pipes();  // the guest sees the error
  return waxwing::cli::run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc});
}
