"""Who made a pack: an optional Ed25519 signature over its manifest, which names the SHA-256 of every member.

Signed are the manifest's bytes as they stand in the pack, with zeros in the place of the signature itself; so nothing
depends on how JSON is written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.model.manifest import Manifest, Signature
from crane_desktop.settings.regular_file import read_regular

if TYPE_CHECKING:  # most packs are not signed, and most stations do not ask
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LARGEST_KEY = 100_000
BLANK = "0" * 128
"""Stands in the signature's place in what is signed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose packs a station loads.

    Attributes
    ----------
    keys
        Public keys (64 hexadecimal digits) of makers that it trusts.
    required
        Whether a pack must be signed by one of them.
    """

    keys: frozenset[str] = frozenset()
    required: bool = False


ANYONE = Trust()
"""Signatures are checked where there are any, and not asked for."""


def check_signature(manifest: Manifest, content: bytes, trust: Trust, path: Path) -> None:
    """Check a manifest's signature and whether the station takes packs of that maker.

    Parameters
    ----------
    content
        The manifest's bytes as they stand in the pack.

    Raises
    ------
    InputError
        If the signature does not match, or the station asks for one that is not there or of somebody else.
    """
    signature = manifest.signature
    if signature is None:
        if trust.required:
            raise InputError("model.pack_not_signed", file=path)
        return
    if not matches(signature, content):
        raise InputError("model.pack_signature_wrong", file=path)
    if trust.required and signature.key not in trust.keys:
        raise InputError("model.pack_signer_unknown", file=path, signer=signature.key)


def signed_manifest(manifest: Manifest, key: Ed25519PrivateKey) -> bytes:
    """Return a manifest's bytes with this key's signature in it; an older signature is replaced."""
    public = key.public_key().public_bytes_raw().hex()
    blank = manifest.model_copy(update={"signature": Signature(key=public, value=BLANK)}).canonical_bytes()
    value = key.sign(blank).hex()
    signed = manifest.model_copy(update={"signature": Signature(key=public, value=value)})
    return signed.canonical_bytes()


def new_key(file: Path) -> str:
    """Write a new private key, readable by its owner only, and return its public key.

    Raises
    ------
    InputError
        If the file exists already or cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(content)
    except OSError as error:
        raise InputError("model.key_not_written", file=file, reason=technical(error)) from error
    return key.public_key().public_bytes_raw().hex()


def read_key(file: Path) -> Ed25519PrivateKey:
    """Read a private key (PEM, not encrypted).

    Raises
    ------
    InputError
        If the file is missing or holds no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(read_regular(file, _LARGEST_KEY), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("model.key_unreadable", file=file) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("model.key_unreadable", file=file)
    return key


def matches(signature: Signature, content: bytes) -> bool:
    """Return whether `content`, with `BLANK` in the signature's place, is what its key signed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    value = signature.value.encode()
    if content.count(value) != 1:
        return False
    try:
        maker = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key))
        maker.verify(bytes.fromhex(signature.value), content.replace(value, BLANK.encode()))
    except (InvalidSignature, ValueError):
        return False
    return True
