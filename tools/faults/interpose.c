// Loaded in front of the C library (LD_PRELOAD): counts the calls by which a program changes files, and at the one whose
// number $FAULT_CALL says does what $FAULT_ACTION says:
//   kill-before, kill-after   the process ends there, as by SIGKILL
//   ENOSPC, EIO, ...          a number: the call fails with this errno; with $FAULT_FOREVER=1, all later ones too
//   $FAULT_CREATION=1         only calls that make a file or a folder count: a disk without inodes
// $FAULT_COUNT: a file that gets the number of calls at the end.
// What the C library does inside itself (fopen) is not seen; the files of a run are written by the calls below.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long counted, wanted;
static int error_number, forever, only_creation, kills_before, kills_after;

static void end(void) { kill(getpid(), SIGKILL); }

__attribute__((constructor)) static void read_environment(void) {
    const char* call = getenv("FAULT_CALL");
    const char* action = getenv("FAULT_ACTION");
    wanted = call ? atol(call) : 0;
    kills_before = action && strcmp(action, "kill-before") == 0;
    kills_after = action && strcmp(action, "kill-after") == 0;
    error_number = action ? atoi(action) : 0;
    forever = getenv("FAULT_FOREVER") != NULL;
    only_creation = getenv("FAULT_CREATION") != NULL;
}

__attribute__((destructor)) static void write_count(void) {
    const char* path = getenv("FAULT_COUNT");
    if (!path) return;
    FILE* file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", counted);
    fclose(file);
}

enum kind { change, creation };

/// Whether the call under way fails.
static int begins(enum kind kind) {
    if (only_creation && kind != creation) return 0;
    const long number = __sync_add_and_fetch(&counted, 1);
    if (number == wanted && kills_before) end();
    if (error_number == 0 || wanted == 0 || number < wanted || (number > wanted && !forever)) return 0;
    errno = error_number;
    return 1;
}

static void ends(void) {
    if (kills_after && counted == wanted) end();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// Streams are what a terminal sees, not what a run keeps.
static int is_stream(int file) { return file >= 0 && file <= 2; }

static int creates(int flags) { return (flags & O_CREAT) != 0; }

int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = creates(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (creates(flags) && begins(creation)) return -1;
    const int result = NEXT(open)(path, flags, mode);
    if (creates(flags)) ends();
    return result;
}

int open64(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = creates(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open(path, flags, mode);
}

#define CALL(result_type, name, parameters, arguments, kind, applies) \
    result_type name parameters {                                     \
        if (!(applies)) return NEXT(name) arguments;                  \
        if (begins(kind)) return -1;                                  \
        const result_type result = NEXT(name) arguments;              \
        ends();                                                       \
        return result;                                                \
    }

CALL(ssize_t, write, (int file, const void* data, size_t size), (file, data, size), change, !is_stream(file))
CALL(ssize_t, pwrite, (int file, const void* data, size_t size, off_t at), (file, data, size, at), change, 1)
CALL(ssize_t, pwrite64, (int file, const void* data, size_t size, off64_t at), (file, data, size, at), change, 1)
CALL(int, fsync, (int file), (file), change, 1)
CALL(int, fdatasync, (int file), (file), change, 1)
CALL(int, ftruncate, (int file, off_t size), (file, size), change, 1)
CALL(int, ftruncate64, (int file, off64_t size), (file, size), change, 1)
CALL(int, rename, (const char* from, const char* to), (from, to), change, 1)
CALL(int, unlink, (const char* path), (path), change, 1)
CALL(int, mkdir, (const char* path, mode_t mode), (path, mode), creation, 1)
