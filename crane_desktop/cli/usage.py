"""The command line's own words, in the user's language: help, and what is wrong with what was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from crane_desktop.settings.texts import Language, system_language, text

HELP_LANGUAGE = system_language()
_FIXED = {
    "Usage:": "app.usage.usage",
    "Options:": "app.usage.options",
    "Arguments:": "app.usage.arguments",
    "Commands:": "app.usage.commands",
    "Show this message and exit.": "app.usage.help",
    "[required]": "app.usage.required",
    "[default: ": "app.usage.default",
}
"""What typer writes in English only, and its text here."""


def _spoken(page: str) -> str:
    for english, key in _FIXED.items():
        page = page.replace(english, text(key, HELP_LANGUAGE))
    return page


class Command(TyperCommand):
    """A command whose help speaks one language."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]  # typer's own is a vendored class
        """Return the help page."""
        return _spoken(super().get_help(ctx))


class Group(TyperGroup):
    """A group of such commands."""

    command_class = Command

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help page."""
        return _spoken(super().get_help(ctx))


class Program(Group):
    """The program's own commands; a file in a command's place is opened, as the desktop's double-click gives it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that `args` name."""
        if args[0] not in self.commands and _is_file(args[0]):
            return super().resolve_command(ctx, ["open", *args])
        return super().resolve_command(ctx, args)


def _is_file(word: str) -> bool:
    return bool(Path(word).suffix) or Path(word).name != word or Path(word).is_file()


def usage_words(error: typer.TyperException, language: Language) -> str:
    """Return what is wrong with the command line as one sentence that says what to do.

    typer keeps most of its exceptions to itself; what they carry tells them apart.
    """
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "crane-inspector"
    if context is not None and error.message == context.get_help():  # a group without its command: help is the answer
        return error.message
    option = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    if param is not None:
        name = str(getattr(error, "param_hint", None) or param.get_error_hint()).replace("'", "")
        if hasattr(error, "param_type"):
            return text("app.usage_missing", language, name=name, command=command)
        return text("app.usage_value", language, name=name, detail=error.message, command=command)
    if option is not None and hasattr(error, "possibilities"):
        return text("app.usage_no_option", language, name=option, command=command)
    return text("app.usage_wrong", language, detail=error.format_message().rstrip("."), command=command)
