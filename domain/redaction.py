"""Keeps secrets, and where asked personal data, out of what is stored, shown or sent to a model."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

MARK = "[REDACTED]"
MIN_SECRET = 8
_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_(?:PWD|PAT|AUTH)$", re.IGNORECASE
)
_PASSWORD_NAME = re.compile(r"(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PWD)$", re.IGNORECASE)
_SHORT_PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*[^A-Za-z])\S{6,7}\Z")
_URL_PASSWORD = re.compile(r"://[^\s/@:]*:([^\s/@]+)@")
# Keys of the HTTP API, each with names around it: http_api.callers.read_keys.
_SEVERAL, _KEY_OF_ENTRY = "FABER_API_KEYS", re.compile(r"(?:^|[;\n])[^:;\n]*:[^:;\n]*:([^:;\n]+)")
_MOST_ROUNDS = 10
_SHORT = 200

# Quantifiers are bounded and neighbours never share characters, so a hostile text of a megabyte stays linear.
_VALUE = r"[A-Za-z0-9+/_~-]"
_NAMED = (
    r"(?:api|access|secret|private|signing|encryption)[_-]?key"
    r"|secret|token|passw(?:or)?d|passphrase|credentials?"
)
_PATTERNS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (
            r"()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,16384}"
            r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
            0,
        ),
        # A block that was cut off before its end.
        (
            r"()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:\s|\\[nr]){0,4}[A-Za-z0-9+/=]{16,}){1,400}",
            0,
        ),
        (
            r"(authorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:bearer|basic|token|negotiate)[ \t]{1,3})"
            r"[A-Za-z0-9._~+/=-]{8,}",
            re.IGNORECASE,
        ),
        (r"(\bbearer[ \t]{1,3})(?=[A-Za-z._~+/=-]{0,500}\d)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE),
        (
            r"((?:\bx-api-key|\bapi-key)[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?)[A-Za-z0-9._~+/=-]{8,}",
            re.IGNORECASE,
        ),
        (r"((?<![A-Za-z0-9]))sk-(?=[A-Za-z_-]{0,200}\d)[A-Za-z0-9_-]{16,}", 0),
        (
            r"((?<![A-Za-z0-9]))(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
            r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|xai-[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{20,}"
            r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}"
            r"|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}|ya29\.[A-Za-z0-9_-]{20,}"
            r"|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,}|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+)",
            0,
        ),
        (r"(://[^\s/@:\"'<>]{0,200}:)(?![${<%])[^\s/@\"'<>]{1,500}(?=@)", 0),
        (r"(://)(?![${<%])[A-Za-z0-9_-]{20,200}(?=@)", 0),
        # In program text most values beside such a name are expressions; a digit and no dot or bracket tells.
        (
            rf"((?:{_NAMED})[\"']?[ \t]{{0,3}}(?:=>|:=|[:=])[ \t]{{0,3}}[\"'])"
            r"(?=[^\s\"'\d]{0,200}\d)(?![${<])[^\s\"']{8,500}(?=[\"'])",
            re.IGNORECASE,
        ),
        (
            rf"((?:{_NAMED})[\"']?[ \t]{{0,3}}[:=][ \t]{{0,3}})"
            rf"(?=[A-Za-z+/_~-]{{0,200}}\d){_VALUE}{{8,500}}(?!{_VALUE}|[.(\[])={{0,2}}",
            re.IGNORECASE,
        ),
        (
            r"(^[ \t]{0,20}(?:export[ \t]{1,3})?"
            r"[A-Z0-9_]{0,60}(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)=[\"']?)"
            r"[^\s\"'$<{(\[]{8,}",
            re.MULTILINE,
        ),
    )
)


class Redactor:
    """Replaces these secrets, and whatever has the shape of one, by `[REDACTED]`.

    Values shorter than 8 characters are left out, for they occur in ordinary text, but for `passwords` of 6 or 7 that
    are not letters alone, where they stand alone. A secret is also known as its URL-quoted, JSON-escaped and Base64
    form. Redacting twice changes nothing, and no line gets another number."""

    def __init__(self, secrets: Iterable[str] = (), passwords: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret.strip()) >= MIN_SECRET for form in _forms(secret)}
        short = {form for one in passwords if _SHORT_PASSWORD.match(one.strip()) for form in _forms(one)}
        # What is part of the mark itself would be found again in every replacement.
        known = sorted((form for form in forms | short if form not in MARK), key=len, reverse=True)
        alone = {form: r"(?<![A-Za-z0-9])%s(?![A-Za-z0-9])" for form in short - forms}
        told = "|".join(alone.get(form, "%s") % re.escape(form) for form in known)
        self._known = re.compile(told) if told else None
        # Logs and telemetry say the same few words again and again.
        self._told_before = functools.lru_cache(maxsize=4096)(self._told_anew)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Redactor:
        """Knows the value of variables with KEY, TOKEN, SECRET, PASSWORD or the like in their name, and the
        password in any URL: a server that refuses it may name it without the URL around it."""
        named = list(_named_secrets(environment))
        # A short value of a KEY names a thing as often as it is a secret: `ed25519`.
        short = (one for name, one in named if _PASSWORD_NAME.search(name) or not _SECRET_NAME.search(name))
        return cls((value for _, value in named), short)

    def redact(self, text: str) -> str:
        # A replacement can bring together what was apart, so it goes on until nothing changes.
        for _ in range(_MOST_ROUNDS):
            cleaned = self._once(text)
            if cleaned == text:
                break
            text = cleaned
        return text

    __call__ = redact

    def without_known(self, value: Any) -> Any:
        """Replaces these secrets alone, in keys too. For data that a run goes on with: what only has the shape of a
        secret is kept. Goes through mappings and lists."""
        if self._known is None:
            return value
        if isinstance(value, Mapping):
            return {self.without_known(key): self.without_known(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.without_known(item) for item in value]
        return self._known.sub(_marked, value) if isinstance(value, str) else value

    def told(self, value: Any, name: str = "") -> Any:
        """For logs and telemetry, where no program text stands: also whatever is named like a secret, of any
        shape, and personal data. Goes through mappings and lists; other values than texts stay unless `name`, or
        their key, names a secret."""
        if isinstance(value, Mapping):
            return {key: self.told(item, str(key)) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.told(item, name) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if _AUTHORIZATION.search(name):
            return self._told(f"{name}: {value}").removeprefix(f"{name}: ")
        if _SECRET_KEY.search(name):
            return MARK
        return self._told(value) if isinstance(value, str) else value

    def _told(self, text: str) -> str:
        return self._told_before(text) if len(text) <= _SHORT else self._told_anew(text)

    def _told_anew(self, text: str) -> str:
        for _ in range(_MOST_ROUNDS):
            cleaned = redact_personal(_named(self._once(text)))
            if cleaned == text:
                break
            text = cleaned
        return text

    def _once(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(_marked, text)
        for pattern in _PATTERNS:
            text = pattern.sub(_marked, text)
        return text


def _marked(match: re.Match[str]) -> str:
    kept = match[1] if match.re.groups else ""
    return kept + MARK + "\n" * (match[0].count("\n") - kept.count("\n"))


# As `client_secret` and as `clientSecret`.
_WORD_BEGINS = r"(?:^|[._-]|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
_AUTHORIZATION = re.compile(rf"{_WORD_BEGINS}authorization$", re.IGNORECASE)
_SECRET_KEY = re.compile(rf"{_WORD_BEGINS}(?:{_NAMED}|set-cookie)$", re.IGNORECASE)
_BEHIND_A_NAME = re.compile(
    rf"(?P<kept>(?:{_NAMED}|authorization)(?:\\{{0,4}}[\"'])?[ \t]{{0,3}}(?:=>|:=|[:=])[ \t]{{0,3}}"
    r"(?:(?:bearer|basic|token|negotiate|digest)[ \t]{1,3})?+"
    r"(?P<quote>\\{0,4}[\"'])?+(?:(?:bearer|basic|token|negotiate|digest)[ \t]{1,3})?+)"
    r"(?!\[REDACTED)(?(quote)[^\"'\r\n]{1,16384}|[^\s\"',;&)}\]]{1,16384})",
    re.IGNORECASE,
)


def _named(text: str) -> str:
    """Replaces what stands behind the name of a secret, whatever it looks like."""
    return _BEHIND_A_NAME.sub(lambda match: match["kept"] + MARK, text)


_BY_SHAPE = Redactor()


def redact(text: str) -> str:
    """Replaces what has the shape of a secret; a `Redactor` also knows the secrets of an environment."""
    return _BY_SHAPE.redact(text)


def conceal(value: Any, name: str = "") -> Any:
    """For people who look at data that is theirs: what is named like a secret or has the shape of one, and nothing
    else, is replaced. Goes through mappings and lists."""
    if isinstance(value, Mapping):
        return {key: conceal(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [conceal(item, name) for item in value]
    if value is not None and not isinstance(value, bool) and _names_secret(name):
        return MARK
    return redact(value) if isinstance(value, str) else value


def _names_secret(name: str) -> bool:
    return bool(_SECRET_KEY.search(name) or _AUTHORIZATION.search(name))


def _forms(secret: str) -> set[str]:
    bare = secret.strip()
    forms = {bare}
    for text in {secret, bare}:
        raw = text.encode("utf-8", "surrogatepass")
        forms |= {quote(raw, safe=""), quote(raw), json.dumps(text)[1:-1], base64.b64encode(raw).decode()}
    return forms


class KnownSecrets:
    """The secrets of an environment that nobody writes by chance: 16 characters, letters and digits, no path."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._forms = {
            name: tuple(_byte_forms(value.strip()))
            for name, value in secrets
            if _CHANCELESS.match(value.strip())
        }

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> KnownSecrets:
        return cls(_named_secrets(environment))

    def names_in(self, content: bytes) -> list[str]:
        """The variables whose value stands in there, plain, hexadecimal, or anywhere within Base64."""
        return [name for name, forms in self._forms.items() if any(form in content for form in forms)]


