"""One case as a file has it, against what was told of it before: what is new, in which version, and what is deleted."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs

from connectors.admission import Admitted, Door, admit, rejection
from connectors.sources.logged import Fault, shown
from connectors.sources.memory import DIGEST_BYTES, UNSURE, Statement
from streams.wire import EPOCH, MICROSECOND, encode, type_name

Document = dict[str, Any]
#: What a document has of the place of its row in the file.
_OF_ITS_PLACE = ("sequence", "_at")


class Refused(Struct, frozen=True):
    """An event that the door did not admit, and the message that says so."""

    fault: Fault
    message: bytes | None


class Comparison(Struct):
    """`statements`: all that is known of the case once the messages are sent."""

    statements: dict[str, Statement] = {}
    messages: list[Admitted] = []
    refused: list[Refused] = []
    unchanged: int = 0


class Comparer(Struct, frozen=True):
    """Admits through one door, as of one moment, for one source.

    `is_log`: the source says itself what is deleted, so that what a file has no more stands.
    """

    door: Door
    source: str
    authority: str
    now: datetime
    is_log: bool = False

    def compared(
        self, number: str, known: Mapping[str, Statement], documents: Iterable[Document], *, line: int
    ) -> Comparison:
        """What the documents of one case say that is not known; records that they have no more are deleted.

        Versions of a record that the source numbers itself are all told, and the greatest is remembered; one version
        twice is told where it has two ids. A row that stands there twice says nothing new.
        """
        found = Comparison()
        told: dict[tuple[str, int | None], Document] = {}
        for document in documents:
            record = str(document.setdefault("recordkey", document["id"]))
            if _is_repeated(found, told, document, record, line=line):
                continue
            before = found.statements.get(record, known.get(record))
            statement = self._told(found, document, before, line=line)
            if statement is not None and (before is None or before.version <= statement.version):
                found.statements[record] = statement
            elif before is not None:
                found.statements[record] = before
        rest = {record: before for record, before in known.items() if record not in found.statements}
        if self.is_log:
            found.statements |= rest
            return found
        return self._without(found, number, rest, line=line)

    def gone(self, number: str, known: Mapping[str, Statement]) -> Comparison:
        """The deletion of every record of a case."""
        return self._without(Comparison(), number, known, line=0)

    def _told(self, found: Comparison, document: Document, before: Statement | None, *, line: int) -> Statement | None:
        """The statement as it stands now, and its message where it is new."""
        del document["_at"]
        stated = document.get("dataversion")
        version = stated or (before.version + 1 if before else 1)
        admitted = self._admit(found, document, version, line)
        if admitted is None:
            return before
        event = admitted.event
        digest = event.body_hash[:DIGEST_BYTES]
        if before is not None and before.digest == digest and stated in (None, before.version):
            found.unchanged += 1
            return before
        found.messages.append(admitted)
        at = (event.at - EPOCH) // MICROSECOND
        return Statement(event.record_key, event.type, at, version, digest, event.operation == "U")

    def _without(self, found: Comparison, number: str, rest: Mapping[str, Statement], *, line: int) -> Comparison:
        """Deletes the records that are left and stand; those deleted before are remembered for their version."""
        for record, before in rest.items():
            found.statements[record] = before
            if before.is_alive:
                admitted = self._admit(found, self._deletion(number, before), before.version + 1, line)
                if admitted is not None:
                    found.messages.append(admitted)
                    digest = admitted.event.body_hash[:DIGEST_BYTES]
                    found.statements[record] = structs.replace(
                        before, version=before.version + 1, digest=digest, is_alive=False
                    )
        return found

    def _deletion(self, number: str, before: Statement) -> Document:
        """A record that is told no more, at the time it had."""
        return {
            "specversion": "1.0",
            "type": type_name(before.type),
            "source": self.source,
            "id": f"{number}/{before.record}",
            "subject": number,
            "authority": self.authority,
            "time": (EPOCH + timedelta(microseconds=before.at)).isoformat(),
            "recordkey": before.record,
            "operation": "D",
        }

    def _admit(self, found: Comparison, document: Document, version: int, line: int) -> Admitted | None:
        document["dataversion"] = version
        if version > 1:
            document["id"] = f"{document['id']}/v{version}"
        admitted = admit(self.door, document, now=self.now)
        if isinstance(admitted, Admitted):
            return admitted
        original = b"" if admitted.code == "not_json" else encode(document)
        message = rejection(self.door, original, admitted, now=self.now)
        found.refused.append(Refused(Fault(admitted.code, line, admitted.field, admitted.detail), message))
        return None


def _is_repeated(
    found: Comparison, told: dict[tuple[str, int | None], Document], document: Document, record: str, *, line: int
) -> bool:
    """Whether the file has told this of the case already, noted as nothing new or, where the two disagree, refused."""
    stated = document.get("dataversion")
    said = {name: value for name, value in document.items() if name not in _OF_ITS_PLACE}
    before = told.setdefault((document["id"], stated), said)
    if before is not said and before == said:
        found.unchanged += 1
        return True
    if before is not said or (stated is None and record in found.statements):
        detail = f"record {shown(record)} is told twice"
        found.refused.append(Refused(Fault("repeated_record", line, None, detail), None))
        return True
    return False


def unsure(known: Mapping[str, Statement], maybe: Mapping[str, Statement]) -> dict[str, Statement]:
    """What is known of a case of which a run that died may have sent `maybe`: where they differ, nothing but the version."""
    return {
        record: statement
        if statement == known.get(record)
        else structs.replace(statement, digest=UNSURE, is_alive=True)
        for record, statement in maybe.items()
    }
