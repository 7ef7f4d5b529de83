"""What the operating system refused, in plain words of both languages: the one table of its error numbers."""

from __future__ import annotations

import errno

_SENTENCES = {
    errno.EACCES: "settings.system.denied",
    errno.EPERM: "settings.system.denied",
    errno.EROFS: "settings.system.read_only",
    errno.ENOENT: "settings.system.missing",
    errno.ENOTDIR: "settings.system.not_a_folder",
    errno.EISDIR: "settings.system.is_a_folder",
    errno.EEXIST: "settings.system.exists",
    errno.ENOTEMPTY: "settings.system.not_empty",
    errno.ENOSPC: "settings.system.full",
    errno.EDQUOT: "settings.system.full",
    errno.EFBIG: "settings.system.too_large",
    errno.ENAMETOOLONG: "settings.system.name_too_long",
    errno.EINVAL: "settings.system.bad_name",
    errno.EILSEQ: "settings.system.bad_name",
    errno.ELOOP: "settings.system.loop",
    errno.EBUSY: "settings.system.in_use",
    errno.ETXTBSY: "settings.system.in_use",
    errno.EAGAIN: "settings.system.in_use",
    errno.EIO: "settings.system.disk",
    errno.ENXIO: "settings.system.gone",
    errno.ENODEV: "settings.system.gone",
    errno.ESTALE: "settings.system.gone",
    errno.EXDEV: "settings.system.other_drive",
    errno.EMFILE: "settings.system.too_many_files",
    errno.ENFILE: "settings.system.too_many_files",
    errno.ENOMEM: "settings.system.no_memory",
    errno.EPIPE: "settings.system.closed",
    errno.ETIMEDOUT: "settings.system.no_answer",
    errno.ECONNREFUSED: "settings.system.no_answer",
    errno.EHOSTUNREACH: "settings.system.no_answer",
    errno.ENETUNREACH: "settings.system.no_answer",
}


def system_key(number: int) -> str:
    """Return the key of the words for one of the system's error numbers; neutral ones where it says nothing useful."""
    return _SENTENCES.get(number, "settings.system.other")
