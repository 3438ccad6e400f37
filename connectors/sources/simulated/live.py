"""Live: the simulation as documents for `replay`, each with the instant at which it is sent."""

from collections.abc import Iterator

import msgspec

from connectors.sources.simulated.days import aware
from connectors.sources.simulated.diary import Diary
from connectors.sources.tell import Document

_decode = msgspec.json.Decoder(dict).decode


def documents(diary: Diary) -> Iterator[Document]:
    """Every message in the order of sending; `_at` is when it is sent, so that marks go on with the sending."""
    for page in diary.pages():
        for sent, _, message in page.messages:
            yield _decode(message) | {"_at": aware(sent)}
