// files WORK FOLDER REPETITIONS: one kind of work on files, so many times. FOLDER has `data` of 64
// MiB and `many` with 10,000 files, as bench/files.py makes them. Prints a checksum.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { data_bytes = 64 << 20, files = 10000 };

static char buffer[1 << 20];
static char path[4096];

static void check(int is_right, const char* what) {
  if (is_right) return;
  perror(what);
  exit(1);
}

static const char* in_folder(const char* folder, const char* name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static uint64_t read_data(const char* folder, size_t size) {
  const int file = open(in_folder(folder, "data"), O_RDONLY);
  check(file >= 0, path);
  uint64_t sum = 0;
  for (ssize_t count; (count = read(file, buffer, size)) != 0;) {
    check(count > 0, "read");
    sum += (uint64_t)count + (uint8_t)buffer[count - 1];
  }
  close(file);
  return sum;
}

static uint64_t write_data(const char* folder, size_t size) {
  const int file = open(in_folder(folder, "written"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  check(file >= 0, path);
  uint64_t sum = 0;
  for (size_t left = data_bytes; left > 0; left -= size) {
    check(write(file, buffer, size) == (ssize_t)size, "write");
    sum += size;
  }
  close(file);
  check(unlink(path) == 0, "unlink");
  return sum;
}

static uint64_t list(const char* folder) {
  DIR* directory = opendir(in_folder(folder, "many"));
  check(directory != NULL, path);
  uint64_t sum = 0;
  for (struct dirent* entry; (entry = readdir(directory));) {
    if (entry->d_name[0] != '.') sum += strlen(entry->d_name) + (uint8_t)entry->d_name[5];
  }
  closedir(directory);
  return sum;
}

static uint64_t open_each(const char* folder) {
  uint64_t sum = 0;
  for (int i = 0; i < files; ++i) {
    snprintf(path, sizeof path, "%s/many/file-%05d", folder, i);
    const int file = open(path, O_RDONLY);
    check(file >= 0, path);
    struct stat status;
    check(fstat(file, &status) == 0, "fstat");
    sum += (uint64_t)status.st_size;
    close(file);
  }
  return sum;
}

static uint64_t stat_each(const char* folder) {
  uint64_t sum = 0;
  for (int i = 0; i < files; ++i) {
    snprintf(path, sizeof path, "%s/many/file-%05d", folder, i);
    struct stat status;
    check(stat(path, &status) == 0, path);
    sum += (uint64_t)status.st_size;
  }
  return sum;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const char *work = argv[1], *folder = argv[2];
  uint64_t sum = 0;
  for (int i = atoi(argv[3]); i > 0; --i) {
    if (!strcmp(work, "read-4k")) sum += read_data(folder, 4096);
    if (!strcmp(work, "read-1m")) sum += read_data(folder, 1 << 20);
    if (!strcmp(work, "write-4k")) sum += write_data(folder, 4096);
    if (!strcmp(work, "write-1m")) sum += write_data(folder, 1 << 20);
    if (!strcmp(work, "readdir")) sum += list(folder);
    if (!strcmp(work, "open")) sum += open_each(folder);
    if (!strcmp(work, "stat")) sum += stat_each(folder);
  }
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}
