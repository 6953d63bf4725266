"""One of everything in a tenant, each marked with a word that no other tenant may ever read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.activities import claims, importing
from app.activities import service as activities
from app.activities.core import Ready
from app.activities.mapping import read_mapping
from app.contests import prizes, results, scoring
from app.contests import service as contests
from app.contests.models import ContestScore
from app.contests.rules import seal
from app.db.unit_of_work import settle_events, tenant_of
from app.destinations import queries as accounts
from app.destinations import service as destinations
from app.finance import statements
from app.finance.core import Month, month_before
from app.http.principal import Role, Scope
from app.kernel import clock
from app.kernel.ids import new_id
from app.kernel.money import MICROS
from app.payouts import collecting, paying
from app.payouts.models import DebtSettlement, PayoutDiscrepancy
from app.people import api_keys, logos, sessions
from app.people.models import Passkey, Person, SignInSession
from app.programs.models import SimulationRun
from app.providers import accounts as provider_accounts
from app.recognition import queries as badges
from app.rewards import cash, catalog_service, limits
from app.rewards import service as rewards
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Rule
from app.rewards.finance_models import ReconciliationFinding, RedemptionVerdict
from app.rewards.limits_core import Limit
from tests.contests.builders import rules, runner
from tests.ledger.builders import give_available
from tests.payouts.builders import iban
from tests.people.builders import give_person, give_session
from tests.people.pictures import logo_of
from tests.programs.builders import document, five_percent, give_program, give_quota
from tests.rewards.builders import FIFTY, offer_card, offer_night
from tests.rewards.methods import BY_HAND
from tests.rights.house import House

MAPPING: Final[dict[str, Any]] = {
    "fields": {
        "external_id": {"column": "Contract"},
        "person": {"column": "Rep", "by": "employee_number"},
        "occurred_at": {"column": "Signed"},
        "amount": {"column": "Value"},
        "currency": {"value": "EUR"},
    }
}


@dataclass
class Furniture:
    """The ids of what stands in a tenant, by the names that paths give them."""

    word: str
    ids: dict[str, str] = field(default_factory=dict)
    outsider: Person | None = None


def furnish(house: House, word: str) -> Furniture:
    """Give the tenant one of everything, and somebody outside the manager's part of the tree."""
    made = Furniture(word)
    rep = house.people[Role.REP]
    with house.work() as db:
        made.outsider = give_person(
            db,
            f"Outsider {word}",
            employee_number=f"OUT-{word}",
            email=f"outsider-{word}-{tenant_of(db).hex}@example.test",
        )
        rep_row = db.merge(rep, load=True)
        rep_row.name, rep_row.employee_number = f"Rep {word}", f"REP-{word}"
        db.flush()
        _programs(db, made, rep)
        _contests(db, made)
        _won(db, made, rep)
        for person in (rep, made.outsider):
            _work_of(db, made, person)
        _providers(db, made)
        _payouts(db, made, rep)
        _machines(db, made, rep)
        made.ids["digest"] = str(logos.keep(db, logo_of(made.word)).logo)
    _import(house, made)
    for prefix in ("", "outsider_"):
        made.ids[f"{prefix}line_id"] = _first_line(house, made.ids[f"{prefix}person_id"])
        with house.work() as db:
            award, *_ = badges.awards(db, UUID(made.ids[f"{prefix}person_id"]))
            made.ids[f"{prefix}award_id"] = str(award.id)
    return made


def _programs(db: Session, made: Furniture, rep: Person) -> None:
    year = clock.utc_now().year
    whole = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    program = give_program(db, five_percent(effective=whole), name=f"Program {made.word}")
    assert made.outsider is not None
    for person in (rep, made.outsider):
        give_quota(db, program, person.id, 10, first=date(year, 1, 1), last=date(year, 12, 31))
    made.ids["program_id"] = str(program.id)
    run = SimulationRun(
        tenant_id=tenant_of(db),
        id=new_id(),
        program_id=program.id,
        asked={},
        state="waiting",
        percent=0,
        result=None,
        asked_by="somebody",
        asked_at=clock.utc_now(),
    )
    db.add(run)
    db.flush()
    made.ids["simulation_id"] = str(run.id)


def _contests(db: Session, made: Furniture) -> None:
    now = clock.utc_now()
    stated = rules(
        name=f"Contest {made.word}",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=6),
    )
    draft = contests.draft(db, rules=stated, principal=runner(db))
    running = contests.launch(
        db,
        contests.draft(db, rules=stated, principal=runner(db)),
        principal=runner(db),
    )
    made.ids |= {"contest_id": str(running.id), "draft_contest_id": str(draft.id)}


