#include "platform/beneath.h"

#include <gtest/gtest.h>
#include <string>

#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

/// outside/secret, and outside/root/ with file, dir/file, links to them and links that lead out.
class beneath : public testing::TestWithParam<Resolver> {
 protected:
  beneath() {
    outside_.make_directory("root/dir/empty");
    outside_.make_directory("folder");
    outside_.write("secret", "secret");
    outside_.write("root/file", "file");
    outside_.write("root/dir/file", "dir/file");
    outside_.link("root/to_file", "dir/file");
    outside_.link("root/to_dir", "dir");
    outside_.link("root/up", "..");
    outside_.link("root/secret", "../secret");
    outside_.link("root/folder", "../folder");
    root_ = outside_.open("root");
  }

  PathBeneath at(std::string_view path) const { return {root_, path, GetParam()}; }
  bool exists(std::string_view name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(outside_ / name));
  }
  std::string read(std::string_view name) const {
    return read_text(*open_host_path(outside_ / name, {.read = true}));
  }

  TemporaryDirectory outside_;
  File root_;
};

INSTANTIATE_TEST_SUITE_P(resolvers, beneath, testing::Values(Resolver::best, Resolver::walk),
                         [](const auto& instance) {
                           return instance.param == Resolver::best ? "best" : "walk";
                         });

#define EXPECT_FAILURE(expression, error) EXPECT_EQ(failure(expression), text_of(FileError::error))
#define EXPECT_SUCCESS(expression) EXPECT_EQ(failure(expression), "")

TEST_P(beneath, the_parent_and_the_last_component_are_told_apart) {
  const struct {
    const char* path;
    const char* parent;
    const char* name;
    bool trailing_slash;
  } rows[] = {{"file", ".", "file", false},
              {"dir/file", "dir", "file", false},
              {"dir//file//", "dir", "file", true},
              {"to_dir/new", "dir", "new", false},
              {"dir/..", "dir", "..", false},
              {"./.", ".", ".", false},
              {"up", ".", "up", false},
              {"dir/empty/../x/", "dir", "x", true}};
  for (const auto& row : rows) {
    const auto split = resolve_parent(at(row.path));
    ASSERT_TRUE(split) << row.path;
    EXPECT_EQ(split->parent.stat()->inode,
              open_host_path(outside_ / ("root/" + std::string(row.parent)), {})->stat()->inode);
    EXPECT_EQ(split->name, row.name);
    EXPECT_EQ(split->trailing_slash, row.trailing_slash);
  }
  EXPECT_FAILURE(resolve_parent(at("up/secret")), perm);
  EXPECT_FAILURE(resolve_parent(at("../secret")), perm);
  EXPECT_FAILURE(resolve_parent(at("/")), perm);
  EXPECT_FAILURE(resolve_parent(at("file/x")), notdir);
  EXPECT_FAILURE(resolve_parent(at("none/x")), noent);
  EXPECT_FAILURE(resolve_parent(at("")), noent);
}

TEST_P(beneath, stat_follows_or_keeps_the_last_link) {
  EXPECT_EQ(stat_beneath(at("file"), FinalLink::keep)->size_bytes, 4u);
  EXPECT_EQ(stat_beneath(at("to_file"), FinalLink::follow)->kind, FileKind::regular_file);
  EXPECT_EQ(stat_beneath(at("to_file"), FinalLink::keep)->kind, FileKind::symbolic_link);
  EXPECT_EQ(stat_beneath(at("to_dir/"), FinalLink::keep)->kind, FileKind::directory);
  EXPECT_EQ(stat_beneath(at("secret"), FinalLink::keep)->kind, FileKind::symbolic_link);
  EXPECT_FAILURE(stat_beneath(at("secret"), FinalLink::follow), perm);
  EXPECT_FAILURE(stat_beneath(at("up/"), FinalLink::keep), perm);
  EXPECT_FAILURE(stat_beneath(at("none"), FinalLink::keep), noent);
  EXPECT_FAILURE(stat_beneath(at("file/"), FinalLink::keep), notdir);
}

