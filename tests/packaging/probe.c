/* Prints what a program is started with: arguments, environment, and whether
 * the auxiliary vector and atexit work. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static void end(void) { puts("end"); }

int main(int argc, char **argv) {
  atexit(end);
  setenv("OWN", "1", 1);
  for (int i = 0; i < argc; i++) printf("arg %s\n", argv[i]);
  if (argv[argc]) return 2;
  for (char **one = environ; *one; one++) printf("env %s\n", *one);
  printf("page %ld\n", getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE));
  return 7;
}
