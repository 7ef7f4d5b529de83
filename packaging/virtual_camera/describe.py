"""Make the camera's XML (GenApi schema 1.1) and its C tables from `features`."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from features import (
    BOOLEAN,
    CHOICE,
    CHUNKS,
    COMMAND,
    FLOAT,
    INTEGER,
    TEXT,
    Feature,
    pixel_kinds,
)
from older import ONLY_TODAY, everything, only_older, renamed

REGISTER_BASE = 0x10000
REGISTER_STEP = 0x100
TEXT_BYTES = 256
# The camera ends a picture's buffer with these; GigE Vision and USB3 Vision read them from the end.
_CHUNK_KINDS = {
    "Timestamp": INTEGER,
    "FrameID": INTEGER,
    "ExposureTime": FLOAT,
    "Gain": FLOAT,
    "LineStatusAll": INTEGER,
}
_FIRST_CHUNK_ID = 0x10

Piece = tuple[str, str, str]
"""Text, and up to two names without which it is left out: a set-up may take features away."""


def _head() -> str:
    names = {
        "ModelName": "VirtualCamera", "VendorName": "CraneInspector", "ToolTip": "Virtual camera",
        "StandardNameSpace": "GEV", "SchemaMajorVersion": "1", "SchemaMinorVersion": "1", "SchemaSubMinorVersion": "0",
        "MajorVersion": "1", "MinorVersion": "0", "SubMinorVersion": "0",
        "ProductGuid": "7d0b6a2e-5f6e-4a3f-9b1c-2c7d1e8f4a01", "VersionGuid": "7d0b6a2e-5f6e-4a3f-9b1c-2c7d1e8f4a02",
        "xmlns": "http://www.genicam.org/GenApi/Version_1_1",
    }  # fmt: skip
    return "<RegisterDescription " + " ".join(f'{key}="{value}"' for key, value in names.items()) + ">"


def camera_xml() -> Iterator[Piece]:
    """Yield the camera's XML piece by piece."""
    yield _head(), "", ""
    with_register, aliases = everything(), renamed()
    all_features = [*with_register, *(feature for feature, _ in aliases)]
    categories = list(dict.fromkeys(f.category for f in all_features if f.category))
    yield '<Category Name="Root" NameSpace="Standard">', "", ""
    for category in categories:
        yield f"<pFeature>{category}</pFeature>", "", ""
    yield "</Category>", "", ""
    for category in categories:
        yield f'<Category Name="{category}" NameSpace="Standard">', "", ""
        for feature in all_features:
            if feature.category == category:
                yield f"<pFeature>{feature.name}</pFeature>", feature.name, ""
        if category == "ChunkDataControl":
            for name in CHUNKS:
                yield f"<pFeature>Chunk{name}</pFeature>", f"ChunkSelector.{name}", ""
        yield "</Category>", "", ""
    for number, feature in enumerate(with_register):
        yield from _feature(feature, all_features, feature.name)
        yield _register(number, feature), "", ""
    for feature, shown in aliases:
        yield from _feature(feature, all_features, shown)
    for number, name in enumerate(CHUNKS):
        yield _chunk(number, name), f"ChunkSelector.{name}", ""
    yield '<Port Name="Device" NameSpace="Standard"/>', "", ""
    yield "</RegisterDescription>", "", ""


def _feature(feature: Feature, all_features: list[Feature], register: str) -> Iterator[Piece]:
    name = feature.name
    yield "".join(_front(feature)), name, ""
    # What the user sets keep is what a host may save and restore, too.
    if (
        feature.category
        and (feature.saved or feature.streamable)
        and feature.access == "RW"
        and feature.kind != COMMAND
    ):
        yield "<Streamable>Yes</Streamable>", name, "Streamable"
    if feature.kind == CHOICE:
        for choice, value in feature.choices.items():
            entry = f'<EnumEntry Name="{choice}" NameSpace="Standard"><Value>{value}</Value></EnumEntry>'
            yield entry, f"{name}.{choice}", ""
    yield f"<pValue>{register}Reg</pValue>", name, ""
    yield "".join(_limits(feature)), name, ""
    for other in all_features:
        if other.selector == name:
            yield f"<pSelected>{other.name}</pSelected>", name, other.name
    yield f"</{feature.kind}>", name, ""


