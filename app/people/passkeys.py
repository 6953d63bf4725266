"""Passkeys: making one, proving one (WebAuthn Level 3, with py_webauthn for the cryptography)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

import webauthn
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.people.challenges import LIFETIME, Asked
from app.people.client_data import CREATE, GET, check_client_data
from app.people.errors import AlreadyTaken, BadCeremony, LastPasskey
from app.people.models import Passkey, Person
from app.settings import Settings

T = TypeVar("T")

ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
]
_TIMEOUT_MS: Final = int(LIFETIME.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Proof:
    """A passkey that has just proved its person present and verified."""

    passkey: Passkey
    counter_went_back: bool


def registration_options(
    db: Session, settings: Settings, person: Person, asked: Asked
) -> dict[str, Any]:
    """Return what the browser needs to make a discoverable passkey that verifies its person."""
    options = webauthn.generate_registration_options(
        rp_id=settings.passkey_domain,
        rp_name="Laurel",
        user_id=person.user_handle,
        user_name=person.email or person.name,
        user_display_name=person.name,
        challenge=asked.challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(passkeys_of(db, person.id)),
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


def assertion_options(
    settings: Settings, asked: Asked, allowed: Sequence[Passkey] = ()
) -> dict[str, Any]:
    """Return what the browser needs to prove a passkey: any of ours, or one of `allowed`."""
    options = webauthn.generate_authentication_options(
        rp_id=settings.passkey_domain,
        challenge=asked.challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def register(
    db: Session,
    settings: Settings,
    person: Person,
    asked: Asked,
    credential: Mapping[str, Any],
    *,
    label: str,
) -> Passkey:
    """Keep a new passkey of `person`; raise BadCeremony unless it answers `asked` properly."""
    _check(credential, CREATE, asked, settings)
    made = _refuse_what_fails(
        lambda: webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=asked.challenge,
            expected_rp_id=settings.passkey_domain,
            expected_origin=list(settings.origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    )
    if tenant_of_passkey(db, made.credential_id) is not None:
        raise AlreadyTaken("This passkey is in use already.", field="credential")
    passkey = Passkey(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=person.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=_transports(credential),
        aaguid=made.aaguid,
        backup_eligible=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=made.credential_backed_up,
        label=label,
        created_at=work_of(db).now,
    )
    db.add(passkey)
    db.flush()
    audit.record(
        db,
        action="passkey.added",
        object_kind="person",
        object_id=person.id,
        after={"passkey_id": str(passkey.id)},
    )
    return passkey


def prove(
    db: Session,
    settings: Settings,
    asked: Asked,
    credential: Mapping[str, Any],
    *,
    handle_needed: bool = False,
) -> Proof:
    """Return the passkey that answered `asked`; raise BadCeremony when none did.

    A counter that did not grow is reported, not refused: what it means depends on what is asked for.
    """
    _check(credential, GET, asked, settings)
    passkey = db.scalar(
        select(Passkey).where(Passkey.credential_id == _decode(credential["rawId"]))
    )
    if passkey is None:
        raise BadCeremony("This passkey is not known here.")
    proved = _refuse_what_fails(
        lambda: webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=asked.challenge,
            expected_rp_id=settings.passkey_domain,
            expected_origin=list(settings.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # judged below: sign-in and money differ
            require_user_verification=True,
        )
    )
    eligible = proved.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    if eligible != passkey.backup_eligible:
        raise BadCeremony("This passkey changed its nature, which none may.")
    _refuse_foreign_handle(db, passkey, credential, needed=handle_needed)
    counts = proved.new_sign_count > 0 or passkey.sign_count > 0
    went_back = counts and proved.new_sign_count <= passkey.sign_count
    passkey.sign_count = max(passkey.sign_count, proved.new_sign_count)
    passkey.backed_up = proved.credential_backed_up
    passkey.last_used_at = work_of(db).now
    if went_back:
        passkey.suspect_at = work_of(db).now
    return Proof(passkey, went_back)


def tenant_of_passkey(db: Session, credential_id: bytes) -> UUID | None:
    """Return which tenant a credential belongs to, seen from outside the wall."""
    return db.scalar(select(func.laurel_tenant_of_passkey(credential_id)))


def credential_id_of(credential: Mapping[str, Any]) -> bytes:
    """Return the id that a credential claims; raise BadCeremony when it is not readable."""
    return _decode(credential["rawId"])


def passkeys_of(db: Session, person_id: UUID) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    return list(db.scalars(_of(person_id)))


def _of(person_id: UUID) -> Select[Passkey]:
    return select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)


def remove(db: Session, *, person_id: UUID, passkey_id: UUID) -> None:
    """Forget a passkey of a person; the last one stays."""
    # All are locked, so that two removals at once do not each count the other's.
    mine = db.scalars(_of(person_id).with_for_update()).all()
    found = next((passkey for passkey in mine if passkey.id == passkey_id), None)
    if found is None:
        raise NotFound("There is no such passkey.")
    if len(mine) == 1:
        raise LastPasskey("Add another passkey before you remove this one.")
    db.delete(found)
    audit.record(
        db,
        action="passkey.removed",
        object_kind="person",
        object_id=person_id,
        before={"passkey_id": str(passkey_id)},
    )


def _check(credential: Mapping[str, Any], kind: str, asked: Asked, settings: Settings) -> None:
    check_client_data(
        _decode(credential["response"]["clientDataJSON"]),
        kind=kind,
        challenge=bytes_to_base64url(asked.challenge),
        origins=settings.origins,
    )


def _refuse_foreign_handle(
    db: Session, passkey: Passkey, credential: Mapping[str, Any], *, needed: bool
) -> None:
    # Absent where the browser was told which passkeys to use; what is there must be the person's.
    handle = credential["response"].get("userHandle")
    person = db.get(Person, (passkey.tenant_id, passkey.person_id))
    if person is None or not person.active:
        raise BadCeremony("This passkey is not known here.")
    if (needed or handle is not None) and _decode(handle or "") != person.user_handle:
        raise BadCeremony("This passkey belongs to somebody else.")


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in passkeys]


def _transports(credential: Mapping[str, Any]) -> list[str]:
    return sorted(credential["response"].get("transports") or [])


def _decode(text: str) -> bytes:
    return _refuse_what_fails(lambda: base64url_to_bytes(text))


def _refuse_what_fails(verify: Callable[[], T]) -> T:
    # A forged credential breaks the library's parsers in many ways (CBOR, DER, curves, lengths), each
    # with an exception of its own. All of them mean the same: nothing was proved.
    try:
        return verify()
    except Exception as error:
        raise BadCeremony("The passkey did not prove anything.") from error
