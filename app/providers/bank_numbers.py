"""Bank account numbers: what can be told about one without asking anybody.

Check digits and registries find slips of the pen; whether the account exists and whose it is, only a
provider's `validate_account` can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from schwifty import BIC, IBAN
from schwifty.exceptions import (
    InvalidAccountCode,
    InvalidBankCode,
    InvalidBBANChecksum,
    InvalidBranchCode,
    InvalidChecksumDigits,
    InvalidCountryCode,
    InvalidLength,
    InvalidStructure,
    SchwiftyException,
)

DOTS: Final = "\N{BULLET}" * 4


class BadNumber(ValueError):
    """A number that cannot be right; `field` names the part of the destination, `code` the reason."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank of Indonesia: clearing code, name, the lengths its accounts have, the name Xendit gives it."""

    code: str
    name: str
    lengths: tuple[int, ...] = ()
    channel: str = ""


def check(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a destination as banks write them; raise BadNumber where one cannot be right."""
    reader = _READERS.get(kind)
    if reader is None:
        raise BadNumber("kind", "kind_unknown")
    return reader({name: text.strip() for name, text in fields.items()})


def check_iban(text: str) -> str:
    """Return the IBAN without blanks, in capitals (ISO 13616: country, length, structure, mod 97)."""
    try:
        return str(IBAN(_compact(text), validate_bban=True))
    except SchwiftyException as error:
        raise BadNumber("iban", _IBAN_CODES.get(type(error), "iban_structure")) from None


def check_bic(text: str, *, iban: str = "") -> str:
    """Return the BIC in capitals (ISO 9362); with an IBAN, its country has to be that of the account."""
    try:
        bic = BIC(_compact(text))
    except SchwiftyException:
        raise BadNumber("bic", "bic_structure") from None
    country = iban[:2]
    if country and bic.country_code not in {country, *_TERRITORIES.get(country, ())}:
        raise BadNumber("bic", "bic_other_country")
    return str(bic)


def check_ifsc(text: str) -> str:
    """Return the Indian branch code in capitals: four letters, a zero, six letters or digits (RBI)."""
    code = _compact(text)
    if not _IFSC.fullmatch(code):
        raise BadNumber("ifsc", "ifsc_structure")
    return code


def check_routing(text: str) -> str:
    """Return the US routing number: a range the Federal Reserve gave out, weights 3-7-1 to a multiple of 10."""
    digits = _compact(text)
    if not _is_digits(digits) or len(digits) != 9:
        raise BadNumber("routing", "routing_length")
    if not any(low <= int(digits[:2]) <= high for low, high in _ROUTING_RANGES):
        raise BadNumber("routing", "routing_range")
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True))
    if weighed % 10:
        raise BadNumber("routing", "routing_check_digit")
    return digits


def bank_of_indonesia(code: str) -> Bank | None:
    """Return the bank with this three-digit clearing code, None when there is none that we know."""
    return _BANKS.get(code.zfill(3))


def banks_of_indonesia() -> list[Bank]:
    """Return the banks of Indonesia by name, to choose from."""
    return sorted(_BANKS.values(), key=lambda bank: bank.name)


def bank_name(kind: str, fields: Mapping[str, str]) -> str:
    """Return the name of the bank where a registry here knows it, else an empty text."""
    if kind == "iban":
        return IBAN(fields["iban"], allow_invalid=True).bank_short_name or ""
    if kind == "id_bank":
        found = bank_of_indonesia(fields["bank_code"])
        return found.name if found else ""
    return ""


def country_of(kind: str, fields: Mapping[str, str]) -> str:
    """Return the ISO 3166 country in which the account is held."""
    return fields["iban"][:2] if kind == "iban" else _COUNTRY[kind]


def mask(kind: str, fields: Mapping[str, str]) -> str:
    """Return what a screen may show of the account: where it is, and its last four characters."""
    if kind == "iban":
        return f"{fields['iban'][:2]} {DOTS} {fields['iban'][-4:]}"
    where = {"ifsc": fields.get("ifsc", "")[:4], "us_ach": "US"}.get(kind) or bank_name(
        kind, fields
    )
    return f"{where} {DOTS} {fields['account'][-4:]}".strip()


def mask_name(name: str) -> str:
    """Return a name of which only the first letters can be read, so that nobody learns one by asking."""
    return " ".join(word[0] + "*" * max(len(word) - 1, 1) for word in name.split())


def payable_step(currency: str) -> int:
    """Return the smallest step banks pay, in minor units: rupiah has hundredths on paper only."""
    return 100 if currency == "IDR" else 1


def _read_iban(fields: Mapping[str, str]) -> dict[str, str]:
    iban = check_iban(fields.get("iban", ""))
    bic = fields.get("bic", "")
    return {"iban": iban} | ({"bic": check_bic(bic, iban=iban)} if bic else {})


def _read_ifsc(fields: Mapping[str, str]) -> dict[str, str]:
    return {
        "ifsc": check_ifsc(fields.get("ifsc", "")),
        "account": _account(fields, range(9, 19)),
    }


def _read_id_bank(fields: Mapping[str, str]) -> dict[str, str]:
    bank = bank_of_indonesia(fields.get("bank_code", ""))
    if bank is None:
        raise BadNumber("bank_code", "bank_unknown")
    return {"bank_code": bank.code, "account": _account(fields, bank.lengths or range(6, 17))}


def _read_us_ach(fields: Mapping[str, str]) -> dict[str, str]:
    kind = fields.get("type", "checking").lower()
    if kind not in ("checking", "savings"):
        raise BadNumber("type", "account_type_unknown")
    return {
        "routing": check_routing(fields.get("routing", "")),
        "account": _account(fields, range(4, 18)),
        "type": kind,
    }


def _account(fields: Mapping[str, str], lengths: range | tuple[int, ...]) -> str:
    # Stays text: a leading zero belongs to the number.
    account = _compact(fields.get("account", "")).replace("-", "")
    if not _is_digits(account):
        raise BadNumber("account", "account_digits")
    if len(account) not in lengths:
        raise BadNumber("account", "account_length")
    if not account.strip("0"):
        raise BadNumber("account", "account_zeros")
    return account


def _compact(text: str) -> str:
    return "".join(text.split()).upper()


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


_IFSC: Final = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")

_ROUTING_RANGES: Final = ((1, 12), (21, 32), (61, 72), (80, 80))

_COUNTRY: Final = {"ifsc": "IN", "id_bank": "ID", "us_ach": "US"}

_READERS: Final[Mapping[str, Callable[[Mapping[str, str]], dict[str, str]]]] = {
    "iban": _read_iban,
    "ifsc": _read_ifsc,
    "id_bank": _read_id_bank,
    "us_ach": _read_us_ach,
}

_IBAN_CODES: Final[Mapping[type[SchwiftyException], str]] = {
    InvalidCountryCode: "iban_country",
    InvalidLength: "iban_length",
    InvalidStructure: "iban_structure",
    InvalidChecksumDigits: "iban_check_digits",
    InvalidBBANChecksum: "iban_check_digits",
    InvalidBankCode: "iban_bank",
    InvalidBranchCode: "iban_bank",
    InvalidAccountCode: "iban_structure",
}

_TERRITORIES: Final = {
    # Places whose banks carry the IBAN of another country (ISO 13616 registry, "countries included").
    "FR": ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"),
    "GB": ("GG", "IM", "JE"),
    "FI": ("AX",),
}

_BANKS: Final[Mapping[str, Bank]] = {
    code: Bank(code, name, lengths, channel)
    for code, name, lengths, channel in (
        ("002", "BRI", (15,), "ID_BRI"),
        ("008", "Bank Mandiri", (13,), "ID_MANDIRI"),
        ("009", "BNI", (10,), "ID_BNI"),
        ("011", "Danamon", (), "ID_DANAMON"),
        ("013", "Permata", (), "ID_PERMATA"),
        ("014", "BCA", (10,), "ID_BCA"),
        ("016", "Maybank Indonesia", (), "ID_MAYBANK"),
        ("019", "Panin", (), "ID_PANIN"),
        ("022", "CIMB Niaga", (), "ID_CIMB"),
        ("023", "UOB Indonesia", (), "ID_UOB"),
        ("028", "OCBC", (), "ID_OCBC"),
        ("031", "Citibank", (), "ID_CITIBANK"),
        ("037", "Artha Graha Internasional", (), "ID_ARTHA"),
        ("042", "MUFG", (), ""),
        ("046", "DBS Indonesia", (), "ID_DBS"),
        ("050", "Standard Chartered", (), "ID_STANDARD_CHARTERED"),
        ("054", "Capital Indonesia", (), "ID_CAPITAL"),
        ("076", "Bumi Arta", (), ""),
        ("087", "HSBC Indonesia", (), "ID_HSBC"),
        ("095", "J Trust Indonesia", (), "ID_JTRUST"),
        ("097", "Mayapada", (), "ID_MAYAPADA"),
        ("110", "Bank BJB", (), "ID_BJB"),
        ("111", "Bank DKI", (), "ID_DKI"),
        ("112", "BPD DIY", (), ""),
        ("113", "Bank Jateng", (), ""),
        ("114", "Bank Jatim", (), ""),
        ("115", "Bank Jambi", (), "ID_JAMBI"),
        ("116", "Bank Aceh Syariah", (), "ID_ACEH"),
        ("117", "Bank Sumut", (), ""),
        ("118", "Bank Nagari", (), ""),
        ("119", "BRK Syariah", (), ""),
        ("120", "Bank Sumsel Babel", (), ""),
        ("121", "Bank Lampung", (), "ID_LAMPUNG"),
        ("122", "Bank Kalsel", (), ""),
        ("123", "Bank Kalbar", (), ""),
        ("124", "Bank Kaltimtara", (), ""),
        ("125", "Bank Kalteng", (), ""),
        ("126", "Bank Sulselbar", (), ""),
        ("127", "Bank SulutGo", (), ""),
        ("128", "Bank NTB Syariah", (), ""),
        ("129", "BPD Bali", (), "ID_BALI"),
        ("130", "Bank NTT", (), ""),
        ("131", "Bank Maluku Malut", (), ""),
        ("132", "Bank Papua", (), "ID_PAPUA"),
        ("133", "Bank Bengkulu", (), "ID_BENGKULU"),
        ("134", "Bank Sulteng", (), ""),
        ("135", "Bank Sultra", (), ""),
        ("137", "Bank Banten", (), ""),
        ("147", "Muamalat", (), "ID_MUAMALAT"),
        ("151", "Mestika Dharma", (), ""),
        ("153", "Sinarmas", (), "ID_SINARMAS"),
        ("157", "Maspion", (), "ID_MASPION"),
        ("161", "Ganesha", (), "ID_GANESHA"),
        ("164", "ICBC Indonesia", (), "ID_ICBC"),
        ("167", "QNB Indonesia", (), ""),
        ("200", "BTN", (), "ID_BTN"),
        ("212", "Woori Saudara", (), ""),
        ("213", "SMBC Indonesia", (), ""),
        ("426", "Bank Mega", (), "ID_MEGA"),
        ("441", "KB Bank", (), "ID_BUKOPIN"),
        ("451", "BSI", (10,), "ID_BSI"),
        ("484", "Hana Bank", (), "ID_HANA"),
        ("485", "MNC Bank", (), ""),
        ("490", "Neo Commerce", (), ""),
        ("494", "Bank Raya", (), ""),
        ("501", "blu by BCA Digital", (), ""),
        ("503", "Nobu", (), ""),
        ("506", "Mega Syariah", (), ""),
        ("517", "Panin Dubai Syariah", (), ""),
        ("521", "KB Bank Syariah", (), ""),
        ("523", "Sahabat Sampoerna", (), "ID_SAHABAT_SAMPOERNA"),
        ("535", "SeaBank", (), ""),
        ("536", "BCA Syariah", (), "ID_BCA_SYR"),
        ("542", "Bank Jago", (), "ID_JAGO"),
        ("547", "BTPN Syariah", (), ""),
        ("564", "Mandiri Taspen", (), ""),
        ("566", "Victoria", (), ""),
        ("567", "Allo Bank", (), ""),
        ("947", "Aladin Syariah", (), ""),
    )
}
