/* Threads, clocks and files on Windows: KERNEL32 only. winpthreads is not used because its condition
 * variables ignore the monotonic clock. Paths are UTF-8. */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "platform.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_UNITS = 1024 };

static const wchar_t *wide(const char *path, wchar_t *room) {
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, room, PATH_UNITS) == 0) {
        room[0] = L'\0';
    }
    return room;
}

static SRWLOCK *lock_of(struct mutex *mutex) { return (SRWLOCK *)&mutex->native; }
static CONDITION_VARIABLE *variable_of(struct condition *condition) {
    return (CONDITION_VARIABLE *)&condition->native;
}

void mutex_make(struct mutex *mutex) { InitializeSRWLock(lock_of(mutex)); }
void mutex_lock(struct mutex *mutex) { AcquireSRWLockExclusive(lock_of(mutex)); }
void mutex_unlock(struct mutex *mutex) { ReleaseSRWLockExclusive(lock_of(mutex)); }

void condition_make(struct condition *condition) { InitializeConditionVariable(variable_of(condition)); }
void condition_tell_all(struct condition *condition) { WakeAllConditionVariable(variable_of(condition)); }

void condition_wait(struct condition *condition, struct mutex *mutex, int64_t deadline_ns) {
    DWORD wait_ms = INFINITE;
    if (deadline_ns != FOREVER_NS) {
        const int64_t left_ns = deadline_ns - now_ns();
        wait_ms = left_ns <= 0 ? 0 : (DWORD)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
    }
    SleepConditionVariableSRW(variable_of(condition), lock_of(mutex), wait_ms, 0);
}

struct start {
    void (*work)(void *);
    void *argument;
};

static DWORD WINAPI begin(void *given) {
    const struct start start = *(struct start *)given;
    free(given);
    start.work(start.argument);
    return 0;
}

void thread_start(struct thread *thread, void (*work)(void *), void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) {
        abort();
    }
    *start = (struct start){work, argument};
    thread->native = CreateThread(NULL, 0, begin, start, 0, NULL);
    if (thread->native == NULL) {
        abort();
    }
}

void thread_join(struct thread *thread) {
    WaitForSingleObject(thread->native, INFINITE);
    CloseHandle(thread->native);
}

int64_t now_ns(void) {
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    const int64_t whole_s = ticks.QuadPart / per_second.QuadPart;
    const int64_t rest = ticks.QuadPart % per_second.QuadPart;
    return whole_s * NS_PER_S + rest * NS_PER_S / per_second.QuadPart;
}

void sleep_ns(int64_t duration_ns) {
    if (duration_ns > 0) {
        Sleep((DWORD)((duration_ns + NS_PER_MS - 1) / NS_PER_MS));
    }
}

int process_id(void) { return (int)GetCurrentProcessId(); }

static void narrow(const wchar_t *text, char *value, size_t size) {
    if (WideCharToMultiByte(CP_UTF8, 0, text, -1, value, (int)size, NULL, NULL) == 0) {
        value[0] = '\0';
    }
}

void environment(const char *name, char *value, size_t size) {
    wchar_t variable[PATH_UNITS], room[PATH_UNITS];
    const DWORD units = GetEnvironmentVariableW(wide(name, variable), room, PATH_UNITS);
    narrow(units == 0 || units >= PATH_UNITS ? L"" : room, value, size);
}

void own_path(char *path, size_t size) {
    static const char here = 0;
    wchar_t room[PATH_UNITS];
    HMODULE self = NULL;
    const DWORD how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    GetModuleHandleExW(how, (const wchar_t *)(const void *)&here, &self);
    const DWORD units = GetModuleFileNameW(self, room, PATH_UNITS);
    narrow(units == 0 || units >= PATH_UNITS ? L"CraneVirtual.cti" : room, path, size);
}

void make_folder(const char *path) {
    wchar_t room[PATH_UNITS];
    CreateDirectoryW(wide(path, room), NULL);
}

int64_t file_size(const char *path) {
    wchar_t room[PATH_UNITS];
    WIN32_FILE_ATTRIBUTE_DATA facts;
    if (!GetFileAttributesExW(wide(path, room), GetFileExInfoStandard, &facts)) {
        return -1;
    }
    return ((int64_t)facts.nFileSizeHigh << 32) | facts.nFileSizeLow;
}

static HANDLE open_file(const char *path, DWORD access, DWORD disposition) {
    wchar_t room[PATH_UNITS];
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return CreateFileW(wide(path, room), access, share, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

bool append_to_file(const char *path, const char *text, size_t length) {
    HANDLE file = open_file(path, FILE_APPEND_DATA, OPEN_ALWAYS);
    if (file == INVALID_HANDLE_VALUE) {
        return false;
    }
    DWORD written = 0;
    const bool done = WriteFile(file, text, (DWORD)length, &written, NULL) && written == length;
    CloseHandle(file);
    return done;
}

bool write_file(const char *path, const char *text, size_t length) {
    HANDLE file = open_file(path, GENERIC_WRITE, CREATE_ALWAYS);
    if (file == INVALID_HANDLE_VALUE) {
        return false;
    }
    DWORD written = 0;
    const bool done = WriteFile(file, text, (DWORD)length, &written, NULL) && written == length;
    CloseHandle(file);
    return done;
}

char *read_file(const char *path, size_t *length) {
    HANDLE file = open_file(path, GENERIC_READ, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE) {
        return NULL;
    }
    LARGE_INTEGER size = {.QuadPart = 0};
    GetFileSizeEx(file, &size);
    char *text = malloc((size_t)size.QuadPart + 1);
    DWORD got = 0;
    if (text != NULL) {
        ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL);
        text[got] = '\0';
        *length = got;
    }
    CloseHandle(file);
    return text;
}

void list_folder(const char *path, void (*found)(const char *name, void *context), void *context) {
    wchar_t pattern[PATH_UNITS + 4];
    wide(path, pattern);
    wcscat(pattern, L"\\*");
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(pattern, &entry);
    if (search == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        char name[PATH_UNITS];
        narrow(entry.cFileName, name, sizeof name);
        found(name, context);
    } while (FindNextFileW(search, &entry));
    FindClose(search);
}

bool file_lock_take(struct file_lock *lock, const char *path) {
    OVERLAPPED start = {0};
    lock->native = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
    if (lock->native != INVALID_HANDLE_VALUE &&
        LockFileEx(lock->native, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &start)) {
        return true;
    }
    file_lock_release(lock);
    return false;
}

void file_lock_release(struct file_lock *lock) {
    if (lock->native != INVALID_HANDLE_VALUE) {
        CloseHandle(lock->native);
    }
    lock->native = INVALID_HANDLE_VALUE;
}

bool file_lock_is_held(const char *path) {
    if (file_size(path) < 0) {
        return false;
    }
    struct file_lock probe;
    if (!file_lock_take(&probe, path)) {
        return true;
    }
    file_lock_release(&probe);
    return false;
}
#else
typedef int not_on_this_system;
#endif
