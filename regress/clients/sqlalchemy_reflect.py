#!/usr/bin/python3
"""SQLAlchemy, as Superset uses it: every view of liskeban_report reflected, no type unknown; functions by sqlalchemy.func."""
import datetime
import warnings

import geoalchemy2  # tells SQLAlchemy what geometry is
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.exc import DBAPIError, SAWarning

warnings.simplefilter("error", SAWarning)
# SQLAlchemy 1.4 knows no indexes on expressions, which no query needs to know
warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", SAWarning)
app = sa.create_engine("postgresql+psycopg2://app@")
bi = sa.create_engine("postgresql+psycopg2://bi@")
payload = {"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水",
           "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}
liskeban = sa.func.liskeban


def acting(identity, *calls):
    """What the calls return, in one transaction for somebody."""
    with app.begin() as c:
        if identity:
            c.execute(sa.select(liskeban.act_as(identity, True)))
        return [c.execute(call).first() for call in calls]


def sqlstate(identity, call):
    try:
        acting(identity, call)
    except DBAPIError as e:
        return e.orig.pgcode
    return "00000"


# What a BI tool reads: all views, with their comments; and each can be asked for a page.
meta = sa.MetaData()
meta.reflect(bi, schema="liskeban_report", views=True)
assert len(meta.tables) > 20, sorted(meta.tables)
inspector = sa.inspect(bi)
with bi.connect() as c:
    for view in meta.tables.values():
        for column in view.columns:
            assert not isinstance(column.type, sa.types.NullType), column
            assert column.comment, column
        c.execute(sa.select(view).limit(1)).all()
assert isinstance(meta.tables["liskeban_report.ticket"].c.geom.type, geoalchemy2.Geometry)

submit = sa.select(sa.text("*")).select_from(liskeban.submit(sa.bindparam("p", payload, JSONB)))
first, again = acting("hall", submit, submit)
ticket = first.ticket_id
print("submit", first.outcome)
print("again", again.outcome)

# The tables an application writes: area_code is the one type that nobody knows, and is text to whoever says so.
try:
    sa.Table("ticket", sa.MetaData(), schema="liskeban", autoload_with=app)
    raise AssertionError("area_code is known: the README need not say how")
except SAWarning as e:
    assert "area_code" in str(e), e
ischema_names["area_code"] = ischema_names["liskeban.area_code"] = sa.String
table = sa.Table("ticket", sa.MetaData(), schema="liskeban", autoload_with=app)
assert [c.name for c in table.primary_key] == ["ticket_id"], table.primary_key
assert "dispatched" in table.c.state.type.enums, table.c.state.type
accept, dispatch, due = acting("desk", sa.select(liskeban.accept(ticket)), sa.select(liskeban.dispatch(ticket, "320117001001")),
                               sa.select(table.c.resolve_due, table.c.responsible_area).where(table.c.ticket_id == ticket))
print("accept", accept[0])
print("dispatch", dispatch[0])
print("due", due.resolve_due.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
assert due.responsible_area == "320117001001", due
arrive, resolve = acting("zhang", sa.select(liskeban.arrive(ticket, "gps", sa.func.ST_SetSRID(sa.func.ST_MakePoint(119.02, 31.02), 4490))),
                         sa.select(liskeban.resolve(ticket, "换了水管", "已修好")))
print("arrive", arrive[0])
print("resolve", resolve[0])
print("twice", sqlstate("desk", sa.select(liskeban.accept(ticket))))
print("stranger", sqlstate("li", sa.select(liskeban.arrive(ticket))))
print("nobody", sqlstate(None, submit))

with bi.connect() as c:
    event = meta.tables["liskeban_report.event"]
    print("events", ",".join(c.execute(sa.select(event.c.to_state).where(event.c.ticket_id == ticket).order_by(event.c.seq)).scalars()))
    day = datetime.date(2024, 10, 28)
    k = c.execute(sa.select(sa.text("*")).select_from(liskeban.kpi(day, day, "district"))).one()
    print("kpi", k.key, k.name, k.received, k.completion_num, round(k.completion, 1))
    t = c.execute(sa.select(meta.tables["liskeban_report.ticket"])).one()
    print("ticket", t.category_name, t.village_name, t.state, t.received_day)