def _won(db: Session, made: Furniture, rep: Person) -> None:
    """Let the rep have won money in a contest that is over."""
    now = clock.utc_now()
    worth = {"place_from": 1, "place_to": 1, "money": {"amount": "40.00", "currency": "EUR"}}
    stated = rules(
        name=f"Won {made.word}",
        starts_at=now - timedelta(days=9),
        ends_at=now - timedelta(days=2),
        prizes=[worth],
    )
    over = contests.draft(db, rules=stated, principal=runner(db))
    over.launched_at, over.finished_at, over.announced = stated.starts_at, now, "final"
    over.sha256 = seal(over.rules)
    db.flush()
    scoring.join(db, over.id, {rep.id})
    db.execute(
        update(ContestScore)
        .where(ContestScore.tenant_id == over.tenant_id, ContestScore.contest_id == over.id)
        .values(score_micros=MICROS, activities_count=1)
    )
    results.freeze(db, over)
    prizes.post(db, over)
    made.ids["won_contest_id"] = str(over.id)


def _work_of(db: Session, made: Furniture, person: Person) -> None:
    """Let a person sell, claim, have money and order something."""
    now = clock.utc_now()
    activities.record_activities(
        db,
        source=f"till {made.word}",
        rows=[
            Ready(
                external_id=f"{made.word}-{person.id}",
                person_id=person.id,
                occurred_at=now - timedelta(hours=1),
                amount_micros=100_000_000,
                currency="EUR",
                units_micros=1_000_000,
                customer_reference=f"{made.word}-{person.name}",
            )
        ],
    )
    settle_events(db)
    claim = claims.log_claim(
        db,
        person_id=person.id,
        product=f"Product {made.word}",
        amount_micros=50_000_000,
        currency="EUR",
        units_micros=0,
        customer_reference=f"C-{made.word}-{person.name}",
        occurred_on=now.date(),
        note=person.name,
    )
    released = give_available(db, person.id, 20_000)
    card, night = offer_card(db, codes=[f"CODE{person.id.hex}"]), offer_night(db)
    ordered = rewards.redeem(db, person_id=person.id, reward_id=card, money=FIFTY, today=now.date())
    wished = rewards.redeem(
        db,
        person_id=person.id,
        reward_id=night,
        money=type(FIFTY)(7_900, "EUR"),
        today=now.date(),
        wished_on=now.date() + timedelta(days=30),
        note=f"Note {made.word} {person.name}",
    )
    account = destinations.add(
        db,
        person_id=person.id,
        kind="us_ach",
        holder=f"Holder {made.word}",
        fields={"routing": "021000021", "account": str(person.id.int)[-12:]},
    )
    method = cash.allow(db, BY_HAND)
    assert method.id is not None
    paid = rewards.redeem(
        db,
        person_id=person.id,
        reward_id=method.id,
        money=type(FIFTY)(1_000, "EUR"),
        today=now.date(),
        destination=accounts.unseal(db, account),
        destination_id=account.id,
    )
    last_month = month_before(now.date())
    frozen = statements.freeze(db, person.id, Month(last_month, "Europe/Rome"))
    prefix = "outsider_" if person is made.outsider else ""
    made.ids |= {
        f"{prefix}statement_id": str(frozen.id),
        f"{prefix}person_id": str(person.id),
        f"{prefix}claim_id": str(claim.id),
        f"{prefix}transaction_id": str(released),
        f"{prefix}redemption_id": str(ordered.id),
        f"{prefix}wished_id": str(wished.id),
        f"{prefix}reward_id": str(card),
        f"{prefix}account_id": str(account.id),
        f"{prefix}method_id": str(method.id),
        f"{prefix}payout_id": str(paid.id),
    }


def _first_line(house: House, person_id: str) -> str:
    shown = house.client(Role.AUDITOR).get(f"/api/v1/people/{person_id}/earnings").json
    assert shown is not None
    return str(shown["lines"][0]["id"])


def _providers(db: Session, made: Furniture) -> None:
    """Give the tenant an account with a provider, something that does not agree, and a verdict on it."""
    rule = catalog_service.add_rule(db, Audience(), Rule("hide", "brand", f"Brand {made.word}"))
    made.ids["rule_id"] = str(rule.id)
    bound = Limit(Audience(), "brand", f"Brand {made.word}", "EUR", most=5_000)
    made.ids["limit_id"] = str(limits.add(db, bound).id)
    account = provider_accounts.add(
        db,
        provider="plum",
        label=f"Plum {made.word}",
        base_url="http://127.0.0.1:9",
        settings={},
        secrets={},
    )
    finding = ReconciliationFinding(
        tenant_id=tenant_of(db),
        id=new_id(),
        account_id=account.id,
        kind="theirs_only",
        order_key=f"key-{made.word}",
        reference="",
        ours="nothing",
        theirs="settled",
        found_at=clock.utc_now(),
        seen_at=clock.utc_now(),
        explained_by=new_id(),
        explained_at=clock.utc_now(),
        note=f"Explained by {made.word}",
    )
    verdict = RedemptionVerdict(
        tenant_id=tenant_of(db),
        id=new_id(),
        redemption_id=UUID(made.ids["redemption_id"]),
        verdict="settled",
        evidence=f"Seen by {made.word}",
        reference="",
        proposed_by=new_id(),
        proposed_at=clock.utc_now(),
        was_dropped=False,
    )
    db.add_all([finding, verdict])
    db.flush()
    made.ids |= {
        "provider_account_id": str(account.id),
        "finding_id": str(finding.id),
        "verdict_id": str(verdict.id),
    }


