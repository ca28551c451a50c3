"""The search index: it finds what the database finds, counts what is there, and never tells less than the truth."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core import clock, index_folder, outbox
from core.config import var_dir_of
from core.db import db, session, transaction
from instruments.models import Instrument
from instruments.queries.catalogue import FACETS, Search, Sort
from instruments.rules.search import normalise, query_tokens
from instruments.rules.terms import Funding, PriceUnit, ValueBand, value_band
from instruments.schemas.instruments import InstrumentSummarySchema
from instruments.service.consents import give_consent, revoke_consent
from instruments.service.index_check import compare, status
from instruments.service.indexing import Keeper, build_index
from instruments.states import ListingState
from marketplace.app import create_app
from tests.databases import Database, Server
from tests.factories.accounts import actor_of
from tests.factories.instruments import make_instrument, make_service
from tests.support import generated
from tests.support.searching import ask, by_index, eventually, keep, pages, without_index

COUNT = 240
ASKED = (
    Search(),
    Search(q="质谱"),
    Search(q="谱"),
    Search(q="高分辨液相色谱质谱联用仪"),
    Search(q="orbitrap 480"),
    Search(q="QTOF-6550"),
    Search(q="qtof6550"),
    Search(q="ltq"),
    Search(q="bitrap"),
    Search(q="质谱 orbi"),
    Search(q="x射线"),
    Search(q="7"),
    Search(q="……"),
    Search(q="没有这样的词"),
    Search(city="370100"),
    Search(county="370102", q="仪"),
    Search(category="01"),
    Search(category="0103", iot_sensor=True),
    Search(category="010303"),
    Search(category="质谱仪器"),
    Search(funding=Funding.FISCAL, vouchers=True),
    Search(vouchers=False),
    Search(instant=True),
    Search(instant=False, city="370100"),
    Search(value_band=ValueBand.UNKNOWN),
    Search(value_band=ValueBand.FROM_100K),
    Search(min_value_fen=20_000_000),
    Search(max_value_fen=19_999_999),
    Search(min_value_fen=20_000_000, max_value_fen=100_000_000),
    Search(min_price_fen=200),
    Search(max_price_fen=5_000, price_unit=PriceUnit.HOUR),
    Search(price_unit=PriceUnit.SAMPLE),
)


@pytest.fixture(scope="module")
def shared_catalogue(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A generated catalogue, committed, with its index."""
    database = server.clone("indexed")
    app = create_app(database.config(var_dir_of({"VAR_DIR": str(tmp_path_factory.mktemp("indexed"))})))
    with app.app_context():
        generated.fill(COUNT, seed=1)
        build_index(now=clock.now())
        yield app
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def catalogue(shared_catalogue: Flask) -> Iterator[Flask]:
    """The same for one test, which reads alone."""
    yield shared_catalogue
    session().rollback()


@pytest.mark.parametrize("wanted", ASKED, ids=repr)
def test_both_engines_find_and_count_the_same(catalogue: Flask, wanted: Search) -> None:
    """The total, every value of every facet with its count, and the instruments themselves."""
    ours, theirs = by_index(wanted), without_index(wanted)
    assert ours["total"] == theirs["total"]
    assert ours["facets"] == theirs["facets"]
    assert set(pages(wanted, by_index, 500)) == set(pages(wanted, without_index, 500))
    newest = replace(wanted, sort=Sort.NEWEST)
    shown = InstrumentSummarySchema(many=True)
    assert shown.dump(by_index(newest)["items"]) == shown.dump(without_index(newest)["items"])


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("wanted", [Search(), Search(q="质谱"), Search(q="质谱 orbi"), Search(city="370100")], ids=repr)
def test_paging_neither_loses_nor_repeats(catalogue: Flask, wanted: Search, sort: Sort) -> None:
    """In every order, with many equal keys, whichever engine answers."""
    ordered = replace(wanted, sort=sort, near="370102")
    for by in (by_index, without_index):
        whole = pages(ordered, by, 500)
        assert len(whole) == len(set(whole)) == by(ordered)["total"] > 7
        assert pages(ordered, by, 7) == whole


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.NAME, Sort.VALUE, Sort.VALUE_DESCENDING, Sort.NEAR])
def test_a_page_begun_by_one_engine_is_gone_on_with_by_the_other(catalogue: Flask, sort: Sort) -> None:
    """The cursor says where the page ended, not who wrote it."""
    wanted = Search(sort=sort, near="370102")
    first = by_index(wanted, limit=90)
    second = without_index(wanted, cursor=first["next_cursor"], limit=90)
    third = by_index(wanted, cursor=second["next_cursor"], limit=90)
    seen = [each.id for found in (first, second, third) for each in found["items"]]
    assert seen == pages(wanted, by_index, 500)