_CHANCELESS = re.compile(r"(?!/)(?=\S*\d)(?=\S*[A-Za-z])\S{16,}\Z")


def _named_secrets(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environment.items():
        if _SECRET_NAME.search(name):
            yield name, value
        for found in _URL_PASSWORD.findall(value):
            yield name, found
            yield name, unquote(found)
        if name == _SEVERAL:
            for found in _KEY_OF_ENTRY.findall(value):
                yield name, found


def _byte_forms(secret: str) -> set[bytes]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {raw, quote(raw, safe="").encode(), raw.hex().encode()}
    for before in range(3):
        # What stands around it decides the first and the last characters.
        forms.add(base64.b64encode(b"-" * before + raw)[4:-4])
    return forms


_CARD = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])")
_CARD_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[04-9]|6")
_SSN = re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_PHONE_DIGITS = range(8, 16)
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}"
    r"|(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w-]|\.\d)"
)
# `git@host:path` names a repository, not a person.
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?!git@)[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)


def redact_personal(text: str) -> str:
    """Replaces e-mail addresses, telephone, US social security and payment card numbers."""
    text = _CARD.sub(_if("[REDACTED_PAN]", _is_card), text)
    text = _SSN.sub("[REDACTED_SSN]", text)
    text = _PHONE.sub(_if("[REDACTED_PHONE]", lambda digits: len(digits) in _PHONE_DIGITS), text)
    return _EMAIL.sub("[REDACTED_EMAIL]", text)


def _if(mark: str, fits: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    """A replacement for those matches whose digits fit."""
    return lambda match: mark if fits(re.sub(r"\D", "", match[0])) else match[0]


def _is_card(digits: str) -> bool:
    luhn = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return bool(_CARD_ISSUERS.match(digits)) and sum(sum(divmod(value, 10)) for value in luhn) % 10 == 0
