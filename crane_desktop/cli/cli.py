"""The command line: which commands there are, and what becomes of an error."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

import typer

from crane_desktop import __version__
from crane_desktop.app.process.fatal_error import failed
from crane_desktop.app.process.interrupts import AskedToEndError, asked_code, was_asked
from crane_desktop.app.process.streams import OutputLostError
from crane_desktop.cli.commands import (
    bench,
    calibrate,
    cameras,
    evaluate,
    evaluate_verdicts,
    first_batch,
    inspect,
    learn_good,
    licences,
    opening,
    pack,
    recipe,
    records,
    score,
    selftest,
    train,
    update,
)
from crane_desktop.cli.console import note, show_error
from crane_desktop.cli.invocation import close_invocations, spoken_language
from crane_desktop.cli.options import DataDirOption
from crane_desktop.cli.usage import HELP_LANGUAGE, Command, Program, usage_words
from crane_desktop.domain.errors import InputError, StationFault, technical
from crane_desktop.settings.texts import text

EXIT_OK, EXIT_FAULT, EXIT_BAD_INPUT = 0, 1, 2

cli = typer.Typer(
    name="crane-inspector",
    cls=Program,
    help=text("app.help.program", HELP_LANGUAGE),
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    data_dir: DataDirOption = None,
    frames: Annotated[int | None, typer.Option(help=text("app.help.frames", HELP_LANGUAGE), min=1)] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help=text("app.help.version", HELP_LANGUAGE)),
    ] = False,
) -> None:
    """Open the window, or run the line in the terminal where there is no display."""
    if context.invoked_subcommand is None:
        from crane_desktop.cli.start import start

        raise typer.Exit(start(data_dir, frames))


cli.command("inspect", cls=Command, help=text("app.help.inspect", HELP_LANGUAGE))(inspect.inspect)
cli.command("score", cls=Command, help=text("app.help.score", HELP_LANGUAGE))(score.score)
cli.command("evaluate", cls=Command, help=text("app.help.evaluate", HELP_LANGUAGE))(evaluate.evaluate)
cli.command("evaluate-verdicts", cls=Command, help=text("app.help.evaluate_verdicts", HELP_LANGUAGE))(
    evaluate_verdicts.evaluate_verdicts
)
cli.command("train", cls=Command, help=text("app.help.train", HELP_LANGUAGE))(train.train)
cli.command("calibrate", cls=Command, help=text("app.help.calibrate", HELP_LANGUAGE))(calibrate.calibrate)
cli.command("learn-good", cls=Command, help=text("app.help.learn_good", HELP_LANGUAGE))(learn_good.learn_good)
cli.command("first-batch", cls=Command, help=text("app.help.first_batch", HELP_LANGUAGE))(first_batch.first_batch)
cli.command("selftest", cls=Command, help=text("app.help.selftest", HELP_LANGUAGE))(selftest.selftest)
cli.command("bench", cls=Command, help=text("app.help.bench", HELP_LANGUAGE))(bench.bench)
cli.command("licences", cls=Command, help=text("app.help.licences", HELP_LANGUAGE))(licences.licences)
cli.command("open", cls=Command, help=text("app.help.open", HELP_LANGUAGE))(opening.open_files)
cli.add_typer(pack.commands, name="pack", help=text("app.help.pack", HELP_LANGUAGE))
cli.add_typer(recipe.commands, name="recipe", help=text("app.help.recipe_commands", HELP_LANGUAGE))
cli.add_typer(cameras.commands, name="cameras", help=text("app.help.cameras", HELP_LANGUAGE))
cli.add_typer(records.commands, name="records", help=text("app.help.records", HELP_LANGUAGE))
cli.add_typer(update.commands, name="update", help=text("app.help.update", HELP_LANGUAGE))


def run(argv: Sequence[str]) -> int:
    """Run the program with `argv` and return its exit code.

    0 success, 1 the equipment or the program failed, 2 bad input, 128 and the signal's number where it was asked to
    end before it was done; every failure is one plain sentence on stderr, and our own bugs are logged whole.
    """
    try:
        code = cli(args=list(argv), prog_name="crane-inspector", standalone_mode=False)
    except OutputLostError as lost:
        if not lost.reader_gone:
            show_error(StationFault("app.output_lost", detail=technical(lost.error)), spoken_language())
        return EXIT_FAULT
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FAULT
    except (AskedToEndError, KeyboardInterrupt):
        return _interrupted()
    except typer.TyperException as error:
        note(usage_words(error, spoken_language()))
        return EXIT_BAD_INPUT
    except InputError as error:
        show_error(error, spoken_language())
        return EXIT_BAD_INPUT
    except StationFault as error:
        show_error(error, spoken_language())
        return EXIT_FAULT
    except Exception as error:  # the program's last line of defence: logged whole, shown briefly
        if was_asked():  # an interrupt that a library made something else of
            return _interrupted()
        logging.getLogger(__name__).critical("unexpected failure", exc_info=error)
        failed(error, spoken_language())
        return EXIT_FAULT
    finally:
        close_invocations()
    return code if isinstance(code, int) else EXIT_OK


def _interrupted() -> int:
    note(text("app.interrupted", spoken_language()))
    return asked_code()
