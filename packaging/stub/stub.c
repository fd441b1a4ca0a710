/* The entry stub of Dunlin's Linux executables (README.md beside this file): code in a segment of
 * its own that the dynamic linker calls instead of the runtime's entry.
 * 1. It chooses the folder of the cache and sets four variables by libc's setenv, whose address
 *    the linker has written for the runtime.
 * 2. It inserts the runtime's arguments behind argv[0], on a new top of the stack, and jumps to the
 *    runtime's entry. The kernel's copy stays: "ps" shows the command line that the user typed.
 * No other use of libc, no writable data, no relocations. */
#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

typedef unsigned long word;
/* Written behind the code by packaging/executable.ts. */
extern const struct {
  word entry;   /* the runtime's, as a distance from this appendix */
  word setenv;  /* the place of the address of setenv, likewise */
  word count;   /* of arguments */
  char texts[]; /* each ends with 0: the name of this build, then the arguments */
} appendix __attribute__((visibility("hidden")));

enum { ROOM = 2048, X_OK = 1, W_OK = 2, R_OK = 4 }; /* a path with its 0; of faccessat */

/* The owners that a folder may have if its JavaScript is to be run. */
enum trust {
  ANY,  /* the operator named this very folder */
  SAFE, /* this user or root, and no other user may write */
  OWN,  /* this user, and no symbolic link: /tmp is open to all */
};

#if defined(__x86_64__)
static long call(long number, word a, word b, word c, word d, word e) {
  register word r10 __asm__("r10") = d, r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "+a"(number)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return number;
}
#define ENTER(stack, at_exit, entry) \
  __asm__ volatile("mov %%rdi, %%rsp\n xor %%ebp, %%ebp\n jmp *%%rax" \
                   ::"D"(stack), "d"(at_exit), "a"(entry) : "memory")
