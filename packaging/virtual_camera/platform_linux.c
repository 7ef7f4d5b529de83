/* Threads, clocks and files on Linux. */
#ifndef _WIN32
#define _GNU_SOURCE
#include "platform.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void mutex_make(struct mutex *mutex) { pthread_mutex_init(&mutex->native, NULL); }
void mutex_lock(struct mutex *mutex) { pthread_mutex_lock(&mutex->native); }
void mutex_unlock(struct mutex *mutex) { pthread_mutex_unlock(&mutex->native); }

void condition_make(struct condition *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&condition->native, &attributes);
    pthread_condattr_destroy(&attributes);
}

void condition_tell_all(struct condition *condition) { pthread_cond_broadcast(&condition->native); }

void condition_wait(struct condition *condition, struct mutex *mutex, int64_t deadline_ns) {
    if (deadline_ns == FOREVER_NS) {
        pthread_cond_wait(&condition->native, &mutex->native);
        return;
    }
    const struct timespec until = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};
    pthread_cond_timedwait(&condition->native, &mutex->native, &until);
}

struct start {
    void (*work)(void *);
    void *argument;
};

static void *begin(void *given) {
    const struct start start = *(struct start *)given;
    free(given);
    start.work(start.argument);
    return NULL;
}

void thread_start(struct thread *thread, void (*work)(void *), void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) {
        abort();
    }
    *start = (struct start){work, argument};
    if (pthread_create(&thread->native, NULL, begin, start) != 0) {
        abort();
    }
}

void thread_join(struct thread *thread) { pthread_join(thread->native, NULL); }

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void sleep_ns(int64_t duration_ns) {
    struct timespec rest = {duration_ns / NS_PER_S, duration_ns % NS_PER_S};
    while (duration_ns > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

int process_id(void) { return (int)getpid(); }

void environment(const char *name, char *value, size_t size) {
    const char *found = getenv(name);
    snprintf(value, size, "%s", found == NULL ? "" : found);
}

void own_path(char *path, size_t size) {
    /* The address of any object of ours will do. */
    static const char here = 0;
    Dl_info facts;
    const bool known = dladdr(&here, &facts) != 0 && facts.dli_fname != NULL;
    snprintf(path, size, "%s", known ? facts.dli_fname : "CraneVirtual.cti");
}

void make_folder(const char *path) { (void)mkdir(path, 0777); }

int64_t file_size(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? (int64_t)facts.st_size : -1;
}

bool append_to_file(const char *path, const char *text, size_t length) {
    const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return false;
    }
    const bool done = write(file, text, length) == (ssize_t)length;
    close(file);
    return done;
}

bool write_file(const char *path, const char *text, size_t length) {
    FILE *file = fopen(path, "wbe");
    if (file == NULL) {
        return false;
    }
    const bool done = fwrite(text, 1, length, file) == length;
    return fclose(file) == 0 && done;
}

char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rbe");
    const int64_t size = file == NULL ? -1 : file_size(path);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text != NULL) {
        *length = fread(text, 1, (size_t)size, file);
        text[*length] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

void list_folder(const char *path, void (*found)(const char *name, void *context), void *context) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        found(entry->d_name, context);
    }
    closedir(folder);
}

/* Open file description locks: two opens in one process exclude each other too, and a test can look
 * who holds one without taking it. */
static struct flock whole_file(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
}

bool file_lock_take(struct file_lock *lock, const char *path) {
    lock->native = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct flock whole = whole_file();
    if (lock->native >= 0 && fcntl(lock->native, F_OFD_SETLK, &whole) == 0) {
        return true;
    }
    file_lock_release(lock);
    return false;
}

void file_lock_release(struct file_lock *lock) {
    if (lock->native >= 0) {
        close(lock->native);
    }
    lock->native = -1;
}

bool file_lock_is_held(const char *path) {
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    struct flock whole = whole_file();
    const bool held = fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    close(file);
    return held;
}
#else
typedef int not_on_this_system;
#endif