def test_facets_equal_a_naive_count(catalogue: Flask) -> None:
    """Counted one by one over everything that is published and holds the words."""
    wanted = Search(q="质谱", category="01")
    rows = [
        each
        for each in generated.published()
        if "质谱" in each.name + each.category + each.functions and each.category_code.startswith("01")
    ]
    found = by_index(wanted)
    naive = {
        "city": Counter(each.city for each in rows),
        "county": Counter(each.county for each in rows),
        "category": Counter(each.category for each in rows),
        "category_code": Counter(each.category_code[:4] for each in rows),
        "provider": Counter(str(each.provider_id) for each in rows),
        "value_band": Counter(value_band(each.value_fen).value for each in rows),
        "funding": Counter(each.funding.value for each in rows),
        "kind": Counter(each.kind.value for each in rows),
        "iot_sensor": Counter(str(each.iot_sensor).lower() for each in rows),
    }
    assert found["total"] == len(rows) > 10
    assert set(found["facets"]) == set(FACETS)
    for name, expected in naive.items():
        assert {each["value"]: each["count"] for each in found["facets"][name]} == dict(expected), name


@settings(max_examples=150)
@given(st.data())
def test_any_part_of_a_name_or_model_finds_it(catalogue: Flask, data: st.DataObject) -> None:
    """Of two or more characters, across Chinese, Latin, blanks and signs, in any case and width."""
    row = data.draw(st.sampled_from(generated.published()))
    whole = data.draw(st.sampled_from([each for each in (row.name, row.model) if len(each) > 1]))
    start = data.draw(st.integers(0, len(whole) - 2))
    part = whole[start : data.draw(st.integers(start + 2, len(whole)))]
    typed = data.draw(st.sampled_from([part, part.upper(), part.lower(), normalise(part)]))
    if query_tokens(typed):
        wanted = Search(q=typed, provider=row.provider_id, facets=())
        assert row.id in pages(wanted, by_index, 500)
        assert row.id in pages(wanted, without_index, 500)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("zhipu", "质谱"),
        ("zp", "质谱"),
        ("saomiaodian", "扫描电"),
        ("smdz", "扫描电子"),
        ("ZhiPu orbitrap", "质谱"),
    ],
)
def test_letters_that_no_text_holds_are_read_as_pinyin(catalogue: Flask, typed: str, part: str) -> None:
    """Whole syllables, a beginning of them, or initials; beside words as well."""
    names = {each.name for each in by_index(Search(q=typed), limit=100)["items"]}
    assert names
    assert all(part in name for name in names)


def test_the_name_comes_before_the_model_and_the_model_before_the_rest(committed_app: Flask) -> None:
    """The whole name, its beginning, a part; then the whole model, both together, the description."""
    chance, of = random.Random(3), generated.makers(1)
    plain = {"model": "", "maker": "", "category": "其他", "category_code": "", "functions": ""}
    wanted = [
        {"name": "Orbitrap"},
        {"name": "Orbitrap质谱仪"},
        {"name": "液质联用仪Orbitrap"},
        {"name": "质谱仪甲", "model": "ORBITRAP 480"},
        {"name": "前处理装置", "functions": "配套 Orbitrap 使用"},
    ]
    with transaction() as current:
        for each in reversed(wanted):
            current.add(Instrument(**generated.row(of, chance, **plain | each)))
    build_index(now=clock.now())
    assert [each.name for each in by_index(Search(q="orbitrap"))["items"]] == [each["name"] for each in wanted]


def test_what_is_edited_is_found_once_its_event_is_taken_in(committed_app: Flask) -> None:
    """Published, renamed, suspended, deleted; and services that are offered and withdrawn."""
    of = generated.makers(1)
    first, second = generated.fill(2, seed=5, of=of)
    made, _ = build_index(now=clock.now())
    keeper = Keeper(made)
    with transaction() as current:
        found = current.get_one(Instrument, first)
        found.name, found.tokens = "回旋加速器", query_tokens("回旋加速器")
        current.get_one(Instrument, second).state = ListingState.SUSPENDED
    assert outbox.waiting(made.reader).seconds is not None
    assert keeper.take_in() > 0
    assert [each.id for each in by_index(Search(q="回旋"))["items"]] == [first]
    assert by_index(Search())["total"] == 1
    (third,) = generated.fill(1, seed=6, of=of)
    while keeper.take_in():
        pass
    offered = by_index(Search(vouchers=True))["total"] + by_index(Search(vouchers=False))["total"]
    assert offered == 2
    session().rollback()
    with transaction() as current:
        for table in ("service_instrument", "opening_hours"):
            current.execute(text(f"DELETE FROM {table} WHERE instrument_id = :id"), {"id": third})
    keeper.take_in()
    assert compare().faults == 0
    keeper.close()