def _payouts(db: Session, made: Furniture, rep: Person) -> None:
    """Give the tenant an account it pays from, a batch, and something in it that does not agree."""
    account = paying.add(db, label=f"Bank {made.word}", settings=PAYS_FROM)
    line = collecting.add(
        db,
        account,
        collecting.New(
            key=new_id().hex,
            redemption_id=UUID(made.ids["payout_id"]),
            person_id=rep.id,
            money=type(FIFTY)(1_000, "EUR"),
            destination=iban(),
        ),
    )
    wrong = PayoutDiscrepancy(
        tenant_id=tenant_of(db),
        id=new_id(),
        batch_id=line.batch_id,
        line_id=line.id,
        kind="overpaid",
        currency="EUR",
        found_at=clock.utc_now(),
        note=f"Seen {made.word}",
    )
    settlement = DebtSettlement(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=rep.id,
        minor=1,
        currency="EUR",
        way="paid_back",
        note=f"Brought by {made.word}",
        proposed_by=new_id(),
        proposed_at=clock.utc_now(),
        was_dropped=False,
    )
    db.add_all([wrong, settlement])
    db.flush()
    made.ids |= {
        "paying_account_id": str(account.id),
        "batch_id": str(line.batch_id),
        "payment_id": str(line.id),
        "settlement_id": str(settlement.id),
        "discrepancy_id": str(wrong.id),
    }


def _machines(db: Session, made: Furniture, rep: Person) -> None:
    key, _ = api_keys.create_api_key(db, name=f"Key {made.word}", scopes=[Scope.PEOPLE_READ])
    give_session(db, rep)
    session = sessions.open_sessions(db, rep.id)[0]
    passkey = Passkey(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=rep.id,
        credential_id=new_id().bytes,
        public_key=b"",
        sign_count=0,
        transports=[],
        aaguid="",
        backup_eligible=False,
        backed_up=False,
        label=f"Passkey {made.word}",
        created_at=clock.utc_now(),
    )
    db.add(passkey)
    assert isinstance(session, SignInSession)
    made.ids |= {
        "key_id": str(key.id),
        "device_id": str(session.id),
        "passkey_id": str(passkey.id),
    }


def _import(house: House, made: Furniture) -> None:
    day = (clock.utc_now() - timedelta(days=1)).date()
    lines = [
        "Contract,Rep,Signed,Value",
        f"I-1,REP-{made.word},{day},10.00",
        f"I-2,NOBODY-{made.word},{day},20.00",
        f"I-3,NOBODY-{made.word},{day},30.00",
    ]
    with house.work() as db:
        entry = importing.take_file(
            db,
            source=f"file {made.word}",
            file_name=f"{made.word}.csv",
            content="\n".join(lines).encode(),
            mapping=read_mapping(MAPPING),
        )
    importing.run(lambda **_: house.work(), entry.id)
    made.ids |= {"import_id": str(entry.id), "row": "3", "name": f"file {made.word}"}


PAYS_FROM: Final = {
    "format": "pain.001.001.09",
    "currency": "EUR",
    "name": "Lumera",
    "zone": "Europe/Rome",
    "iban": "IT60X0542811101000000123456",
}

ELSEWHERE: Final = {
    ("PUT", "/api/v1/contests/<contest_id>"): {"contest_id": "draft_contest_id"},
    ("POST", "/api/v1/contests/<contest_id>/launch"): {"contest_id": "draft_contest_id"},
    ("GET", "/api/v1/me/payouts/<redemption_id>"): {"redemption_id": "payout_id"},
    ("GET", "/api/v1/me/prizes/<contest_id>"): {"contest_id": "won_contest_id"},
    ("POST", "/api/v1/redemptions/<redemption_id>/confirm"): {"redemption_id": "wished_id"},
    ("POST", "/api/v1/redemptions/<redemption_id>/refuse"): {"redemption_id": "wished_id"},
}
"""Where a path means another object than the one its place is named for."""