def _front(feature: Feature) -> Iterator[str]:
    """Yield what every kind of node begins with, in the order that the schema wants."""
    space = "Custom" if feature.name.startswith("Virtual") else "Standard"
    yield f'<{feature.kind} Name="{feature.name}" NameSpace="{space}">'
    if feature.tip:
        yield f"<ToolTip>{escape(feature.tip)}</ToolTip>"
    yield f"<Visibility>{feature.visibility if feature.category else 'Invisible'}</Visibility>"
    if feature.lock:
        yield f"<pIsLocked>{feature.lock}</pIsLocked>"
    # A command has no access of its own in the schema: it is what its register is.
    if feature.access != "RW" and feature.kind != COMMAND:
        yield f"<ImposedAccessMode>{feature.access}</ImposedAccessMode>"


def _limits(feature: Feature) -> Iterator[str]:
    if feature.kind == COMMAND:
        yield "<CommandValue>1</CommandValue>"
    if feature.kind == BOOLEAN:
        yield "<OnValue>1</OnValue><OffValue>0</OffValue>"
    if feature.kind not in (INTEGER, FLOAT):
        return
    low, high = (f"{limit:.10g}" if feature.kind == FLOAT else str(int(limit)) for limit in (feature.low, feature.high))
    yield f"<Min>{low}</Min>"
    yield f"<pMax>{feature.high_from}</pMax>" if feature.high_from else f"<Max>{high}</Max>"
    if feature.kind == INTEGER:
        yield f"<Inc>{feature.step}</Inc>"
        yield f"<Unit>{feature.unit}</Unit>" if feature.unit else ""
        return
    yield f"<Unit>{feature.unit}</Unit>" if feature.unit else ""
    yield "<DisplayNotation>Fixed</DisplayNotation><DisplayPrecision>3</DisplayPrecision>"


def _register(number: int, feature: Feature) -> str:
    kind = {TEXT: "StringReg", FLOAT: "FloatReg"}.get(feature.kind, "IntReg")
    size = TEXT_BYTES if feature.kind == TEXT else 8
    signs = {"StringReg": "", "FloatReg": "<Endianess>LittleEndian</Endianess>"}.get(
        kind, "<Sign>Signed</Sign><Endianess>LittleEndian</Endianess>"
    )
    return (
        f'<{kind} Name="{feature.name}Reg"><Address>0x{REGISTER_BASE + number * REGISTER_STEP:X}</Address>'
        f"<Length>{size}</Length><AccessMode>{feature.access}</AccessMode><pPort>Device</pPort>"
        f"<Cachable>NoCache</Cachable>{signs}</{kind}>"
    )


def _chunk(number: int, name: str) -> str:
    kind = _CHUNK_KINDS[name]
    register = "FloatReg" if kind == FLOAT else "IntReg"
    sign = "" if kind == FLOAT else "<Sign>Signed</Sign>"
    return (
        f'<{kind} Name="Chunk{name}" NameSpace="Standard"><ToolTip>{name} of the picture.</ToolTip>'
        f"<Visibility>Expert</Visibility><ImposedAccessMode>RO</ImposedAccessMode>"
        f"<pValue>Chunk{name}Reg</pValue></{kind}>"
        f'<{register} Name="Chunk{name}Reg"><Address>0</Address><Length>8</Length><AccessMode>RO</AccessMode>'
        f"<pPort>Chunk{name}Port</pPort><Cachable>NoCache</Cachable>{sign}<Endianess>LittleEndian</Endianess></{register}>"
        f'<Port Name="Chunk{name}Port"><ChunkID>{_FIRST_CHUNK_ID + number:08X}</ChunkID></Port>'
    )


_MODULE_REGISTERS = {
    "TLSystem": (), "TLInterface": (), "TLDevice": (),
    "TLDataStream": (
        "StreamDeliveredFrameCount", "StreamLostFrameCount", "StreamInputBufferCount", "StreamOutputBufferCount",
        "StreamAnnouncedBufferCount", "StreamStartedFrameCount",
    ),
}  # fmt: skip


