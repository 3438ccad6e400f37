"""Tellings: which of several sources' events about one record counts, as for every other record (reading-a-case §1.3)."""

#: The precedence of an event's source; 0 where it is not registered any more.
_PRECEDENCE = """coalesce(
    (select s.precedence from reference.source as s where s.source = {event}.source and s.until_version is null), 0
)"""


def preceded(event: str) -> str:
    """SQL: whether a source that precedes the event's own tells its record; between equals the smaller URI counts.

    `offset 0` has it asked for each event, by index; it would be joined with all events of the log.
    """
    theirs, mine = _PRECEDENCE.format(event="rival"), _PRECEDENCE.format(event=event)
    return f"""exists (
        select from raw.event as rival
        where rival.topic = {event}.topic and rival.subject_key = {event}.subject_key
            and rival.record_key = {event}.record_key and rival.source <> {event}.source
            and rival.operation = 'U' and rival.verdict = 'accepted' and not rival.is_superseded
            and (-{theirs}, rival.source) < (-{mine}, {event}.source)
        offset 0
    )"""
