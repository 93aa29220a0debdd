#!/usr/bin/python3
"""ODBC by pyodbc and psqlODBC, as Excel, Power BI and Tableau come: parameters, the catalog's functions, SQLSTATE first of args."""
import datetime
import os
import pyodbc

# psqlODBC would show text as 255 characters and a boolean as text
DRIVER = ("Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=%(PGPORT)s;Database=%(PGDATABASE)s;" % os.environ
          + "MaxLongVarcharSize=1000000;TextAsLongVarchar=1;BoolsAsChar=0;UseServerSidePrepare=1;UID=")
app = pyodbc.connect(DRIVER + "app")
bi = pyodbc.connect(DRIVER + "bi")
payload = ('{"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水",'
           ' "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}')


def acting(identity, *calls):
    """What the calls return, in one transaction for somebody."""
    try:
        c = app.cursor()
        c.execute("SELECT 1 FROM liskeban.act_as(?, true)", identity)
        rows = [c.execute(*call).fetchone() for call in calls]
        app.commit()
        return rows
    except pyodbc.Error:
        app.rollback()
        raise


def sqlstate(identity, *call):
    try:
        acting(identity, call)
    except pyodbc.Error as e:
        return e.args[0]
    return "00000"


submit = ("SELECT ticket_id, outcome FROM liskeban.submit(?::jsonb)", payload)
first, again = acting("hall", submit, submit)
ticket = first.ticket_id
print("submit", first.outcome)
print("again", again.outcome)
accept, dispatch, t = acting(
    "desk", ("{CALL liskeban.accept(?)}", ticket), ("SELECT liskeban.dispatch(?, ?::liskeban.area_code)", ticket, "320117001001"),
    ("SELECT resolve_due AT TIME ZONE 'UTC' AS due, responsible_area, state FROM liskeban.ticket WHERE ticket_id = ?", ticket))
assert (t.responsible_area, t.state) == ("320117001001", "dispatched"), t
print("accept", accept[0])
print("dispatch", dispatch[0])
print("due", t.due.strftime("%Y-%m-%dT%H:%M:%SZ"))
arrive, resolve = acting(
    "zhang", ("SELECT liskeban.arrive(?, ?, ST_SetSRID(ST_MakePoint(?, ?), 4490))", ticket, "gps", 119.02, 31.02),
    ("SELECT liskeban.resolve(?, ?, reply => ?)", ticket, "换了水管", "已修好"))
print("arrive", arrive[0])
print("resolve", resolve[0])
print("twice", sqlstate("desk", "SELECT liskeban.accept(?)", ticket))
print("stranger", sqlstate("li", "SELECT liskeban.arrive(?)", ticket))
print("nobody", sqlstate(None, *submit))

c = bi.cursor()
print("events", ",".join(e.to_state for e in c.execute("SELECT to_state FROM liskeban_report.event WHERE ticket_id = ? ORDER BY seq", ticket)))
day = datetime.date(2024, 10, 28)
k = c.execute("SELECT * FROM liskeban.kpi(?, ?, ?, kinds => '{demand,service}')", day, day, "district").fetchone()
print("kpi", k.key, k.name, k.received, k.completion_num, round(k.completion, 1))
t = c.execute("SELECT * FROM liskeban_report.ticket").fetchone()
assert t.has_reporter is True and t.received_at == datetime.datetime(2024, 10, 28, 9), (t.has_reporter, t.received_at)
print("ticket", t.category_name, t.village_name, t.state, t.received_day)

# What a BI tool asks: SQLTables, SQLColumns, SQLPrimaryKeys, SQLForeignKeys; and a page of each view
views = [v.table_name for v in c.tables(schema="liskeban_report").fetchall()]
assert len(views) > 20, views
for view in views:
    columns = c.columns(schema="liskeban_report", table=view).fetchall()
    shown = c.execute('SELECT * FROM liskeban_report."%s"' % view)
    assert [d[0] for d in shown.description] == [x.column_name for x in columns], view
    shown.fetchmany(10)
assert [p.column_name for p in bi.cursor().primaryKeys("ticket", schema="liskeban")] == ["ticket_id"]
assert {"area", "department", "source_system"} <= {f[2] for f in bi.cursor().foreignKeys(foreignTable="membership", foreignSchema="liskeban")}
