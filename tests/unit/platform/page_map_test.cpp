#include "platform/page_map.h"

#include <array>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/memory_image.h"

namespace waxwing::platform {
namespace {

/// Four pages: of an image, of an image and written, never touched, written.
class PageMapTest : public testing::Test {
 public:
  void SetUp() override {
    map.open();
    auto image = MemoryImage::create(2 * page);
    ASSERT_TRUE(image && image->write(0, base::as_bytes("image")));
    auto reserved = Reservation::reserve(4 * page);
    ASSERT_TRUE(reserved && reserved->commit(0, 4 * page) && image->map(*reserved, 0));
    memory = *std::move(reserved);
    memory.data()[page] = 1;
    memory.data()[3 * page] = 1;
  }
  /// Of each page, whether it may have changed: "-" or "x"; "?" where that is not known.
  std::string changes() const {
    std::array<uint64_t, 4> entries{};
    if (!map.read(memory.data(), entries)) return "?";
    std::string text;
    for (const uint64_t entry : entries) text += PageMap::may_differ(entry) ? 'x' : '-';
    return text;
  }

  const size_t page = page_size();
  PageMap map;
  Reservation memory;
};

/// Runs `body` in a child of fork, which tells whether it was true.
template <typename Body>
bool holds_in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(PageMapTest, tells_written_pages_from_those_of_an_image) {
  EXPECT_EQ(changes(), "-x-x");
  // A read brings the file's page, which is not the mapping's own.
  EXPECT_EQ(static_cast<volatile uint8_t*>(memory.data())[0], 'i');
  EXPECT_EQ(changes(), "-x-x");
  memory.data()[2 * page - 1] = 0;  // the same again
  memory.data()[2 * page] = 0;
  memory.data()[0] = 'I';
  EXPECT_EQ(changes(), "xxxx");
  ASSERT_TRUE(memory.discard(0, 4 * page));
  EXPECT_EQ(changes(), "----");
}

TEST_F(PageMapTest, locked_pages_count_as_changed) {
  // By number: the sanitizers make libc's function do nothing.
  if (::syscall(SYS_mlock, memory.data(), memory.size()) != 0)
    GTEST_SKIP() << "the host locks no memory";
  EXPECT_EQ(changes(), "xxxx") << "locking brings a private mapping pages of its own";
  EXPECT_FALSE(memory.discard(0, 4 * page)) << "locked pages cannot be given back";
  EXPECT_EQ(memory.data()[page], 1);
}

TEST_F(PageMapTest, pages_that_were_swapped_out_count_as_changed) {
  ::madvise(memory.data(), memory.size(), MADV_PAGEOUT);  // where there is swap space
  EXPECT_EQ(changes(), "-x-x");
  constexpr uint64_t present = uint64_t{1} << 63, swapped = uint64_t{1} << 62,
                     of_file = uint64_t{1} << 61;
  EXPECT_TRUE(PageMap::may_differ(swapped | 12345));
  EXPECT_TRUE(PageMap::may_differ(present | 12345));
  EXPECT_FALSE(PageMap::may_differ(present | of_file | 12345));
  EXPECT_FALSE(PageMap::may_differ(swapped | of_file));
  EXPECT_FALSE(PageMap::may_differ(uint64_t{1} << 55)) << "soft-dirty only";
}

TEST_F(PageMapTest, a_child_of_fork_sees_its_own_pages) {
  EXPECT_TRUE(holds_in_child([&] {
    const bool is_alike = changes() == "-x-x";
    memory.data()[2 * page] = 1;
    return is_alike && changes() == "-xxx";
  }));
  EXPECT_EQ(changes(), "-x-x");
}

TEST_F(PageMapTest, knows_nothing_where_it_may_not_be_opened) {
  EXPECT_FALSE(PageMap().read(memory.data(), {}));
  // Too few descriptors: the child's own map cannot be opened, and the parent's is not the child's.
  EXPECT_TRUE(holds_in_child([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    PageMap other;
    other.open();
    std::array<uint64_t, 1> entry{};
    return changes() == "?" && !other.read(memory.data(), entry);
  }));
  EXPECT_EQ(changes(), "-x-x");
}

TEST_F(PageMapTest, memory_beyond_the_address_space_is_unknown) {
  std::array<uint64_t, 2> entries{};
  EXPECT_FALSE(map.read(reinterpret_cast<const uint8_t*>(UINTPTR_MAX - page + 1), entries));
}

}  // namespace
}  // namespace waxwing::platform
