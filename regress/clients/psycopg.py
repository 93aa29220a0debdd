#!/usr/bin/python3
"""psycopg 2: a dict as jsonb, an enum and area_code as text, SQLSTATE in pgcode."""
import datetime
import psycopg2
import psycopg2.extras

app = psycopg2.connect(user="app")
bi = psycopg2.connect(user="bi")
payload = {"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水",
           "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}


class acting:
    """A transaction in which the application acts for somebody."""

    def __init__(self, identity):
        self.identity = identity

    def __enter__(self):
        app.__enter__()
        self.cursor = app.cursor()
        self.cursor.execute("SELECT liskeban.act_as(%s, true)", (self.identity,))
        return self.call

    def call(self, sql, *given):
        self.cursor.execute(sql, given)
        return self.cursor.fetchone()

    def __exit__(self, *what):
        self.cursor.close()
        return app.__exit__(*what)


def sqlstate(identity, sql, *given):
    try:
        with acting(identity) as call:
            call(sql, *given)
    except psycopg2.Error as e:
        return e.pgcode, e.diag
    return "00000", None


with acting("hall") as call:
    ticket, outcome, reason = call("SELECT * FROM liskeban.submit(%s)", psycopg2.extras.Json(payload))
    assert type(ticket) is int and reason is None, (ticket, reason)
    print("submit", outcome)
    print("again", call("SELECT outcome FROM liskeban.submit(%s)", psycopg2.extras.Json(payload))[0])
with acting("desk") as call:
    print("accept", call("SELECT liskeban.accept(%s)", ticket)[0])
    print("dispatch", call("SELECT liskeban.dispatch(%s, %s)", ticket, "320117001001")[0])
    due, area, state = call("SELECT resolve_due, responsible_area, state FROM liskeban.ticket WHERE ticket_id = %s", ticket)
    assert (area, state) == ("320117001001", "dispatched"), (area, state)
    print("due", due.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
with acting("zhang") as call:
    print("arrive", call("SELECT liskeban.arrive(%s, proof => 'gps', geom => ST_SetSRID(ST_MakePoint(%s, %s), 4490))", ticket, 119.02, 31.02)[0])
    print("resolve", call("SELECT liskeban.resolve(%s, %s, %s)", ticket, "换了水管", "已修好")[0])
state, diag = sqlstate("desk", "SELECT liskeban.accept(%s)", ticket)
assert diag.message_detail and diag.message_hint.startswith('From "resolved" it may go to'), (diag.message_detail, diag.message_hint)
print("twice", state)
print("stranger", sqlstate("li", "SELECT liskeban.arrive(%s)", ticket)[0])
print("nobody", sqlstate(None, "SELECT liskeban.submit(%s)", psycopg2.extras.Json(payload))[0])
with bi, bi.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as c:
    c.execute("SELECT * FROM liskeban_report.event WHERE ticket_id = %s ORDER BY seq", (ticket,))
    print("events", ",".join(e.to_state for e in c))
    # kinds is an array of an enum: a list of text needs its cast
    c.execute("SELECT * FROM liskeban.kpi(%s, %s, 'district', kinds => %s::liskeban.ticket_kind[])",
              (datetime.date(2024, 10, 28), datetime.date(2024, 10, 28), ["demand", "service"]))
    k = c.fetchone()
    print("kpi", k.key, k.name, k.received, k.completion_num, round(k.completion, 1))
    c.execute("SELECT * FROM liskeban_report.ticket WHERE ticket_id = %s", (ticket,))
    t = c.fetchone()
    assert type(t.received_day) is datetime.date and t.co_departments == [], t
    print("ticket", t.category_name, t.village_name, t.state, t.received_day)
