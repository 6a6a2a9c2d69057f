/* For tools/faults.sh, loaded with LD_PRELOAD: the disk says no, or the process dies, at a call that is counted.
 *
 *   MC_FAULT_AT=N     the N-th call of those below on a regular file; 0 or absent = none
 *   MC_FAULT_KIND     fail: that call fails with "no space left on device"
 *                     full: it and every later write fails so; names can still be changed
 *                     kill: half of what it was to write is written, then the process is killed
 *   MC_FAULT_COUNT=F  at the end the number of calls is written to file F
 *
 * Standard streams are not counted. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long fault_at(void) {
    const char *text = getenv("MC_FAULT_AT");
    return text != NULL ? atol(text) : 0;
}
static int kind_is(const char *kind) {
    const char *text = getenv("MC_FAULT_KIND");
    return strcmp(text != NULL ? text : "fail", kind) == 0;
}
static int counts(int file) {
    struct stat what;
    return file > 2 && fstat(file, &what) == 0 && S_ISREG(what.st_mode);
}

enum answer { go_on, refuse, die };
static enum answer next_call(int writes) {
    const long number = atomic_fetch_add(&calls, 1) + 1;
    const long at = fault_at();
    if (at == 0 || number < at) {
        return go_on;
    }
    if (kind_is("full")) {
        return writes ? refuse : go_on;
    }
    if (number > at) {
        return go_on;
    }
    return kind_is("kill") ? die : refuse;
}
static void end_here(void) {
    kill(getpid(), SIGKILL);
    pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
    if (counts(file)) {
        const enum answer answer = next_call(1);
        if (answer == die) {
            (void)!REAL(write)(file, bytes, count / 2);
            end_here();
        }
        if (answer == refuse) {
            errno = ENOSPC;
            return -1;
        }
    }
    return REAL(write)(file, bytes, count);
}

static ssize_t at_place(ssize_t (*real)(int, const void *, size_t, off64_t), int file, const void *bytes,
                        size_t count, off64_t place) {
    if (counts(file)) {
        const enum answer answer = next_call(1);
        if (answer == die) {
            (void)!real(file, bytes, count / 2, place);
            end_here();
        }
        if (answer == refuse) {
            errno = ENOSPC;
            return -1;
        }
    }
    return real(file, bytes, count, place);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    return at_place(REAL(pwrite64), file, bytes, count, place);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return at_place(REAL(pwrite64), file, bytes, count, place);
}

#define GUARDED(condition, writes, call)   \
    if (condition) {                       \
        const enum answer answer = next_call(writes); \
        if (answer == die) {               \
            end_here();                    \
        }                                  \
        if (answer == refuse) {            \
            errno = ENOSPC;                \
            return -1;                     \
        }                                  \
    }                                      \
    return call

ssize_t writev(int file, const struct iovec *parts, int count) {
    GUARDED(counts(file), 1, REAL(writev)(file, parts, count));
}
int fsync(int file) {
    GUARDED(file > 2, 0, REAL(fsync)(file));
}
int fdatasync(int file) {
    GUARDED(file > 2, 0, REAL(fdatasync)(file));
}
int rename(const char *from, const char *to) {
    GUARDED(1, 0, REAL(rename)(from, to));
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
    GUARDED(1, 0, REAL(renameat2)(from_folder, from, to_folder, to, flags));
}
int link(const char *from, const char *to) {
    GUARDED(1, 0, REAL(link)(from, to));
}

__attribute__((destructor)) static void write_count(void) {
    const char *path = getenv("MC_FAULT_COUNT");
    if (path != NULL) {
        FILE *out = fopen(path, "w");
        if (out != NULL) {
            fprintf(out, "%ld\n", atomic_load(&calls));
            fclose(out);
        }
    }
}
