// Files and directories: what a program does to them, and what it is told where that fails.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char* error_name(void) {
  switch (errno) {
    case 0: return "none";
    case ENOENT: return "ENOENT";
    case EEXIST: return "EEXIST";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EISDIR: return "EISDIR";
    case ENOTDIR: return "ENOTDIR";
    case EBADF: return "EBADF";
    case EINVAL: return "EINVAL";
    default: return "another";
  }
}

static void report(const char* what, long result) {
  printf("%s: %ld %s\n", what, result, result < 0 ? error_name() : "ok");
  errno = 0;
}

static void show(const char* path) {
  char text[256];
  FILE* file = fopen(path, "r");
  if (!file) {
    report(path, -1);
    return;
  }
  const size_t size = fread(text, 1, sizeof text, file);
  printf("%s holds %zu bytes: ", path, size);
  for (size_t i = 0; i < size; ++i)
    printf(text[i] >= ' ' && text[i] <= '~' ? "%c" : "<%02x>", (unsigned char)text[i]);
  printf("\n");
  fclose(file);
}

static void show_status(const char* path) {
  struct stat status;
  if (stat(path, &status) < 0) {
    report(path, -1);
    return;
  }
  const char* kind = S_ISDIR(status.st_mode)   ? "directory"
                     : S_ISREG(status.st_mode) ? "file"
                                               : "another";
  printf("%s is a %s", path, kind);
  if (S_ISREG(status.st_mode)) printf(" of %ld bytes", (long)status.st_size);
  printf(", %s\n", status.st_mtime > 1000000000 ? "recent" : "old");
}

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static void list(const char* path) {
  char* names[64];
  size_t count = 0;
  DIR* directory = opendir(path);
  if (!directory) {
    report(path, -1);
    return;
  }
  for (struct dirent* entry; count < 64 && (entry = readdir(directory));)
    names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, by_name);
  printf("%s:", path);
  for (size_t i = 0; i < count; ++i) {
    printf(" %s", names[i]);
    free(names[i]);
  }
  printf("\n");
}

static void use_descriptors(void) {
  char text[16] = {0};
  const int file = open("numbers", O_RDWR | O_CREAT | O_EXCL, 0644);
  report("write", write(file, "0123456789", 10));
  report("lseek to 4", (long)lseek(file, 4, SEEK_SET));
  report("read", read(file, text, 3));
  printf("read %s\n", text);
  report("lseek by -2", (long)lseek(file, -2, SEEK_CUR));
  report("write", write(file, "xy", 2));
  report("lseek from the end", (long)lseek(file, -1, SEEK_END));
  report("lseek before the start", (long)lseek(file, -100, SEEK_SET));
  report("pread", pread(file, text, 5, 2));
  printf("read %s\n", text);
  report("pwrite behind the end", pwrite(file, "end", 3, 14));
  report("ftruncate", ftruncate(file, 16));
  report("fsync", fsync(file));
  report("close", close(file));
  report("write to a closed file", write(file, "x", 1));
  show("numbers");
  report("open what exists", open("numbers", O_RDWR | O_CREAT | O_EXCL, 0644));
  const int more = open("numbers", O_WRONLY | O_APPEND);
  report("append", write(more, "!", 1));
  report("read from a file for writing", read(more, text, 1));
  close(more);
  show("numbers");
  close(open("numbers", O_WRONLY | O_TRUNC));
  show("numbers");
}

static void use_streams(void) {
  FILE* file = fopen("poem", "w");
  for (int i = 1; i <= 3; ++i) fprintf(file, "line %d\n", i);
  fclose(file);
  file = fopen("poem", "r+");
  char line[32];
  report("fseek", fseek(file, 7, SEEK_SET));
  printf("%s", fgets(line, sizeof line, file));
  printf("at %ld\n", ftell(file));
  fseek(file, 0, SEEK_END);
  fputs("line 4\n", file);
  rewind(file);
  int count = 0;
  while (fgets(line, sizeof line, file)) ++count;
  printf("%d lines\n", count);
  fclose(file);
}

int main(void) {
  use_descriptors();
  use_streams();
  report("mkdir", mkdir("folder", 0755));
  report("mkdir again", mkdir("folder", 0755));
  report("mkdir below nothing", mkdir("nothing/folder", 0755));
  report("rename", rename("poem", "folder/verse"));
  report("rename nothing", rename("nothing", "something"));
  show("folder/verse");
  show_status("folder/verse");
  show_status("folder");
  show_status("poem");
  list(".");
  list("folder");
  list("nothing");
  report("rmdir", rmdir("folder"));
  report("rmdir of a file", rmdir("numbers"));
  report("unlink", unlink("folder/verse"));
  report("unlink again", unlink("folder/verse"));
  report("rmdir", rmdir("folder"));
  report("open a directory for writing", open(".", O_WRONLY));
  report("open below a file", open("numbers/x", O_RDONLY));
  list(".");
  show("given/text");
  return 0;
}
