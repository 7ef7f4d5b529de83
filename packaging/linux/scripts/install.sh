#!/bin/sh
# Installs, upgrades or removes the program on a Linux that has no Debian packages, with or without root's rights.
# Exit codes: 0 done; 1 installed, but the self-test or a model pack failed; 2 refused, nothing was changed.
set -eu
#WORDS#

here=$(cd "$(dirname "$0")" && pwd)
version='@VERSION@'
needs_glibc='@GLIBC@'
needs_mib='@MIB@'
window_libraries='@LIBRARIES@'

refuse() {
    say "$@" >&2
    exit 2
}

# Whether version $1 comes before version $2.
older() {
    [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

read_options() {
    prefix='' uninstall='' packs=yes test=yes
    while [ $# -gt 0 ]; do
        case "$1" in
        --prefix=*) prefix=${1#--prefix=} ;;
        --prefix)
            [ $# -gt 1 ] || refuse usage
            prefix=$2
            shift
            ;;
        --uninstall) uninstall=yes ;;
        --no-packs) packs='' ;;
        --no-selftest) test='' ;;
        --help)
            say usage
            exit 0
            ;;
        *)
            say bad_option "$1" >&2
            refuse usage
            ;;
        esac
        shift
    done
}

choose_places() {
    case "$prefix" in
    '') ;;
    /*) ;;
    # Makeself starts this in a folder of its own; what was typed is meant from where it was typed.
    *) prefix=${USER_PWD:-$PWD}/$prefix ;;
    esac
    if [ -z "$prefix" ] && [ "$(id -u)" -eq 0 ]; then
        place=/opt/crane-inspector bin=/usr/local/bin share=/usr/local/share
    elif [ -z "$prefix" ]; then
        place=$HOME/.local/opt/crane-inspector bin=$HOME/.local/bin share=${XDG_DATA_HOME:-$HOME/.local/share}
    else
        place=$prefix/opt/crane-inspector bin=$prefix/bin share=$prefix/share
    fi
}

look_before() {
    [ "$(uname -m)" = x86_64 ] || refuse wrong_machine "$(uname -m)"
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d ' ' -f 2)
    ! older "${glibc:-0}" "$needs_glibc" || refuse old_libc "$needs_glibc" "${glibc:-?}"
    if [ "$place" = /opt/crane-inspector ] && dpkg-query -W -f '${Status}' crane-inspector 2>/dev/null | grep -q ' installed$'; then
        refuse packaged_already
    fi
    # An upgrade that was cut off between its two renamings.
    if [ ! -e "$place" ] && [ -e "$place.old" ]; then mv "$place.old" "$place"; fi
    [ ! -e "$place" ] || [ -f "$place/installed-files" ] || refuse not_ours "$place"
    if readlink /proc/[0-9]*/exe 2>/dev/null | grep -qF "$place/"; then refuse running; fi
    mkdir -p "$(dirname "$place")" "$bin" "$share" 2>/dev/null || refuse cannot_write "$(dirname "$place")"
    for folder in "$(dirname "$place")" "$bin" "$share"; do
        [ -w "$folder" ] || refuse cannot_write "$folder"
    done
    free_kib=$(df -Pk "$(dirname "$place")" | awk 'END { print $4 }')
    [ "$free_kib" -ge $((needs_mib * 1024)) ] || refuse no_room "$(dirname "$place")" "$needs_mib"
}

# A menu entry quotes twice: as a string and as an argument, and a percent sign is special in it.
quoted() {
    printf '%s' "$1" | sed -e 's/\\/\\\\\\\\/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g'
}

desktop_files() {
    (cd "$here/share" && find . -type f) | cut -c 3-
}

lay_down() {
    rm -rf "$place.new"
    mv "$here/program" "$place.new"
    cp "$here/uninstall.sh" "$place.new/uninstall.sh"
    printf '%s\n' "$version" >"$place.new/installed-version"
    {
        printf '%s\n' "$bin/crane-inspector" "$bin/CraneInspector"
        desktop_files | while IFS= read -r file; do printf '%s\n' "$share/$file"; done
    } >"$place.new/installed-files"
    chmod -R u=rwX,go=rX "$place.new"
    if [ "$(id -u)" -eq 0 ]; then chown -R 0:0 "$place.new"; fi
    rm -rf "$place.old"
    if [ -e "$place" ]; then mv "$place" "$place.old"; fi
    mv "$place.new" "$place"
    remove_stale
    rm -rf "$place.old"
}

# Files that the version before put beside the program and this one does not.
remove_stale() {
    [ -f "$place.old/installed-files" ] || return 0
    while IFS= read -r file; do
        grep -qxF "$file" "$place/installed-files" || rm -f "$file"
    done <"$place.old/installed-files"
}

tell_the_desktop() {
    for name in crane-inspector CraneInspector; do ln -sfn "$place/$name" "$bin/$name"; done
    desktop_files | while IFS= read -r file; do
        mkdir -p "$share/$(dirname "$file")"
        cp "$here/share/$file" "$share/$file"
        chmod 644 "$share/$file"
    done
    entry=$share/applications/crane-inspector.desktop
    while IFS= read -r line; do
        case "$line" in
        Exec=*) printf 'Exec="%s" %%F\n' "$(quoted "$place/CraneInspector")" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$here/share/applications/crane-inspector.desktop" >"$entry"
    ! command -v update-desktop-database >/dev/null || update-desktop-database "$share/applications" || true
    ! command -v update-mime-database >/dev/null || update-mime-database "$share/mime" || true
}

missing_libraries() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || return 0
    for library in $window_libraries; do
        printf '%s' "$known" | grep -qF "	$library " || printf '%s ' "$library"
    done
}

self_test() {
    say testing
    trial=$(mktemp -d)
    if "$place/crane-inspector" --data-dir "$trial" selftest; then result=0; else result=1; fi
    rm -rf "$trial"
    if [ "$result" -ne 0 ]; then say test_failed "$place" >&2; fi
    return "$result"
}

# Who started this with sudo gets the packs, not root.
as_user() {
    if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER:-}" ]; then sudo -H -u "$SUDO_USER" -- "$@"; else "$@"; fi
}

install_packs() {
    beside=${CRANE_PACKS_FROM:-${ARCHIVE_DIR:-.}}
    case "$beside" in /*) ;; *) beside=${USER_PWD:-$PWD}/$beside ;; esac
    result=0
    for pack in "$beside"/*.cranepack; do
        [ -f "$pack" ] || continue
        say pack_found "$pack"
        if ! as_user "$place/crane-inspector" pack install "$pack"; then
            say pack_refused "$pack" >&2
            result=1
        fi
    done
    return "$result"
}

main() {
    read_options "$@"
    choose_places
    if [ -n "$uninstall" ]; then
        [ -f "$place/uninstall.sh" ] || refuse not_installed "$place"
        exec sh "$place/uninstall.sh"
    fi
    look_before
    if [ -f "$place/installed-version" ]; then
        say upgrading "$(cat "$place/installed-version")" "$version" "$place"
    else
        say installing "$version" "$place"
    fi
    lay_down
    tell_the_desktop
    lacks=$(missing_libraries)
    if [ -n "$lacks" ]; then say missing_libraries "$lacks" >&2; fi
    code=0
    if [ -n "$test" ]; then self_test || code=1; fi
    if [ -n "$packs" ]; then install_packs || code=1; fi
    say installed "$bin/crane-inspector"
    say data_lies
    say remove_with "$place/uninstall.sh"
    exit "$code"
}

main "$@"
