"""What a page's document may load and run: what is Kleos' own, and the scripts that the build put into it."""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Final

_INLINE_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@lru_cache(maxsize=2)
def policy_of(built: bytes) -> str:
    """Names the scripts in the built document by their hashes: what comes into it later has none, and does not run."""
    hashes = [f"'sha256-{b64encode(sha256(text).digest()).decode()}'" for text in _INLINE_SCRIPT.findall(built)]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *hashes)),
            "style-src 'self'",
            "img-src 'self' data: https:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
