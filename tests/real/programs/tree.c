// tree COUNT [clean]: what a version control system does to its files: makes COUNT small ones in
// nested directories, lists, stats, reads, renames and deletes them, and checks each. Leaves every
// tenth one, or with `clean` nothing.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int is_right, const char* what, const char* path) {
  if (is_right) return;
  printf("%s %s: %s\n", what, path, strerror(errno));
  exit(1);
}

static uint32_t hash(const char* text, size_t size) {
  uint32_t value = 2166136261;
  for (size_t i = 0; i < size; ++i) value = (value ^ (uint8_t)text[i]) * 16777619;
  return value;
}

/// Where object `number` lies: two levels of directories, by its hash.
static void name_object(char* path, const char* root, unsigned number) {
  const uint32_t id = hash((const char*)&number, sizeof number);
  sprintf(path, "%s/%02x/%01x/%06x-%u", root, id >> 24, id >> 20 & 3, id & 0xffffff, number);
}

static int contents(char* text, unsigned number) {
  const int head = sprintf(text, "object %u\n", number);
  const int size = head + (int)(number % 300);
  memset(text + head, 'a' + (int)(number % 26), (size_t)(size - head));
  return size;
}

static void make_directory(const char* path) {
  check(mkdir(path, 0777) == 0 || errno == EEXIST, "mkdir", path);
}

static void make_parents(const char* path) {
  char parent[128];
  for (const char* slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    make_directory(parent);
  }
}

static void create(const char* root, unsigned count) {
  char path[128], text[512];
  for (unsigned i = 0; i < count; ++i) {
    name_object(path, root, i);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0 && errno == ENOENT) {
      make_parents(path);
      file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    }
    check(file >= 0, "create", path);
    const int size = contents(text, i);
    check(write(file, text, (size_t)size) == size, "write", path);
    check(close(file) == 0, "close", path);
  }
}

struct Totals {
  unsigned files, directories, names;
  long bytes;
};

static void visit(const char* path, struct Totals* totals, int removes) {
  DIR* directory = opendir(path);
  check(directory != NULL, "opendir", path);
  for (struct dirent* entry; (errno = 0, entry = readdir(directory));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char inner[300];
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    struct stat status;
    check(lstat(inner, &status) == 0, "lstat", inner);
    totals->names += hash(entry->d_name, strlen(entry->d_name));
    if (S_ISDIR(status.st_mode)) {
      ++totals->directories;
      check(entry->d_type == DT_DIR, "d_type", inner);
      visit(inner, totals, removes);
      if (removes) check(rmdir(inner) == 0, "rmdir", inner);
    } else {
      ++totals->files;
      totals->bytes += (long)status.st_size;
      if (removes) check(unlink(inner) == 0, "unlink", inner);
    }
  }
  check(errno == 0, "readdir", path);
  closedir(directory);
}

static void list(const char* what, const char* path) {
  struct Totals totals = {0, 0, 0, 0};
  visit(path, &totals, 0);
  printf("%s: %u files of %ld bytes in %u directories, names %08x\n", what, totals.files,
         totals.bytes, totals.directories, totals.names);
}

static void read_all(const char* root, unsigned count) {
  char path[128], text[512], expected[512];
  for (unsigned i = 0; i < count; ++i) {
    name_object(path, root, i);
    const int file = open(path, O_RDONLY);
    check(file >= 0, "open", path);
    const int size = contents(expected, i);
    check(read(file, text, sizeof text) == size && !memcmp(text, expected, (size_t)size), "read",
          path);
    close(file);
  }
}

/// Each third to another tree, over a file that is there for every ninth.
static void rename_some(unsigned count) {
  char from[128], to[128];
  for (unsigned i = 0; i < count; i += 3) {
    name_object(from, "objects", i);
    name_object(to, "packed", i);
    make_parents(to);
    if (i % 9 == 0) close(open(to, O_WRONLY | O_CREAT, 0666));
    check(rename(from, to) == 0, "rename", from);
    struct stat status;
    check(stat(from, &status) < 0 && errno == ENOENT, "is still there", from);
  }
}

static void remove_some(unsigned count) {
  char path[128];
  for (unsigned i = 0; i < count; ++i) {
    if (i % 10 == 0) continue;
    name_object(path, i % 3 == 0 ? "packed" : "objects", i);
    check(unlink(path) == 0, "unlink", path);
  }
}

int main(int argc, char** argv) {
  const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
  make_directory("packed");
  create("objects", count);
  list("made", "objects");
  read_all("objects", count);
  rename_some(count);
  list("objects", "objects");
  list("packed", "packed");
  if (argc > 2) {  // while it is listed
    struct Totals totals = {0, 0, 0, 0};
    visit("objects", &totals, 1);
    visit("packed", &totals, 1);
    check(totals.files == count && !rmdir("objects") && !rmdir("packed"), "not all is gone", "");
    printf("left: nothing\n");
  } else {
    remove_some(count);
    list("left of objects", "objects");
    list("left of packed", "packed");
  }
  return 0;
}