TEST_P(beneath, times_change_of_the_target_or_of_the_link) {
  const NewTime early{.kind = NewTime::Kind::at, .at_ns = 1'000'000'000'000'000'001};
  const auto time_of = [&](std::string_view path, FinalLink link) {
    return stat_beneath(at(path), link)->modify_time_ns;
  };
  EXPECT_SUCCESS(set_times_beneath(at("to_file"), FinalLink::keep, {}, early));
  EXPECT_EQ(time_of("to_file", FinalLink::keep), early.at_ns);
  EXPECT_NE(time_of("to_file", FinalLink::follow), early.at_ns);
  EXPECT_SUCCESS(set_times_beneath(at("to_file"), FinalLink::follow, {}, early));
  EXPECT_EQ(time_of("dir/file", FinalLink::keep), early.at_ns);
  EXPECT_SUCCESS(set_times_beneath(at("dir/."), FinalLink::keep, {}, early));
  EXPECT_EQ(time_of("dir", FinalLink::keep), early.at_ns);
  EXPECT_FAILURE(set_times_beneath(at("secret"), FinalLink::follow, {}, early), perm);
}

TEST_P(beneath, directories_are_made) {
  EXPECT_SUCCESS(make_directory(at("new")));
  EXPECT_SUCCESS(make_directory(at("to_dir/new/")));
  EXPECT_TRUE(exists("root/new") && exists("root/dir/new"));
  EXPECT_FAILURE(make_directory(at("new")), exist);
  EXPECT_FAILURE(make_directory(at("file")), exist);
  EXPECT_FAILURE(make_directory(at("up")), exist);
  EXPECT_FAILURE(make_directory(at("dir/.")), exist);
  EXPECT_FAILURE(make_directory(at("dir/..")), exist);
  EXPECT_FAILURE(make_directory(at("..")), perm);
  EXPECT_FAILURE(make_directory(at("none/new")), noent);
  EXPECT_FAILURE(make_directory(at("up/new")), perm);
  EXPECT_FALSE(exists("new"));
}

TEST_P(beneath, directories_are_removed) {
  EXPECT_FAILURE(remove_directory(at("dir")), notempty);
  EXPECT_FAILURE(remove_directory(at("dir/empty/.")), inval);
  EXPECT_FAILURE(remove_directory(at("dir/empty/..")), notempty);
  EXPECT_FAILURE(remove_directory(at("dir/empty/../..")), notempty);
  EXPECT_FAILURE(remove_directory(at("..")), perm);
  EXPECT_FAILURE(remove_directory(at("file")), notdir);
  EXPECT_FAILURE(remove_directory(at("to_dir")), notdir);
  EXPECT_FAILURE(remove_directory(at("folder")), notdir);
  EXPECT_FAILURE(remove_directory(at("folder/")), notdir);
  EXPECT_FAILURE(remove_directory(at("up/folder")), perm);
  EXPECT_FAILURE(remove_directory(at("none")), noent);
  EXPECT_SUCCESS(remove_directory(at("to_dir/empty/")));
  EXPECT_FALSE(exists("root/dir/empty"));
  EXPECT_TRUE(exists("folder"));
}

TEST_P(beneath, names_are_unlinked_and_links_not_followed) {
  EXPECT_FAILURE(unlink(at("dir")), isdir);
  EXPECT_FAILURE(unlink(at("dir/")), isdir);
  EXPECT_FAILURE(unlink(at("dir/.")), isdir);
  EXPECT_FAILURE(unlink(at("dir/..")), isdir);
  EXPECT_FAILURE(unlink(at("..")), perm);
  EXPECT_FAILURE(unlink(at("file/")), notdir);
  EXPECT_FAILURE(unlink(at("secret/")), notdir);
  EXPECT_FAILURE(unlink(at("none")), noent);
  EXPECT_FAILURE(unlink(at("none/")), noent);
  EXPECT_FAILURE(unlink(at("up/secret")), perm);
  EXPECT_SUCCESS(unlink(at("secret")));
  EXPECT_SUCCESS(unlink(at("to_dir/file")));
  EXPECT_FALSE(exists("root/secret"));
  EXPECT_FALSE(exists("root/dir/file"));
  EXPECT_TRUE(exists("secret"));
}

