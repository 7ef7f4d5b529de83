/* Stands in for both programs where there is no bundle for Windows: small, and answers what the installer asks.

   stand-in --version                        prints VERSION
   stand-in hold FILE                        makes FILE and runs until it is gone
   stand-in pack install FILE --data-dir D   copies FILE to D\packs; 2 where FILE begins with "damaged"
   As "icacls.exe" it writes its arguments into the file that CRANE_STAND_IN_LOG names. */

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#ifndef VERSION
#define VERSION "0"
#endif

static int hold(const wchar_t *file)
{
    FILE *made = _wfopen(file, L"wb");
    if (made == NULL)
        return 1;
    fclose(made);
    while (GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES)
        Sleep(50);
    return 0;
}

static int install(const wchar_t *file, const wchar_t *data)
{
    char head[8] = {0};
    wchar_t target[1024];
    FILE *pack = _wfopen(file, L"rb");
    if (pack == NULL)
        return 2;
    fread(head, 1, 7, pack);
    fclose(pack);
    if (strcmp(head, "damaged") == 0)
        return 2;
    _snwprintf(target, 1023, L"%ls\\packs", data);
    CreateDirectoryW(target, NULL);
    _snwprintf(target, 1023, L"%ls\\packs\\%ls", data, wcsrchr(file, L'\\') + 1);
    return CopyFileW(file, target, FALSE) ? 0 : 1;
}

static int note(int count, wchar_t **words)
{
    const wchar_t *name = _wgetenv(L"CRANE_STAND_IN_LOG");
    FILE *log = name == NULL ? NULL : _wfopen(name, L"ab");
    if (log == NULL)
        return 0;
    for (int i = 1; i < count; i++) {
        char word[2048];
        WideCharToMultiByte(CP_UTF8, 0, words[i], -1, word, sizeof word, NULL, NULL);
        fprintf(log, "%s\n", word);
    }
    fclose(log);
    return 0;
}

int wmain(int count, wchar_t **words)
{
    if (wcsstr(words[0], L"icacls") != NULL)
        return note(count, words);
    if (count == 2 && wcscmp(words[1], L"--version") == 0) {
        puts(VERSION);
        return 0;
    }
    if (count == 3 && wcscmp(words[1], L"hold") == 0)
        return hold(words[2]);
    if (count == 6 && wcscmp(words[1], L"pack") == 0 && wcscmp(words[2], L"install") == 0)
        return install(words[3], words[5]);
    return 2;
}
