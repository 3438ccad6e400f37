"""统一社会信用代码: the unified code of companies and bodies, and its check character (GB 32100—2015)."""

_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_CHARACTERS)}
#: 3^(i−1) mod 31 for the first seventeen places.
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def is_valid_uscc(code: str) -> bool:
    """Whether the eighteenth character is the check of the seventeen before it."""
    if len(code) != 18 or not _VALUES.keys() >= set(code):
        return False
    total = sum(_VALUES[character] * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return _VALUES[code[17]] == (31 - total % 31) % 31
