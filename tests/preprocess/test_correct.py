"""Corrections, against the formulas written out in floating point; and references from stacks of frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from format_reference import ROWS

from crane_desktop.domain.corrections import Correction, CorrectionChoice, CorrectionStep, ReferenceFile
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.preprocess.references import (
    Reference,
    decode_reference,
    encode_reference,
    gain_map,
    make_reference,
    stack_of,
    white_balance_of,
)
from crane_desktop.settings.texts import LANGUAGES, error_text

BALANCE = (1.6, 1.0, 2.25)
KINDS = [("mono", 8), ("mono", 10), ("mono", 12), ("mono", 16), ("rgb", 8), ("rgb", 12), ("RG", 8), ("GB", 10),
         ("BG", 12), ("GR", 16)]  # fmt: skip


def file_of(order: str, name: str = "x") -> ReferenceFile:
    return ReferenceFile(f"{name}.png", name * 64, order)


def values_of(order: str, depth: int, shape: tuple[int, int] = (21, 17), seed: int = 1) -> np.ndarray:
    whole = (*shape, 3) if order == "rgb" else shape
    kind = np.uint8 if depth == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, 1 << depth, whole).astype(kind)


def factors_of(order: str, shape: tuple[int, ...]) -> np.ndarray:
    factors = np.ones(shape)
    if order == "rgb":
        factors[:] = BALANCE
    elif order != "mono":
        for row in range(2):
            for column in range(2):
                factors[row::2, column::2] = BALANCE["RGB".index(ROWS[order][row][column])]
    return factors


def references(order: str, shape: tuple[int, ...]) -> tuple[Reference, Reference]:
    draw = np.random.default_rng(8)
    dark = draw.integers(0, 3000, shape, dtype=np.uint16)
    return Reference(dark, order), Reference(draw.integers(20000, 60000, shape, dtype=np.uint16), order)


def plainly(values: np.ndarray, depth: int, order: str, choice: CorrectionChoice, refs: tuple) -> np.ndarray:
    """Return the 8 bits, step by step, in floating point."""
    full = float(((1 << depth) - 1) << (16 - depth))
    v = values.astype(float) * (1 << (16 - depth))
    if choice.dark is not None:
        v = np.maximum(v - refs[0].values, 0)
    if choice.black_level_percent is not None:
        v = np.maximum(v - choice.black_level_percent / 100 * 65535, 0)
    if choice.bright is not None:
        v = v * gain_map(refs[1], refs[0] if choice.dark is not None else None)
    if choice.white_balance is not None:
        v = v * factors_of(order, values.shape)
    v = np.minimum(v, full)
    if choice.gamma is not None:
        v = full * (v / full) ** choice.gamma
    return np.minimum(np.rint(v).astype(int) >> 8, 255)


@pytest.mark.parametrize(("order", "depth"), KINDS)
@pytest.mark.parametrize("steps", ["black", "balance", "gamma", "dark", "bright", "both", "all"])
def test_every_step_at_every_depth(order: str, depth: int, steps: str) -> None:
    values = values_of(order, depth)
    every = CorrectionChoice(
        dark=file_of(order, "d"),
        black_level_percent=2.0,
        bright=file_of(order, "b"),
        white_balance=None if order == "mono" else BALANCE,
        gamma=0.45,
    )
    only = {
        "black": ("black_level_percent",),
        "balance": ("white_balance",),
        "gamma": ("gamma",),
        "dark": ("dark",),
        "bright": ("bright",),
        "both": ("dark", "bright"),
        "all": ("dark", "black_level_percent", "bright", "white_balance", "gamma"),
    }[steps]
    choice = CorrectionChoice(**{name: getattr(every, name) for name in only})
    if choice.empty:  # a grey picture has no white balance
        choice = CorrectionChoice(gamma=1.0)
    refs = references(order, values.shape)
    given = (refs[0] if choice.dark else None, refs[1] if choice.bright else None)
    before = values.copy()
    got = Corrector(choice, *given)(values, depth, order).astype(int)
    expected = plainly(values, depth, order, choice, refs)
    assert np.array_equal(values, before)
    if choice.dark is None and choice.bright is None:
        assert np.array_equal(got, expected)
    else:  # between the steps, values are rounded to 16 bits
        steep = 8 if choice.gamma is not None else 1
        assert np.abs(got - expected).max() <= steep
        assert np.mean(got != expected) < 0.02


def test_a_large_picture_in_pieces_is_like_a_small_one() -> None:
    values = values_of("GR", 12, (700, 501))
    dark, bright = references("GR", values.shape)
    choice = CorrectionChoice(dark=file_of("GR"), bright=file_of("GR"), white_balance=BALANCE)
    whole = Corrector(choice, dark, bright)(values, 12, "GR")
    for top in (0, 300, 522):
        rows = slice(top, top + 20)
        part = Corrector(choice, Reference(dark.values[rows], "GR"), Reference(bright.values[rows], "GR"))
        # The mean of the bright picture is another: only its dark part is comparable.
        only_dark = replace(choice, bright=None)
        dark_part = Corrector(only_dark, Reference(dark.values[rows], "GR"))(values[rows], 12, "GR")
        assert np.array_equal(dark_part, Corrector(only_dark, dark)(values, 12, "GR")[rows])
        assert part(values[rows], 12, "GR").shape == whole[rows].shape


def test_white_stays_white_and_over_the_depth_is_white() -> None:
    values = np.array([[4095, 5000, 65535]], np.uint16)
    for choice in (CorrectionChoice(gamma=2.0), CorrectionChoice(white_balance=BALANCE, gamma=0.4)):
        order = "mono" if choice.white_balance is None else "RG"
        assert Corrector(choice)(values, 12, order).tolist() == [[255, 255, 255]]


def test_the_steps_are_told_in_their_order() -> None:
    choice = CorrectionChoice(file_of("RG", "d"), 1.5, file_of("RG", "b"), BALANCE, 0.5)
    dark, bright = references("RG", (4, 4))
    assert Corrector(choice, dark, bright).steps == (
        Correction(CorrectionStep.DARK_FIELD, (), "d" * 64),
        Correction(CorrectionStep.BLACK_LEVEL, (1.5,)),
        Correction(CorrectionStep.FLAT_FIELD, (), "b" * 64),
        Correction(CorrectionStep.WHITE_BALANCE, BALANCE),
        Correction(CorrectionStep.GAMMA, (0.5,)),
    )


def test_nothing_to_do_is_no_corrector() -> None:
    for wrong in (CorrectionChoice(), CorrectionChoice(dark=file_of("mono"))):
        with pytest.raises(ValueError, match="needs"):
            Corrector(wrong)


def told(error: InputError) -> str:
    for language in LANGUAGES:
        assert error_text(error, language)
    return error.key


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError) as grey:
        Corrector(CorrectionChoice(white_balance=BALANCE))(values_of("mono", 8), 8, "mono")
    assert told(grey.value) == "preprocess.white_balance_needs_colour"
    dark, _ = references("RG", (21, 17))
    corrector = Corrector(CorrectionChoice(dark=file_of("RG")), dark)
    for values, order in ((values_of("RG", 8, (20, 17)), "RG"), (values_of("GR", 8), "GR")):
        with pytest.raises(InputError) as size:
            corrector(values, 8, order)
        assert told(size.value) == "preprocess.reference_does_not_fit"


class TestReferences:
    def shaded(self, order: str, depth: int, count: int = 16) -> tuple[np.ndarray, list[np.ndarray]]:
        """A sensor with vignetting, uneven pixels, a dark signal and noise, before an even surface."""
        draw = np.random.default_rng(5)
        shape = (40, 60, 3) if order == "rgb" else (40, 60)
        y, x = np.mgrid[0:40, 0:60]
        shade = 1 - 0.4 * (((y - 20) / 40) ** 2 + ((x - 30) / 60) ** 2)
        shade = shade[..., None] if order == "rgb" else shade
        light = 0.6 * shade * draw.normal(1, 0.02, shape) / factors_of(order, shape) * ((1 << depth) - 1)
        return light, [np.rint(light + draw.normal(0, 1, shape)).astype(np.uint16) for _ in range(count)]

    @pytest.mark.parametrize(("order", "depth"), [("mono", 12), ("RG", 12), ("GB", 10), ("rgb", 12)])
    def test_an_even_surface_becomes_even(self, order: str, depth: int) -> None:
        light, frames = self.shaded(order, depth)
        bright = make_reference(stack_of(frames, depth, order), "bright")
        corrector = Corrector(CorrectionChoice(bright=file_of(order)), None, bright)
        flat = corrector(np.rint(light * 0.8).astype(np.uint16), depth, order).astype(float) * factors_of(
            order, light.shape
        )
        raw = light * 0.8 / (1 << (depth - 8)) * factors_of(order, light.shape)
        # No darker or brighter as a whole, colour by colour; and even to a level or two (times a colour's factor).
        assert flat.mean() == pytest.approx(raw.mean(), rel=0.03)
        assert raw.std() > 4
        assert flat.std() < 1.2

    @pytest.mark.parametrize("order", ["RG", "GR", "GB", "BG", "rgb"])
    def test_a_grey_card_becomes_grey(self, order: str) -> None:
        _, frames = self.shaded(order, 12)
        red, green, blue = white_balance_of(stack_of(frames, 12, order))
        assert min(red, green, blue) == 1.0
        assert (red / green, blue / green) == pytest.approx((1.6, 2.25), rel=0.01)

    def test_a_dark_signal_is_no_colour(self) -> None:
        grey = [np.full((8, 8), 1000, np.uint16) + 400]
        grey[0][::2, ::2] = 500 + 400
        dark = make_reference(stack_of([np.full((8, 8), 400, np.uint16)], 12, "RG"), "dark")
        assert white_balance_of(stack_of(grey, 12, "RG"), dark) == pytest.approx((2.0, 1.0, 1.0))

    @pytest.mark.parametrize(
        ("level", "kind", "key"),
        [
            (0.5, "dark", "preprocess.reference_not_dark"),
            (0.05, "bright", "preprocess.reference_too_dark"),
            (1.0, "bright", "preprocess.reference_clipped"),
        ],
    )
    def test_a_useless_reference_is_refused(self, level: float, kind: str, key: str) -> None:
        stack = stack_of([np.full((8, 8), round(level * 255), np.uint8)], 8, "mono")
        with pytest.raises(InputError) as caught:
            make_reference(stack, kind)  # type: ignore[arg-type]
        assert told(caught.value) == key

    def test_useless_grey_cards_are_refused(self) -> None:
        for values, order, key in (
            (np.full((8, 8), 99, np.uint8), "mono", "preprocess.white_balance_needs_colour"),
            (np.full((8, 8), 255, np.uint8), "RG", "preprocess.reference_clipped"),
            (np.zeros((8, 8), np.uint8), "RG", "preprocess.reference_too_dark"),
        ):
            with pytest.raises(InputError) as caught:
                white_balance_of(stack_of([values], 8, order))
            assert told(caught.value) == key

    def test_stacks_that_are_none(self) -> None:
        for frames, key in (([], "preprocess.stack_empty"), ([(4, 4), (4, 6)], "preprocess.stack_differs")):
            with pytest.raises(InputError) as caught:
                stack_of([np.zeros(shape, np.uint8) for shape in frames], 8, "mono")
            assert told(caught.value) == key

    def test_a_dead_pixel_does_not_blow_up(self) -> None:
        values = np.full((6, 6), 40000, np.uint16)
        values[2, 2] = 0
        gain = gain_map(Reference(values, "mono"), None)
        assert gain.max() == gain[2, 2] == pytest.approx(8.0)

    @pytest.mark.parametrize("order", ["mono", "GB", "rgb"])
    def test_a_file_gives_back_every_value_or_is_refused(self, order: str) -> None:
        _, bright = references(order, (9, 7, 3) if order == "rgb" else (9, 7))
        content, sha256 = encode_reference(bright)
        wanted = ReferenceFile("b.png", sha256, order)
        assert np.array_equal(decode_reference(content, wanted).values, bright.values)
        for wrong in (content[:-1] + b"x", b"", content[:40]):
            with pytest.raises(InputError) as caught:
                decode_reference(wrong, wanted)
            assert told(caught.value) == "preprocess.reference_changed"
