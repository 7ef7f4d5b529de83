/* Makes the disk fail: the n-th call that changes or opens something below a folder, and so many after it.
 *
 * Preloaded into a process, it stands in the place of the C library's own functions, below Python and SQLite.
 * crane_fault_arm(folder, n, errno, many) starts to count; crane_fault_disarm() ends it and returns how many calls it
 * counted. What is done to pictures is counted too: how many got their final name, how many were deleted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

static char folder[PATH_MAX];
static size_t folder_length;
static long at = -1, many, counted, fired, named, deleted;
static int error_number;
static char last[64];

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    return found;
}

void crane_fault_arm(const char *below, long n, int number, long how_many)
{
    snprintf(folder, sizeof folder, "%s", below);
    folder_length = strlen(folder);
    counted = fired = 0;
    error_number = number;
    many = how_many;
    last[0] = 0;
    at = n;
}

long crane_fault_disarm(void)
{
    at = -1;
    return counted;
}

long crane_fault_fired(void) { return fired; }
const char *crane_fault_last(void) { return last; }
long crane_fault_named(void) { return named; }
long crane_fault_deleted(void) { return deleted; }

static int is_below(const char *path)
{
    return folder_length > 0 && path != NULL && strncmp(path, folder, folder_length) == 0;
}

/* A picture by its final name; one that is being written begins with a dot. */
static int is_picture(const char *path)
{
    const char *name = strrchr(path, '/');
    size_t length = strlen(path);

    return is_below(path) && length > 4 && strcmp(path + length - 4, ".png") == 0 && name != NULL && name[1] != '.';
}

/* 1 where this call must fail now. */
static int fails(const char *what, const char *path)
{
    if (at < 0 || !is_below(path))
        return 0;
    counted++;
    if (counted < at || counted >= at + many)
        return 0;
    if (fired++ == 0)
        snprintf(last, sizeof last, "%s %s", what, strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1);
    errno = error_number;
    return 1;
}

static int fails_on(const char *what, int handle)
{
    char link[64], path[PATH_MAX];
    ssize_t length;

    if (at < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return fails(what, path);
}

#define OPENS(name)                                                                                                    \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list more;                                                                                                  \
        mode_t mode = 0;                                                                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                           \
            va_start(more, flags);                                                                                     \
            mode = va_arg(more, mode_t);                                                                               \
            va_end(more);                                                                                              \
        }                                                                                                              \
        return fails("open", path) ? -1 : REAL(name)(path, flags, mode);                                               \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                                                 \
    int name(int from, const char *path, int flags, ...)                                                               \
    {                                                                                                                  \
        va_list more;                                                                                                  \
        mode_t mode = 0;                                                                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                           \
            va_start(more, flags);                                                                                     \
            mode = va_arg(more, mode_t);                                                                               \
            va_end(more);                                                                                              \
        }                                                                                                              \
        return fails("open", path) ? -1 : REAL(name)(from, path, flags, mode);                                         \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

ssize_t write(int handle, const void *bytes, size_t count)
{
    return fails_on("write", handle) ? -1 : REAL(write)(handle, bytes, count);
}

ssize_t pwrite(int handle, const void *bytes, size_t count, off_t place)
{
    return fails_on("write", handle) ? -1 : REAL(pwrite)(handle, bytes, count, place);
}

ssize_t pwrite64(int handle, const void *bytes, size_t count, off64_t place)
{
    return fails_on("write", handle) ? -1 : REAL(pwrite64)(handle, bytes, count, place);
}

int fsync(int handle) { return fails_on("sync", handle) ? -1 : REAL(fsync)(handle); }
int fdatasync(int handle) { return fails_on("sync", handle) ? -1 : REAL(fdatasync)(handle); }
int ftruncate(int handle, off_t length) { return fails_on("truncate", handle) ? -1 : REAL(ftruncate)(handle, length); }

int ftruncate64(int handle, off64_t length)
{
    return fails_on("truncate", handle) ? -1 : REAL(ftruncate64)(handle, length);
}

static int renamed(int result, const char *from, const char *to)
{
    if (result == 0 && is_picture(to) && !is_picture(from))
        named++;
    return result;
}

int rename(const char *from, const char *to)
{
    return fails("rename", to) ? -1 : renamed(REAL(rename)(from, to), from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return fails("rename", to) ? -1 : renamed(REAL(renameat)(from_folder, from, to_folder, to), from, to);
}

static int unlinked(int result, const char *path)
{
    if (result == 0 && is_picture(path))
        deleted++;
    return result;
}

int unlink(const char *path) { return fails("unlink", path) ? -1 : unlinked(REAL(unlink)(path), path); }

int unlinkat(int from, const char *path, int flags)
{
    return fails("unlink", path) ? -1 : unlinked(REAL(unlinkat)(from, path, flags), path);
}
