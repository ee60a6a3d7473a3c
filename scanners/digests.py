"""The two digests that every run takes, without the start of OpenSSL, which takes longer than all that is digested."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b, sha256
else:
    try:
        from _blake2 import blake2b
        from _sha256 import sha256
    except ImportError:  # an interpreter that is built otherwise
        from hashlib import blake2b, sha256

__all__ = ["blake2b", "sha256"]
