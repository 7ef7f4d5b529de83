#!/bin/sh
# Removes the program that lies beside this script; what belongs to the users stays. 0 done, 2 refused.
set -eu
#WORDS#

# In a function, so that the shell has read all of it before it removes the file.
main() {
    place=$(cd "$(dirname "$0")" && pwd -P)
    if [ ! -f "$place/installed-files" ]; then
        say not_installed "$place" >&2
        exit 2
    fi
    if readlink /proc/[0-9]*/exe 2>/dev/null | grep -qF "$place/"; then
        say running >&2
        exit 2
    fi
    if [ ! -w "$(dirname "$place")" ]; then
        say cannot_write "$(dirname "$place")" >&2
        exit 2
    fi
    share=''
    while IFS= read -r file; do
        rm -f "$file"
        case "$file" in */applications/crane-inspector.desktop) share=${file%/applications/*} ;; esac
    done <"$place/installed-files"
    rm -rf "$share/doc/crane-inspector"
    rm -rf "$place"
    if [ -d "$share/applications" ] && command -v update-desktop-database >/dev/null; then
        update-desktop-database "$share/applications" || true
    fi
    if [ -d "$share/mime/packages" ] && command -v update-mime-database >/dev/null; then
        update-mime-database "$share/mime" || true
    fi
    say data_kept
}

main "$@"