def bodies(made: Furniture) -> dict[tuple[str, str], Any]:
    """Return what to send where an empty body would be refused before anything is looked up."""
    stated = document(five_percent(), name=f"Program {made.word}")
    later = (clock.utc_now() + timedelta(days=7)).isoformat()
    soon = (clock.utc_now() + timedelta(days=1)).isoformat()
    tomorrow = (clock.utc_now() + timedelta(days=1)).date().isoformat()
    return {
        ("POST", "/api/v1/accounts/<account_id>/decide"): {"approve": True, "reason": "Seen."},
        ("POST", "/api/v1/claims/<claim_id>/refuse"): {"reason": "duplicate"},
        ("PUT", "/api/v1/contests/<contest_id>"): {
            "name": "Another",
            "zone": "Europe/Rome",
            "starts_at": soon,
            "ends_at": later,
            "participants": {"rule": "all"},
        },
        ("POST", "/api/v1/contests/<contest_id>/amendments"): {
            "reason": "A longer week",
            "ends_at": later,
        },
        ("POST", "/api/v1/imports/<import_id>/repairs"): {
            "reason": "unknown_person",
            "column": "Rep",
            "from": f"NOBODY-{made.word}",
            "to": f"REP-{made.word}",
        },
        ("PUT", "/api/v1/imports/<import_id>/rows/<row>"): {"values": {"Rep": f"REP-{made.word}"}},
        ("POST", "/api/v1/people/<person_id>/positions"): {"from_on": tomorrow},
        ("PUT", "/api/v1/people/<person_id>/roles"): {"roles": ["rep"]},
        ("POST", "/api/v1/payouts/batches/<batch_id>/prepare"): {"pay_on": tomorrow},
        ("POST", "/api/v1/payouts/batches/<batch_id>/void"): {"reason": "Wrong day."},
        ("POST", "/api/v1/payouts/batches/<batch_id>/confirmation"): {"sha256": "0" * 64},
        ("POST", "/api/v1/payouts/batches/<batch_id>/payments/<payment_id>/removal"): {
            "reason": "Not earned any more."
        },
        ("POST", "/api/v1/payouts/discrepancies/<discrepancy_id>/close"): {"note": "Asked back."},
        ("PUT", "/api/v1/payouts/accounts/<paying_account_id>"): {"settings": PAYS_FROM},
        ("PUT", "/api/v1/payout-methods/<method_id>"): {
            "name": "Bank",
            "provider": "manual",
            "currency": "EUR",
            "least": {"amount": "5.00", "currency": "EUR"},
            "fee": {"amount": "0.00", "currency": "EUR"},
            "is_instant": False,
            "arrives_hours": 48,
        },
        ("PUT", "/api/v1/catalog/limits/<limit_id>"): {
            "currency": "EUR",
            "most": {"amount": "50.00", "currency": "EUR"},
        },
        ("PUT", "/api/v1/provider-accounts/<provider_account_id>"): {
            "label": f"Plum {made.word}",
            "base_url": "http://127.0.0.1:9",
            "secrets": dict.fromkeys(
                ("client_id", "client_secret", "access_token", "refresh_token"), made.word
            ),
        },
        ("PUT", "/api/v1/provider-accounts/<provider_account_id>/secrets"): {
            "secrets": {"webhook_secret": made.word},
        },
        ("POST", "/api/v1/provider-accounts/<provider_account_id>/pause"): {"reason": "Audit."},
        ("POST", "/api/v1/reconciliation-findings/<finding_id>/explanation"): {
            "note": "Explained."
        },
        ("PUT", "/api/v1/me/redemptions/<redemption_id>/used"): {"used": True},
        ("POST", "/api/v1/me/redemptions/<redemption_id>/notices"): {"channel": "email"},
        ("POST", "/api/v1/redemptions/<redemption_id>/verdicts"): {
            "verdict": "settled",
            "evidence": "Their mail.",
        },
        ("PUT", "/api/v1/programs/<program_id>/draft"): {"document": stated},
        ("POST", "/api/v1/programs/<program_id>/validate"): {"document": stated},
        ("POST", "/api/v1/programs/<program_id>/amendments"): {
            "document": stated,
            "from": tomorrow,
            "reason": "Another year",
        },
        ("POST", "/api/v1/programs/<program_id>/simulate"): {"from": "2026-01-01", "to": tomorrow},
        ("PUT", "/api/v1/programs/<program_id>/enrolments"): {"rules": [{"kind": "everybody"}]},
        ("POST", "/api/v1/redemptions/<redemption_id>/confirm"): {"confirmed_on": tomorrow},
        ("POST", "/api/v1/redemptions/<redemption_id>/refuse"): {"reason": "Full."},
    }
