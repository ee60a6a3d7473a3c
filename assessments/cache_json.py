"""JSON instead of pickles for what Django keeps in the cache server."""

import json
from typing import Any


class JsonSerializer:
    """What ``RedisCache`` expects of a serializer, for JSON values. Integers stay bare for ``incr``."""

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