__asm__(".section .text.start, \"ax\"\n.globl _start\n_start: endbr64\n xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n mov %rdx, %rsi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
static long call(long number, word a, word b, word c, word d, word e) {
  register word x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
#define ENTER(stack, at_exit, entry) \
  __asm__ volatile("mov x0, %1\n mov x16, %2\n mov sp, %0\n mov x29, #0\n mov x30, #0\n br x16" \
                   ::"r"(stack), "r"(at_exit), "r"(entry) : "x0", "x16", "memory")
__asm__(".section .text.start, \"ax\"\n.globl _start\n_start: hint #38\n" /* bti jc */
        "mov x1, x0\n mov x0, sp\n bl start\n");
#endif

static word length_of(const char *text) {
  word length = 0;
  while (text[length]) length++;
  return length;
}

static int begins(const char *text, const char *start) {
  while (*start) if (*text++ != *start++) return 0;
  return 1;
}

/* The value of the variable `name`, which ends with "="; null if it is empty. */
static const char *value_of(char **environment, const char *name) {
  for (; *environment; environment++)
    if (begins(*environment, name)) {
      const char *value = *environment + length_of(name);
      return *value ? value : 0;
    }
  return 0;
}

/* Writes `text` up to `end` or its 0 to path[at]; returns where it ends, ROOM - 1 at most. */
static word append(char *path, word at, const char *text, char end) {
  while (*text && *text != end && at < ROOM - 1) path[at++] = *text++;
  path[at] = 0;
  return at;
}

static void make(const char *folder) { call(__NR_mkdirat, AT_FDCWD, (word)folder, 0700, 0, 0); }
static int may(const char *path, word rights) {
  return call(__NR_faccessat, AT_FDCWD, (word)path, rights, 0, 0) == 0;
}

static int is_trusted(const char *folder, enum trust trust) {
  struct statx found;
  word flags = trust == OWN ? AT_SYMLINK_NOFOLLOW : 0, mask = STATX_TYPE | STATX_MODE | STATX_UID;
  if (trust == ANY) return 1;
  if (call(__NR_statx, AT_FDCWD, (word)folder, flags, mask, (word)&found)) return 0;
  if ((found.stx_mode & 0170000) != 0040000 || found.stx_mode & 022) return 0;
  return found.stx_uid == call(__NR_geteuid, 0, 0, 0, 0, 0) || (trust == SAFE && !found.stx_uid);
}

/* Makes `path` this build's folder in the cache `base` + `tail`: makes all folders behind `base`.
 * Returns whether the program is in it already, or can be unpacked to it. */
static int take(char *path, const char *base, const char *tail, char end, enum trust trust) {
  if (!base) return 0;
  word start = append(path, 0, base, 0), at = append(path, start, tail, end);
  for (word i = start + 1; i <= at; i++) {
    char kept = path[i];
    if (kept && kept != '/') continue;
    path[i] = 0;
    make(path);
    path[i] = kept;
  }
  if (!is_trusted(path, trust)) return 0;
  at = append(path, append(path, at, "/", 0), appendix.texts, 0);
  make(path);
  if (may(path, W_OK | X_OK)) return at < ROOM - 1;
  append(path, at, "/app", 0);
  int is_there = may(path, R_OK | X_OK);
  path[at] = 0;
  return is_there;
}

/* Writes the folder of the cache to `path`; returns whether there is one. */
static int choose(char *path, char **environment) {
  char own[32] = "/dunlin-", *digit = own + 31;
  word user = call(__NR_geteuid, 0, 0, 0, 0, 0);
  do *--digit = '0' + user % 10; while (user /= 10);
  append(own, 8, digit, 0);
  const char *named = value_of(environment, "DUNLIN_CACHE=");
  const char *service = value_of(environment, "CACHE_DIRECTORY="); /* by systemd: a:b:c */
  const char *temporary = value_of(environment, "TMPDIR=");
  return (named && take(path, "", named, 0, ANY)) ||
         (service && take(path, "", service, ':', ANY)) ||
         take(path, value_of(environment, "XDG_CACHE_HOME="), "/dunlin", 0, SAFE) ||
         take(path, value_of(environment, "HOME="), "/.cache/dunlin", 0, SAFE) ||
         take(path, "/var/cache", "/dunlin", 0, SAFE) ||
         take(path, temporary ? temporary : "/tmp", own, 0, OWN);
}

static __attribute__((noreturn)) void fail(const char *message) {
  call(__NR_write, 2, (word)message, length_of(message), 0, 0);
  for (;;) call(__NR_exit_group, 1, 0, 0, 0, 0);
}

/* Reads the begin of a file without its last "\n"; "" where it cannot be read. */
static long read_file(const char *path, char *bytes, word size) {
  long file = call(__NR_openat, AT_FDCWD, (word)path, 0, 0, 0);
  long count = file < 0 ? 0 : call(__NR_read, file, (word)bytes, size - 1, 0, 0);
  if (file >= 0) call(__NR_close, file, 0, 0, 0, 0);
  if (count > 0 && bytes[count - 1] == '\n') count--;
  bytes[count < 0 ? 0 : count] = 0;
  return count;
}

/* Reads the memory limit of this process's control group, version 2, or that of a container. */
static void read_limit(char *limit, word size) {
  char group[ROOM - 64], path[ROOM];
  word at = append(path, 0, "/sys/fs/cgroup", 0), end = at;
  if (read_file("/proc/self/cgroup", group, sizeof group) && begins(group, "0::/"))
    end = append(path, at, group + 3, '\n');
  append(path, end, "/memory.max", 0);
  if (read_file(path, limit, size) > 0) return;
  append(path, at, "/memory.max", 0);
  read_file(path, limit, size);
}

typedef int set(const char *name, const char *value, int replaces);
static void set_up(char **environment) {
  char folder[ROOM], boot[40], limit[40];
  if (!choose(folder, environment))
    fail("dunlin: no folder to unpack the program to; "
         "set DUNLIN_CACHE to one that this user can write\n");
  set *setenv = *(set **)((word)&appendix + appendix.setenv);
  setenv("DENO_DIR", folder, 1);
  setenv("DENO_NO_UPDATE_CHECK", "1", 1);
  /* The runtime lets no program read /proc and /sys that may not start programs. */
  read_file("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  setenv("DUNLIN_BOOT_ID", boot, 1);
  read_limit(limit, sizeof limit);
  setenv("DUNLIN_MEMORY_MAX", limit, 1);
}

/* `stack` is the kernel's: argc, argv, 0, environment, 0, auxiliary vector. `at_exit` is for libc. */
__attribute__((used, noreturn)) void start(word *stack, void *at_exit) {
  word argc = stack[0], *end = stack + argc + 2;
  if (argc == 0) fail("dunlin: started without a name, argv[0]\n");
  while (*end++) {}
  while (*end != AT_NULL) end += 2;
  end += 2;
  set_up((char **)stack + argc + 2);

  word room[(end - stack) + appendix.count + 2];
  word *fresh = (word *)(((word)room + 15) & ~15UL), *to = fresh;
  const char *text = appendix.texts;
  *to++ = argc + appendix.count;
  *to++ = stack[1];
  for (word i = 0; i < appendix.count; i++) *to++ = (word)(text += length_of(text) + 1);
  for (word *from = stack + 2; from < end; from++) *to++ = *from;
  ENTER(fresh, at_exit, (word)&appendix + appendix.entry);
  __builtin_unreachable();
}
