/* Threads, clocks and files, the same on Linux and Windows. */
#ifndef CRANE_PLATFORM_H
#define CRANE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
/* What SRWLOCK, CONDITION_VARIABLE and HANDLE are: a pointer each. <windows.h> stays out of the other files. */
struct mutex {
    void *native;
};
struct condition {
    void *native;
};
struct thread {
    void *native;
};
struct file_lock {
    void *native;
};
#define THREAD_LOCAL __thread
#else
#include <pthread.h>
struct mutex {
    pthread_mutex_t native;
};
struct condition {
    pthread_cond_t native;
};
struct thread {
    pthread_t native;
};
struct file_lock {
    int native;
};
#define THREAD_LOCAL _Thread_local
#endif

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define FOREVER_NS INT64_MAX

void mutex_make(struct mutex *mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

void condition_make(struct condition *condition);
void condition_tell_all(struct condition *condition);
/* Waits until told or until `deadline_ns` on the clock of `now_ns`; may wake early. */
void condition_wait(struct condition *condition, struct mutex *mutex, int64_t deadline_ns);

void thread_start(struct thread *thread, void (*work)(void *), void *argument);
void thread_join(struct thread *thread);

/* Monotonic time; on Linux the clock of Python's time.monotonic_ns(). */
int64_t now_ns(void);
void sleep_ns(int64_t duration_ns);
int process_id(void);
/* An environment variable in UTF-8, "" where it is not set. */
void environment(const char *name, char *value, size_t size);
/* The file of this producer. */
void own_path(char *path, size_t size);

void make_folder(const char *path);
int64_t file_size(const char *path); /* -1 where there is none */
/* Appends in one write: lines of several processes do not mix. */
bool append_to_file(const char *path, const char *text, size_t length);
/* Returns the whole file, ended by a NUL that `*length` does not count, to be freed; NULL where there is none. */
char *read_file(const char *path, size_t *length);
bool write_file(const char *path, const char *text, size_t length);
/* Calls `found` with the name of each plain entry of a folder. */
void list_folder(const char *path, void (*found)(const char *name, void *context), void *context);

/* A lock that the system takes away from a process that dies. */
bool file_lock_take(struct file_lock *lock, const char *path);
void file_lock_release(struct file_lock *lock);
bool file_lock_is_held(const char *path);

#endif