def test_a_standing_consent_is_found_once_its_event_is_taken_in(committed_app: Flask) -> None:
    """Given and taken back."""
    service = make_service(instruments=[make_instrument()])
    made, _ = build_index(now=clock.now())
    keeper = Keeper(made)
    asked: Any = {"service_id": service.id, "actor": actor_of(service.provider), "now": clock.now()}
    given = give_consent(direct_deduction=False, **asked)
    assert keeper.take_in() > 0
    assert by_index(Search(instant=True))["total"] == 1
    session().rollback()
    revoke_consent(consent_id=given.id, **asked)
    assert keeper.take_in() > 0
    assert by_index(Search(instant=True))["total"] == 0
    assert compare().faults == 0
    keeper.close()


def test_edits_during_a_rebuild_are_not_lost(committed_app: Flask) -> None:
    """Whoever edits goes on while indexes are built; the last one equals the table."""
    numbers = generated.fill(COUNT, seed=7)
    chance, done = random.Random(8), threading.Event()

    def edit() -> None:
        with committed_app.app_context():
            while not done.is_set():
                generated.change(chance.choice(numbers), chance)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        for _ in range(3):
            made, _ = build_index(now=clock.now())
    finally:
        done.set()
        editor.join()
    keeper = Keeper(made)
    while keeper.take_in():
        pass
    keeper.close()
    found = compare()
    assert (found.faults, found.unusable) == (0, None)
    assert found.documents == found.rows > 100


def test_a_worker_that_dies_between_index_and_outbox_does_it_again(committed_app: Flask) -> None:
    """The index commits first: without the reader's step the same events come again, and change nothing twice."""
    made, _ = build_index(now=clock.now())
    generated.fill(3, seed=9)
    keeper = Keeper(made)

    class Died(RuntimeError):
        pass

    def dies() -> None:
        with transaction():
            keeper.write(outbox.take_ahead(made.reader, limit=100).events)
            raise Died

    with pytest.raises(Died):
        dies()
    assert by_index(Search())["total"] == 3
    assert outbox.waiting(made.reader).seconds is not None
    keeper.close()
    again = Keeper(made)
    assert again.take_in() > 0
    assert by_index(Search())["total"] == 3
    again.close()
    assert compare().faults == 0


def test_a_worker_that_dies_before_the_index_commits_loses_nothing(committed_app: Flask) -> None:
    """Neither the index nor the reader has moved."""
    made, _ = build_index(now=clock.now())
    generated.fill(2, seed=10)
    dying = Keeper(made)
    with transaction():
        assert outbox.take_ahead(made.reader, limit=100).events
    del dying
    keeper = Keeper(made)
    keeper.take_in()
    assert by_index(Search())["total"] == 2
    keeper.close()


@pytest.mark.parametrize("harm", ["deleted", "emptied", "garbled", "unnamed"])
def test_without_a_readable_index_the_database_answers_and_says_so(committed_app: Flask, harm: str) -> None:
    """Never an error; whoever keeps the index is told, and builds it anew."""
    generated.fill(3, seed=11)
    made, _ = build_index(now=clock.now() - timedelta(minutes=5))
    assert by_index(Search())["total"] == 3
    if harm == "unnamed":
        (index_folder.folder() / index_folder.PRESENT).unlink()
    for each in made.path.iterdir():
        if harm == "deleted" or (harm == "emptied" and each.suffix != ".json"):
            each.unlink()
        elif harm == "garbled" and each.name == index_folder.META:
            each.write_text("{")
    moved(committed_app)
    found = ask(Search(q="仪"))
    assert found["source"] == "database"
    assert found["fallback"] in ("missing", "broken")
    assert found["total"] == 3
    assert compare().unusable is not None
    stopping = threading.Event()
    keeping = keep(committed_app, stopping)
    try:
        assert eventually(lambda: ask(Search())["source"] == "index", within=20)
    finally:
        stopping.set()
        keeping.join()
    assert by_index(Search())["total"] == 3


