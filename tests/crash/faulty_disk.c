// Lets a process meet errors of its disk: preloaded, it has reads, writes and
// syncs of some files fail as long as a switch says so.
//
//   cc -shared -fPIC -O1 -o faulty_disk.so tests/crash/faulty_disk.c
//   FAULTY_PREFIX=/path/store FAULTY_SWITCH=/path/switch LD_PRELOAD=... program
//
// FAULTY_PREFIX begins the paths of the files that it is about. FAULTY_SWITCH
// is a file of one byte, mapped by all: of 100 calls so many fail with EIO, at
// once or, for writes, when half of the bytes are written. Of 100 pages so many
// cannot be read, always the same ones: a disk loses sectors.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static const volatile unsigned char *percent;
static const char *prefix;
static unsigned state;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTY_SWITCH");
  prefix = getenv("FAULTY_PREFIX");
  state = (unsigned)getpid() * 2654435761u;
  if (path == NULL || prefix == NULL) return;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void *at = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) percent = at;
  close(fd);
}

// Whether `fd` is a file that fails now.
static int is_bad(int fd) {
  if (percent == NULL || *percent == 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, prefix, strlen(prefix)) == 0;
}

// Whether a call on `fd` fails now.
static int fails(int fd) {
  if (!is_bad(fd)) return 0;
  state = state * 1664525u + 1013904223u;
  if ((state >> 16) % 100 >= *percent) return 0;
  errno = EIO;
  return 1;
}

// Whether the page at the offset `at` of `fd` cannot be read now.
static int is_lost(int fd, off64_t at) {
  if (!is_bad(fd)) return 0;
  unsigned page = ((unsigned)(at / 4096) + (unsigned)getpid()) * 2654435761u;
  if ((page >> 16) % 100 >= *percent) return 0;
  errno = EIO;
  return 1;
}

#define REAL(name, type) \
  static type real; \
  if (real == NULL) real = (type)dlsym(RTLD_NEXT, #name)

typedef int (*sync_call)(int);
typedef ssize_t (*read_call)(int, void *, size_t);
typedef ssize_t (*pread_call)(int, void *, size_t, off64_t);
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off64_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef int (*truncate_call)(int, off64_t);

int fsync(int fd) {
  REAL(fsync, sync_call);
  return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync, sync_call);
  return fails(fd) ? -1 : real(fd);
}

ssize_t read(int fd, void *bytes, size_t count) {
  REAL(read, read_call);
  return is_lost(fd, lseek64(fd, 0, SEEK_CUR)) ? -1 : real(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t at) {
  REAL(pread, pread_call);
  return is_lost(fd, at) ? -1 : real(fd, bytes, count, at);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
  REAL(pread64, pread_call);
  return is_lost(fd, at) ? -1 : real(fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(write, write_call);
  if (!fails(fd)) return real(fd, bytes, count);
  if (state & 0x10000) real(fd, bytes, count / 2);
  errno = EIO;
  return -1;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev, writev_call);
  return fails(fd) ? -1 : real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  REAL(pwrite, pwrite_call);
  if (!fails(fd)) return real(fd, bytes, count, at);
  if (state & 0x10000) real(fd, bytes, count / 2, at);
  errno = EIO;
  return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  REAL(pwrite64, pwrite_call);
  if (!fails(fd)) return real(fd, bytes, count, at);
  if (state & 0x10000) real(fd, bytes, count / 2, at);
  errno = EIO;
  return -1;
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate, truncate_call);
  return fails(fd) ? -1 : real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64, truncate_call);
  return fails(fd) ? -1 : real(fd, length);
}
