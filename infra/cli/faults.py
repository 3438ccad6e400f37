"""Faults that a user can mend: shown as one line, without a traceback."""

import errno


def one_line(error: Exception) -> str | None:
    """What to say of an error, or None where it is a bug and must be seen whole."""
    name = type(error).__name__
    message = str(error).strip().splitlines()[0] if str(error).strip() else name
    if name in _SPEAKING:
        return str(error).strip()
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the disk is full ({error.filename}): make room, or set GOVPULSE_HOME to another disk"
    if isinstance(error, PermissionError):
        return f"{error.filename}: {error.strerror}: set GOVPULSE_HOME to a folder you may write to"
    module = type(error).__module__.partition(".")[0]
    if module in ("psycopg", "sqlalchemy") and name == "OperationalError":
        return f"the database does not answer: {message}; is it up? 'govpulse status', or check GOVPULSE_DATABASE"
    if module == "psycopg" and name == "InsufficientPrivilege":
        return f"the login of GOVPULSE_DATABASE may not do this: {message}"
    if module == "kafka":
        said = message.removeprefix(f"{name}: ")
        return (
            f"Kafka does not answer: {name}: {said}; is it up? 'govpulse status', or check GOVPULSE_KAFKA "
            "and, where it asks for a password, GOVPULSE_KAFKA_SASL_USERNAME and GOVPULSE_KAFKA_SASL_PASSWORD"
        )
    return None


#: Our own errors, whose messages name value, place and remedy.
_SPEAKING = frozenset(
    {
        "AlreadyReplaying",
        "BadDatabase",
        "BadMapping",
        "BrokenArtifact",
        "BuildFailed",
        "InvalidRows",
        "NoOutbox",
        "NoPseudonymKey",
        "NoReferenceData",
        "NotAllowed",
        "NotGranted",
        "NotNow",
        "NotQuarantined",
        "NotRunning",
        "PolledElsewhere",
        "PortTaken",
        "ServerFault",
        "SourceAway",
        "SourceQuarantined",
        "TooManyVanished",
        "UnknownKey",
        "UnknownSetting",
        "UnreadableFile",
        "WrongEntry",
        "WrongPatch",
        "WrongSelection",
        "WrongTopic",
        "WrongUsage",
    }
)