def _module_xml(module: str, counters: tuple[str, ...]) -> str:
    """Return the XML of a module on the computer's side: every port needs one, else Harvesters gives up."""
    lines = [_head(), '<Category Name="Root" NameSpace="Standard"><pFeature>ModuleControl</pFeature></Category>']
    lines.append('<Category Name="ModuleControl" NameSpace="Custom">')
    lines += [f"<pFeature>{name}</pFeature>" for name in ("ModuleID", *counters)]
    lines.append("</Category>")
    lines.append(
        '<StringReg Name="ModuleID" NameSpace="Custom"><Address>0x100</Address><Length>256</Length>'
        f"<AccessMode>RO</AccessMode><pPort>{module}</pPort></StringReg>"
    )
    for number, name in enumerate(counters):
        lines.append(
            f'<Integer Name="{name}" NameSpace="Standard"><Visibility>Expert</Visibility><pValue>{name}Reg</pValue>'
            f'</Integer><IntReg Name="{name}Reg"><Address>0x{0x1000 + 8 * number:X}</Address><Length>8</Length>'
            f"<AccessMode>RO</AccessMode><pPort>{module}</pPort><Cachable>NoCache</Cachable>"
            "<Sign>Signed</Sign><Endianess>LittleEndian</Endianess></IntReg>"
        )
    lines += [f'<Port Name="{module}" NameSpace="Standard"/>', "</RegisterDescription>"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", '\\n"\n    "') + '"'


def _slots(feature: Feature, by_name: dict[str, Feature]) -> int:
    return len(set(by_name[feature.selector].choices.values())) if feature.selector else 1


def _register_row(feature: Feature, by_name: dict[str, Feature]) -> str:
    def register(name: str) -> str:
        return f"REGISTER_{name}" if name else "NO_REGISTER"

    choices = f"choices_{feature.name}" if feature.kind == CHOICE else "no_choices"
    return (
        f"X({feature.name}, KIND_{feature.kind.upper()}, {str('R' in feature.access).lower()}, "
        f"{str('W' in feature.access).lower()}, {register(feature.selector)}, {_slots(feature, by_name)}, "
        f"{float(feature.low)!r}, {float(feature.high)!r}, {feature.step}, {float(feature.initial or 0)!r}, "
        f"{register(feature.lock)}, {register(feature.high_from)}, {str(feature.computed).lower()}, "
        f"{str(feature.saved and feature.kind not in (COMMAND, TEXT)).lower()}, {choices})"
    )


def register_table() -> str:
    """Return the C include with one ``X(...)`` a register; see ``registers.c`` for the columns."""
    all_features = everything()
    by_name = {feature.name: feature for feature in all_features}
    return "\n".join(_register_row(feature, by_name) for feature in all_features) + "\n"


def choice_tables() -> str:
    """Return the C include with the choices of each enumeration."""
    lines = []
    for feature in everything():
        if feature.kind == CHOICE:
            rows = ", ".join(f'{{"{name}", {value}}}' for name, value in feature.choices.items())
            lines.append(f"static const struct choice choices_{feature.name}[] = {{{rows}, {{NULL, 0}}}};")
    return "\n".join(lines) + "\n"


def pixel_table() -> str:
    """Return the C include with one row a pixel format."""
    return "".join(
        f'{{"{k.name}", 0x{k.code:08X}u, {k.bits}, {k.depth}, PACKING_{k.packing}, COLOURS_{k.colours}}},\n'
        for k in pixel_kinds()
    )


def xml_table() -> str:
    """Return the C include with the XML of the camera, in pieces, and of the modules."""
    lines = ["static const struct xml_piece camera_pieces[] = {"]
    lines += [
        f"    {{{_quoted(text)}, {_quoted(owner)}, {_quoted(other)}}}," for text, owner, other in camera_xml() if text
    ]
    lines.append("};")
    for name, words in (("only_today", ONLY_TODAY), ("only_older", only_older())):
        lines.append(f"static const char {name}[] = {_quoted(' '.join(words))};")
    for module, counters in _MODULE_REGISTERS.items():
        lines.append(f"static const char xml_{module}[] =\n    {_quoted(_module_xml(module, counters))};")
    return "\n".join(lines) + "\n"
