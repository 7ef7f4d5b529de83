"""Words for people in shell scripts: a script says ``say KEY [VALUE...]``, and gets the function that says it."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = "#WORDS#"
_LANGUAGE = """\
case "${CRANE_LANGUAGE:-}" in
[jJ][aApP]*) language=ja ;;
[eE][nN]*) language=en ;;
*) case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    [jJ][aA]*) language=ja ;;
    *) language=en ;;
    esac ;;
esac
"""


@cache
def words() -> dict[str, dict[str, str]]:
    """Return all sentences of the Linux installers, by key and language."""
    found: dict[str, dict[str, str]] = json.loads((HERE / "texts.json").read_text(encoding="utf-8"))
    return found


def with_words(name: str) -> str:
    """Return the script `name` of ``scripts/`` with the function ``say`` that knows the sentences it uses.

    Raises
    ------
    KeyError
        If the script says something that ``texts.json`` does not have.
    """
    script = (HERE / "scripts" / name).read_text(encoding="utf-8")
    # install.sh has a function `refuse` that says its words and ends.
    return script.replace(PLACE, _say(sorted(set(re.findall(r"\b(?:say|refuse) ([a-z_]+)", script)))))


def _say(keys: list[str]) -> str:
    cases = [f"{language}:{key}) {_printf(words()[key][language])} ;;" for key in keys for language in ("ja", "en")]
    body = "\n    ".join(cases)
    return f'{_LANGUAGE}say() {{\n    key=$1\n    shift\n    case "$language:$key" in\n    {body}\n    esac\n}}'


def _printf(sentence: str) -> str:
    values = ' "$@"' if "%s" in sentence else ""
    return f"printf -- {shlex.quote(sentence + chr(92) + 'n')}{values}"