def test_an_index_that_is_behind_is_not_asked(committed_app: Flask) -> None:
    """A moment is forgiven; more than a few seconds are told, and the database answers with what is true now."""
    made, _ = build_index(now=clock.now())
    generated.fill(1, seed=13)
    assert by_index(Search())["total"] == 0
    keeper = Keeper(made)
    keeper.take_in()
    with transaction() as current:
        current.execute(
            text("INSERT INTO outbox_event (at, topic, payload) VALUES (now() - interval '1 minute', 'old', '{}')")
        )
    found = ask(Search())
    assert (found["source"], found["fallback"], found["total"]) == ("database", "behind", 1)
    assert 59 < found["behind_seconds"] < 120
    assert status()["state"] == "behind"
    keeper.take_in()
    keeper.close()
    assert by_index(Search())["total"] == 1


def test_a_long_transaction_elsewhere_delays_no_edit(committed_app: Flask, database: Database) -> None:
    """What is committed is taken in at once, each event once, and nothing of what commits later is passed over."""
    made, _ = build_index(now=clock.now())
    keeper = Keeper(made)
    with database.connect() as late:
        late.execute("INSERT INTO outbox_event (at, topic, payload) VALUES (now(), 'late', '{}')")
        generated.fill(2, seed=17)
        assert keeper.take_in() > 0
        assert keeper.take_in() == 0
        assert by_index(Search())["total"] == 2
        assert outbox.waiting(made.reader).seconds is None
        session().rollback()
        late.commit()
    assert outbox.waiting(made.reader).seconds is not None
    assert keeper.take_in() == 1
    assert keeper.take_in() == 0
    keeper.close()


def test_an_index_of_another_database_is_not_asked(catalogue: Flask, committed_app: Flask) -> None:
    """Its reader is unknown here, so nobody can say how far behind it is."""
    committed_app.config["SEARCH_DIR"] = catalogue.config["SEARCH_DIR"]
    found = ask(Search())
    assert (found["source"], found["fallback"], found["total"]) == ("database", "missing", 0)


def test_what_has_left_the_catalogue_is_not_shown_by_an_index_that_does_not_know_yet(committed_app: Flask) -> None:
    """Rows are read from the table, in the state they are in."""
    number, kept = generated.fill(2, seed=14)
    build_index(now=clock.now())
    with transaction() as current:
        current.get_one(Instrument, number).state = ListingState.SUSPENDED
    assert [each.id for each in by_index(Search())["items"]] == [kept]


def test_the_comparison_names_every_difference(committed_app: Flask) -> None:
    """Both ways: what an index that was not fed lacks, has too much of, and holds otherwise."""
    first, second, third, fourth = generated.fill(4, seed=15)
    made, _ = build_index(now=clock.now())
    with transaction() as current:
        current.get_one(Instrument, first).state = ListingState.SUSPENDED
        current.get_one(Instrument, second).name = "另一名称"
    (fifth,) = generated.fill(1, seed=16)
    with transaction() as current:
        current.execute(text("UPDATE outbox_reader SET last_xid = (SELECT max(xid) FROM outbox_event), last_id = 9e15"))
    found = compare()
    assert (found.missing, found.left_over, found.different) == ([fifth], [first], [second])
    ran = committed_app.test_cli_runner().invoke(args=["instruments", "index", "check"])
    assert ran.exit_code == 1
    for line in (f"not in the index: {fifth}", f"not in the table: {first}", f"differ: {second}", "3 differences"):
        assert line in ran.output
    assert (third in found.different, fourth in found.different) == (False, False)
    ran = committed_app.test_cli_runner().invoke(args=["instruments", "index", "build"])
    assert (ran.exit_code, "4 documents" in ran.output) == (0, True)
    ran = committed_app.test_cli_runner().invoke(args=["instruments", "index", "check"])
    assert (ran.exit_code, "0 differences" in ran.output) == (0, True)
    shown = committed_app.test_cli_runner().invoke(args=["instruments", "index", "status"]).output
    assert "documents: 4" in shown
    assert made.name not in shown
    assert [each.name for each in index_folder.folder().iterdir() if each.is_dir()] == [status()["generation"]]


def moved(app: Flask) -> Path:
    """Put the index elsewhere, where this process has nothing open of it, as after a start."""
    there = index_folder.folder()
    app.config["SEARCH_DIR"] = str(there.rename(there.with_name("moved")))
    return index_folder.folder()