TEST_P(beneath, renaming_replaces_and_stays_inside) {
  EXPECT_SUCCESS(rename(at("file"), at("dir/file")));
  EXPECT_EQ(read("root/dir/file"), "file");
  EXPECT_SUCCESS(rename(at("dir/empty/"), at("moved/")));
  EXPECT_TRUE(exists("root/moved"));
  EXPECT_SUCCESS(rename(at("secret"), at("renamed")));
  EXPECT_TRUE(exists("root/renamed"));
  EXPECT_FAILURE(rename(at("dir/file"), at("new/")), notdir);
  EXPECT_FAILURE(rename(at("dir/file/"), at("new")), notdir);
  EXPECT_FAILURE(rename(at("dir/file"), at("moved")), isdir);
  EXPECT_FAILURE(rename(at("moved"), at("dir/file")), notdir);
  EXPECT_FAILURE(rename(at("moved"), at("dir")), notempty);
  EXPECT_FAILURE(rename(at("dir"), at("dir/sub")), inval);
  EXPECT_FAILURE(rename(at("dir/."), at("x")), busy);
  EXPECT_FAILURE(rename(at("moved"), at("dir/..")), busy);
  EXPECT_FAILURE(rename(at("none"), at("x")), noent);
  EXPECT_FAILURE(rename(at("dir/file"), at("../stolen")), perm);
  EXPECT_FAILURE(rename(at("dir/file"), at("up/stolen")), perm);
  EXPECT_FAILURE(rename(at("up/secret"), at("stolen")), perm);
  EXPECT_FAILURE(rename(at(".."), at("stolen")), perm);
  EXPECT_TRUE(exists("secret"));
}

TEST_P(beneath, hard_links_share_the_file_and_follow_nothing) {
  EXPECT_SUCCESS(hard_link(at("file"), at("dir/second")));
  EXPECT_EQ(stat_beneath(at("file"), FinalLink::keep)->link_count, 2u);
  EXPECT_SUCCESS(hard_link(at("secret"), at("second_link")));
  EXPECT_EQ(stat_beneath(at("second_link"), FinalLink::keep)->kind, FileKind::symbolic_link);
  EXPECT_FAILURE(hard_link(at("dir"), at("x")), perm);
  EXPECT_FAILURE(hard_link(at("dir/"), at("x")), perm);
  EXPECT_FAILURE(hard_link(at("dir/.."), at("x")), perm);
  EXPECT_FAILURE(hard_link(at("file/"), at("x")), notdir);
  EXPECT_FAILURE(hard_link(at("secret/"), at("x")), perm);
  EXPECT_FAILURE(hard_link(at("file"), at("dir/file")), exist);
  EXPECT_FAILURE(hard_link(at("file"), at("x/")), noent);
  EXPECT_FAILURE(hard_link(at("file"), at("dir/")), exist);
  EXPECT_FAILURE(hard_link(at("none"), at("x")), noent);
  EXPECT_FAILURE(hard_link(at("up/secret"), at("x")), perm);
  EXPECT_FAILURE(hard_link(at("file"), at("up/x")), perm);
  EXPECT_FALSE(exists("x"));
}

TEST_P(beneath, symbolic_links_hold_their_target_as_it_is) {
  for (const char* target : {"file", "../..", "/etc/passwd", "none/"}) {
    EXPECT_SUCCESS(symbolic_link(target, at("dir/link")));
    EXPECT_EQ(read_link(at("to_dir/link")), target);
    EXPECT_SUCCESS(unlink(at("dir/link")));
  }
  EXPECT_FAILURE(symbolic_link("", at("x")), noent);
  EXPECT_FAILURE(symbolic_link(std::string_view("a\0b", 3), at("x")), inval);
  EXPECT_FAILURE(symbolic_link("x", at("file")), exist);
  EXPECT_FAILURE(symbolic_link("x", at("x/")), noent);
  EXPECT_FAILURE(symbolic_link("x", at("dir/")), exist);
  EXPECT_FAILURE(symbolic_link("x", at(".")), exist);
  EXPECT_FAILURE(symbolic_link("x", at("up/x")), perm);
}

TEST_P(beneath, links_are_read_without_following_them) {
  EXPECT_EQ(read_link(at("secret")), "../secret");
  EXPECT_EQ(read_link(at("to_dir")), "dir");
  EXPECT_FAILURE(read_link(at("file")), inval);
  EXPECT_FAILURE(read_link(at("dir")), inval);
  EXPECT_FAILURE(read_link(at("to_dir/")), inval);
  EXPECT_FAILURE(read_link(at("to_file/")), notdir);
  EXPECT_FAILURE(read_link(at("up/")), perm);
  EXPECT_FAILURE(read_link(at("none")), noent);
  const std::string longest(4095, 'x');
  EXPECT_SUCCESS(symbolic_link(longest, at("long")));
  EXPECT_EQ(read_link(at("long")), longest);
}

}  // namespace
}  // namespace waxwing::platform
