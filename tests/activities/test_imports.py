"""A file is taken in once, row by row accounted for, from any point it stopped at."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.activities import importing, preview, quarantine, queries
from app.activities.mapping import read_mapping
from app.http.principal import Role
from app.kernel import clock
from tests.activities.conftest import RunImport
from tests.activities.test_recording import counted_micros
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant, sign_in

MAPPING: dict[str, Any] = {
    "fields": {
        "external_id": {"column": "Contract"},
        "person": {"column": "Rep", "by": "employee_number"},
        "occurred_at": {"column": "Signed"},
        "amount": {"column": "Value"},
    },
    "formats": {"date": "dd/mm/yyyy", "number": "1.234.567,89"},
}
FILE = """Contract,Rep,Signed,Value
C-1,MI-0474,19/11/2026,"1.284,50"
C-2,MI-0447,19/11/2026,"100,00"
C-3,MI-0447,19/11/2026,"100,00"
C-4,MI-0474,31/11/2026,"100,00"
C-5,MI-0474,19/11/2026,"12,34.5"
C-1,MI-0474,19/11/2026,"1.284,50"
C-6,,19/11/2026,"1,00"
"""


@pytest.fixture
def rep(work: Work) -> UUID:
    with work() as db:
        give_tenant(db)
        return give_person(db, "Giulia Ferrante", employee_number="MI-0474").id


@pytest.fixture
def client(app: Flask, work: Work, rep: UUID) -> FlaskClient:
    client = app.test_client()
    with work(now=clock.utc_now()) as db:
        admin = give_person(db, "Ada Admin", [Role.PROGRAM_ADMIN])
        client.environ_base |= {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in sign_in(client, db, admin).items()
        }
    return client


def reasons(client: FlaskClient, import_id: UUID) -> dict[int, str]:
    rows = client.get(f"/api/v1/imports/{import_id}/rows").json["items"]
    return {row["row"]: row["reasons"][0]["code"] for row in rows}


def test_every_row_is_accounted_for_with_its_reason(
    run_import: RunImport, rep: UUID, client: FlaskClient, work: Work
) -> None:
    counts = run_import(FILE, MAPPING)

    assert (counts["rows"], counts["accepted"], counts["quarantined"]) == (7, 1, 6)
    assert reasons(client, counts["id"]) == {
        3: "unknown_person",
        4: "unknown_person",
        5: "not_a_date",
        6: "not_a_number",
        7: "repeated",
        8: "no_person",
    }
    with work() as db:
        assert counted_micros(db) == 1_284_500_000


def test_one_repair_fixes_every_row_that_shares_a_misspelled_code(
    run_import: RunImport, client: FlaskClient, work: Work
) -> None:
    import_id = run_import(FILE, MAPPING)["id"]
    [suggestion] = client.get(f"/api/v1/imports/{import_id}").json["suggestions"]

    answer = client.post(
        f"/api/v1/imports/{import_id}/repairs",
        json={key: suggestion[key] for key in ("reason", "column", "from", "to")},
    )

    assert (suggestion["from"], suggestion["to"], suggestion["rows"]) == ("MI-0447", "MI-0474", 2)
    assert answer.json == {"repaired": 2, "next_cursor": None}
    shown = client.get(f"/api/v1/imports/{import_id}").json
    assert (shown["fixed"], shown["quarantined"], shown["done"]) == (2, 4, 7)
    with work() as db:
        assert counted_micros(db) == 1_484_500_000


def test_a_row_is_repaired_in_place_and_counts_at_once(
    run_import: RunImport, client: FlaskClient, work: Work
) -> None:
    import_id = run_import(FILE, MAPPING)["id"]
    path = f"/api/v1/imports/{import_id}/rows/5"

    still_wrong = client.put(path, json={"values": {"Signed": "30/02/2026"}})
    right = client.put(path, json={"values": {"Signed": "30/11/2026"}})
    again = client.put(path, json={"values": {"Signed": "30/11/2026"}})

    assert still_wrong.json["errors"][0]["pointer"] == "/values/Signed"
    assert (right.json["state"], right.json["outcome"]) == ("repaired", "fixed")
    assert again.json["code"] == "wrong_state"


def test_a_row_that_comes_twice_stays_aside_until_it_is_dismissed(
    run_import: RunImport, client: FlaskClient
) -> None:
    import_id = run_import(FILE, MAPPING)["id"]

    checked = client.post(f"/api/v1/imports/{import_id}/check-again")
    dismissed = client.post(f"/api/v1/imports/{import_id}/rows/7/dismiss")

    assert checked.json == {"repaired": 0, "next_cursor": None}
    assert dismissed.json["state"] == "dismissed"
    assert len(client.get(f"/api/v1/imports/{import_id}/rows?state=open").json["items"]) == 5


def test_what_was_dismissed_is_no_longer_counted_as_set_aside(
    run_import: RunImport, client: FlaskClient
) -> None:
    import_id = run_import(FILE, MAPPING)["id"]
    other = run_import(FILE.replace("C-", "D-"), MAPPING)["id"]

    client.post(f"/api/v1/imports/{import_id}/rows/7/dismiss")
    client.post(f"/api/v1/imports/{import_id}/rows/8/dismiss")

    listed = {entry["id"]: entry for entry in client.get("/api/v1/imports").json["items"]}
    shown = client.get(f"/api/v1/imports/{import_id}").json
    assert (shown["quarantined"], shown["dismissed"]) == (4, 2)
    assert listed[str(import_id)] == {name: shown[name] for name in listed[str(import_id)]}
    assert (listed[str(other)]["quarantined"], listed[str(other)]["dismissed"]) == (6, 0)
    for entry in listed.values():
        outcomes = ("accepted", "fixed", "quarantined", "dismissed", "refused")
        assert sum(entry[name] for name in outcomes) == entry["done"]


def test_checking_again_lets_rows_of_people_in_who_are_known_by_now(
    run_import: RunImport, client: FlaskClient, work: Work
) -> None:
    import_id = run_import(FILE, MAPPING)["id"]
    with work() as db:
        give_person(db, "Newly Known", employee_number="MI-0447")

    assert client.post(f"/api/v1/imports/{import_id}/check-again").json == {
        "repaired": 2,
        "next_cursor": None,
    }


def test_many_rows_are_checked_again_part_by_part(
    run_import: RunImport, client: FlaskClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "AT_ONCE", 2)
    lines = [f'P-{number},Late,19/11/2026,"10,00"' for number in (1, 2, 3, 4, 3)]
    import_id = run_import("\n".join(["Contract,Rep,Signed,Value", *lines]), MAPPING)["id"]
    path, cursor, repaired = f"/api/v1/imports/{import_id}/check-again", None, []
    with work() as db:
        give_person(db, "Late", employee_number="Late")

    while not repaired or cursor:
        part = client.post(path, query_string={"cursor": cursor} if cursor else {}).json
        cursor, repaired = part["next_cursor"], [*repaired, part["repaired"]]

    assert repaired == [2, 2, 0]
    assert client.get(f"/api/v1/imports/{import_id}").json["quarantined"] == 1
    assert client.post(path, query_string={"cursor": "nonsense"}).status_code == 422


def test_what_is_set_aside_is_downloaded_without_a_formula_that_runs(
    run_import: RunImport, client: FlaskClient
) -> None:
    content = 'Contract,Rep,Signed,Value\n"=HYPERLINK(""http://x"")",nobody,19/11/2026,"-1,00"\n'
    import_id = run_import(content, MAPPING)["id"]

    answer = client.get(f"/api/v1/imports/{import_id}/quarantine.csv")

    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[1].startswith("\"'=HYPERLINK")
    assert '"-1,00"' in answer.text


def test_the_same_file_twice_changes_nothing(run_import: RunImport, rep: UUID, work: Work) -> None:
    run_import(FILE, MAPPING)

    second = run_import(FILE, None)

    assert (second["accepted"], second["unchanged"]) == (1, 1)
    with work() as db:
        table = queries.activities_table()
        assert db.scalar(select(func.count()).select_from(table)) == 1


def test_a_changed_row_of_a_later_file_is_a_revision(
    run_import: RunImport, rep: UUID, work: Work
) -> None:
    run_import(FILE, MAPPING)

    later = run_import(FILE.replace("1.284,50", "1.000,00"), MAPPING)

    assert (later["accepted"], later["unchanged"]) == (1, 0)
    with work() as db:
        assert counted_micros(db) == 1_000_000_000


class _PowerCut(BaseException):
    """The process is gone."""


def test_an_import_that_died_goes_on_from_its_last_batch(
    work: Work, rep: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    lines = [f'C-{n % 40},MI-0474,19/11/2026,"1,00"' for n in range(55)]
    content = "\n".join(["Contract,Rep,Signed,Value", *lines]).encode()
    mapping = {
        **MAPPING,
        "fields": {**MAPPING["fields"], "external_id": {"column": "Contract", "repeats": "count"}},
    }
    with work() as db:
        entry = importing.take_file(
            db, source="till", file_name="a.csv", content=content, mapping=read_mapping(mapping)
        )
    opened = iter(range(100))

    def fragile(**more: Any) -> Any:
        if next(opened) == 4:
            raise _PowerCut
        return work(**more)

    with pytest.raises(_PowerCut):
        importing.run(fragile, entry.id)
    with work() as db:
        before = queries.get_import(db, entry.id).rows_done
    importing.run(work, entry.id)

    with work() as db:
        done = queries.get_import(db, entry.id)
        assert (before, done.rows_done, done.accepted, done.state) == (30, 55, 55, "done")
        assert counted_micros(db) == 55_000_000


def test_an_import_that_breaks_each_time_it_is_tried_ends_as_failed(
    client: FlaskClient, run_jobs: Callable[[], None], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/imports/{upload(client, FILE.encode()).json['id']}"
    client.post(f"{path}/preview", json={"mapping": MAPPING})
    client.post(f"{path}/start")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(importing, "_write_batch", broken)
    seen = []
    for _ in range(6):
        with work() as db:
            db.execute(
                text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
            )
        run_jobs()
        seen.append(client.get(path).json["state"])

    assert seen == ["running"] * 5 + ["failed"]
    assert client.get(path).json["problem"]["code"] == "reading_broke"


def upload(client: FlaskClient, content: bytes, name: str = "week-47.csv") -> Any:
    form = {"source": "contracts", "file": (io.BytesIO(content), name)}
    answer = client.post("/api/v1/imports", data=form, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # a large form is a file that the client forgets
    return answer


def test_a_packed_file_is_read_as_what_it_holds(client: FlaskClient, work: Work) -> None:
    uploaded = upload(client, gzip.compress(FILE.encode()), "week-47.csv.gz")
    damaged = upload(client, gzip.compress(FILE.encode())[:60], "week-48.csv.gz")

    seen = client.post(f"/api/v1/imports/{uploaded.json['id']}/preview", json={}).json
    assert uploaded.json["file_name"] == "week-47.csv"
    assert seen["columns"] == ["Contract", "Rep", "Signed", "Value"]
    assert (damaged.status_code, damaged.json["params"]["reason"]) == (422, "malformed")


def test_a_packed_file_that_unfolds_to_too_much_is_refused(client: FlaskClient) -> None:
    bomb = upload(client, gzip.compress(b"0" * (importing.MAX_BYTES + 1)), "bomb.csv.gz")

    assert bomb.json["params"]["reason"] == "too_large"


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-8"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_beginning_of_a_large_file_ends_between_two_lines(
    client: FlaskClient, encoding: str, mark: str
) -> None:
    # Of \u010a and the break after it, two bytes across both look like a break.
    line = 'C-{},MI-0474,19/11/2026,"1,00",{}\u010a\n'
    lines = [line.format(n, "word " * (10 + n % 7)) for n in range(70_000)]
    content = "".join([mark, "Contract,Rep,Signed,Value,Note\n", *lines]).encode(encoding)
    path = f"/api/v1/imports/{upload(client, content[:5_000_000]).json['id']}"

    seen = client.post(f"{path}/preview", json={"mapping": MAPPING})
    dry = client.post(f"{path}/dry-run")

    assert (seen.status_code, seen.json["detected"]["encoding"]) == (200, encoding)
    assert seen.json["problems"] == []
    assert (dry.status_code, dry.json["rows"], dry.json["accepted"]) == (200, 5_000, 5_000)


@pytest.mark.parametrize("named", ["Signed", "Firmato", "Signé", "Ditandatangani"])
def test_the_day_of_the_sale_is_guessed_in_the_language_of_the_file(named: str) -> None:
    guess = preview.suggest(["Contratto", named], [["C-1", "19/11/2026"], ["C-2", "20/11/2026"]])

    assert guess["fields"]["occurred_at"] == {"column": named}


@pytest.mark.parametrize(
    ("source", "code"), [(" ", "missing"), ("x" * 201, "too_long"), ("x\0", "control_character")]
)
def test_what_is_wrong_with_a_source_is_said(client: FlaskClient, source: str, code: str) -> None:
    form = {"source": source, "file": (io.BytesIO(b"a"), "a.csv")}

    answer = client.post("/api/v1/imports", data=form, content_type="multipart/form-data")

    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/source", code)]
    assert answer.json["detail"] == answer.json["errors"][0]["detail"]


def test_nothing_that_is_sent_with_a_file_is_dropped_in_silence(client: FlaskClient) -> None:
    form = {
        "source": ["one", "two"],
        "sauce": "x",
        "file": [(io.BytesIO(b"a"), "a.csv"), (io.BytesIO(b"b"), "b.csv")],
        "other/one": (io.BytesIO(b"c"), "c.csv"),
    }

    answer = client.post("/api/v1/imports", data=form, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert {one["pointer"]: one["code"] for one in answer.json["errors"]} == {
        "/file": "twice",
        "/other~1one": "extra_forbidden",
        "/source": "twice",
        "/sauce": "extra_forbidden",
    }


@pytest.mark.parametrize("what", ["start", "dry-run"])
def test_a_body_is_refused_where_nothing_would_be_heeded(client: FlaskClient, what: str) -> None:
    path = f"/api/v1/imports/{upload(client, FILE.encode()).json['id']}"
    client.post(f"{path}/preview", json={"mapping": MAPPING})

    refused = client.post(f"{path}/{what}", json={"rows": 10})
    listed = client.post(f"{path}/{what}", json=[1])
    nonsense = client.post(f"{path}/{what}", data=b"{", content_type="application/json")

    assert [one["pointer"] for one in refused.json["errors"]] == ["/rows"]
    assert (refused.status_code, listed.status_code, nonsense.status_code) == (422, 422, 400)
    assert client.get(path).json["state"] == "uploaded"
    assert client.post(f"{path}/{what}", json={}).status_code == 200


def test_what_a_file_brings_is_no_longer_than_what_can_be_posted(
    run_import: RunImport, rep: UUID, client: FlaskClient
) -> None:
    lines = [f'{"C" * length},MI-0474,19/11/2026,"1,00"' for length in (200, 201)]
    head = "Contract,Rep,Signed,Value"
    counted = {**MAPPING["fields"], "external_id": {"column": "Contract", "repeats": "count"}}

    plain = run_import("\n".join([head, *lines]), MAPPING)
    numbered = run_import("\n".join([head, *lines]), {**MAPPING, "fields": counted}, source="b")
    named = {**MAPPING["fields"], "customer_reference": {"column": "Rep"}}
    named["person"] = {"value": "MI-0474", "by": "employee_number"}
    longer = f'{head}\nC-1,{"x" * 201},19/11/2026,"1,00"\n'
    customer = run_import(longer, {**MAPPING, "fields": named}, source="c")

    assert (plain["accepted"], reasons(client, plain["id"])) == (1, {3: "too_long"})
    assert reasons(client, numbered["id"]) == {2: "too_long", 3: "too_long"}
    assert reasons(client, customer["id"]) == {2: "too_long"}


def test_some_bad_numbers_are_set_aside_and_the_rest_of_a_small_file_counts(
    run_import: RunImport, rep: UUID, client: FlaskClient
) -> None:
    values = ["12.50", "n/a", "7.25", "?", "3.00"]
    lines = [f"C-{n},MI-0474,2026-11-19,{value}" for n, value in enumerate(values)]
    content = "\n".join(["Contract,Rep,Signed,Value", *lines])

    counts = run_import(content, {"fields": MAPPING["fields"]})

    assert (counts["accepted"], counts["quarantined"]) == (3, 2)
    assert reasons(client, counts["id"]) == {3: "not_a_number", 5: "not_a_number"}


def test_a_column_of_words_is_no_column_of_numbers(run_import: RunImport, rep: UUID) -> None:
    content = "Contract,Rep,Signed,Value\nC-1,MI-0474,2026-11-19,high\n"

    counts = run_import(content, {"fields": MAPPING["fields"]})

    assert counts["problem"]["params"]["reason"] == "no_number_format"


def test_two_undecided_formats_are_asked_for_one_by_one(client: FlaskClient) -> None:
    content = "Contract,Rep,Signed,Value\nC-1,MI-0474,03/04/2026,1.234\n"
    path = f"/api/v1/imports/{upload(client, content.encode()).json['id']}"

    shown = client.post(f"{path}/preview", json={"mapping": {"fields": MAPPING["fields"]}}).json

    assert [problem["params"]["reason"] for problem in shown["problems"]] == [
        "ambiguous_number_format",
        "ambiguous_date_format",
    ]


def test_the_wizard_takes_a_file_from_upload_to_done(
    client: FlaskClient, run_jobs: Callable[[], None], work: Work
) -> None:
    uploaded = upload(client, FILE.encode())
    path = f"/api/v1/imports/{uploaded.json['id']}"
    seen = client.post(f"{path}/preview", json={}).json
    dated = client.post(f"{path}/preview", json={"mapping": MAPPING}).json
    dry = client.post(f"{path}/dry-run").json
    started = client.post(f"{path}/start")
    run_jobs()

    assert uploaded.status_code == 201
    assert seen["columns"] == ["Contract", "Rep", "Signed", "Value"]
    guess = seen["suggested_mapping"]["fields"]["person"]
    assert (guess["column"], guess["by"]) == ("Rep", "employee_number")
    assert dated["problems"] == []
    assert (dry["rows"], dry["accepted"], dry["quarantined"]) == (7, 1, 6)
    assert started.json["state"] == "queued"
    done = client.get(path).json
    assert (done["state"], done["accepted"], done["quarantined"]) == ("done", 1, 6)
    assert {reason["code"]: reason["count"] for reason in done["by_reason"]}["unknown_person"] == 2
    assert (
        client.get("/api/v1/sources").json["items"][0]["mapping"]["fields"]["person"]["column"]
        == "Rep"
    )


def test_an_offset_that_no_clock_has_sets_one_row_aside(
    client: FlaskClient, run_jobs: Callable[[], None]
) -> None:
    rows = ["2026-11-19T10:00:00+01:00", "2026-11-19T10:00:00+99:00", "2026-11-19T10:00:00-05:75"]
    lines = [f"C-{n},MI-0474,{at},1.00" for n, at in enumerate(rows)]
    content = "\n".join(["Contract,Rep,Signed,Value", *lines]).encode()
    path = f"/api/v1/imports/{upload(client, content).json['id']}"

    seen = client.post(f"{path}/preview", json={})
    mapping = {"fields": MAPPING["fields"], "formats": {"date": "yyyy-mm-dd"}}
    client.post(f"{path}/preview", json={"mapping": mapping})
    dry = client.post(f"{path}/dry-run")
    client.post(f"{path}/start")
    run_jobs()

    assert (seen.status_code, dry.status_code) == (200, 200)
    done = client.get(path).json
    assert (done["state"], done["accepted"], done["quarantined"]) == ("done", 1, 2)
    assert reasons(client, done["id"]) == {3: "not_a_date", 4: "not_a_date"}


def test_dates_that_can_be_read_two_ways_are_asked_for(client: FlaskClient) -> None:
    content = "Contract,Rep,Signed,Value\nC-1,MI-0474,03/04/2026,1\nC-2,MI-0474,05/06/2026,1\n"
    path = f"/api/v1/imports/{upload(client, content.encode()).json['id']}"

    shown = client.post(f"{path}/preview", json={"mapping": {"fields": MAPPING["fields"]}}).json

    assert shown["problems"][0]["params"]["reason"] == "ambiguous_date_format"
    assert shown["problems"][0]["params"]["candidates"] == ["dd/mm/yyyy", "mm/dd/yyyy"]


def test_an_import_without_a_mapping_cannot_start(client: FlaskClient) -> None:
    path = f"/api/v1/imports/{upload(client, FILE.encode()).json['id']}"

    assert client.post(f"{path}/start").json["code"] == "mapping_refused"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04 but not really", "a.xlsx"),
        (b"\xd0\xcf\x11\xe0 an old one", "a.xls"),
        (b"", "empty.csv"),
        (b"a,b\n\x00\x00\x00\x01,2\n", "zeros.csv"),
        (b'a,b\n"open,2\n', "open.csv"),
    ],
)
def test_a_malformed_file_is_refused_with_a_sentence(
    client: FlaskClient, content: bytes, name: str
) -> None:
    path = f"/api/v1/imports/{upload(client, content, name).json['id']}"

    answer = client.post(f"{path}/preview", json={})

    assert (answer.status_code, answer.json["code"]) == (422, "file_refused")


def test_a_file_that_breaks_in_the_middle_fails_visibly(run_import: RunImport, rep: UUID) -> None:
    counts = run_import('Contract,Rep,Signed,Value\nC-1,MI-0474,19/11/2026,1\n"open', MAPPING)

    assert counts["state"] == "failed"
    assert counts["problem"]["params"]["reason"] == "malformed"


def test_a_file_of_megabytes_is_taken_in_whole(client: FlaskClient, work: Work) -> None:
    content = b"Contract,Rep,Signed,Value\n" + b"C-1,MI-0474,19/11/2026,1\n" * 100_000

    uploaded = upload(client, content)

    assert uploaded.status_code == 201
    with work() as db:
        assert importing.content_of(db, UUID(uploaded.json["id"])) == content


def test_only_those_who_run_programs_bring_files_in(app: Flask, work: Work, rep: UUID) -> None:
    seller = app.test_client()
    with work(now=clock.utc_now()) as db:
        headers = sign_in(seller, db, give_person(db, "A Seller", [Role.REP, Role.MANAGER]))
    form = {"source": "contracts", "file": (io.BytesIO(b"a"), "a.csv")}

    answer = seller.post("/api/v1/imports", data=form, headers=headers)

    assert answer.status_code == 403
