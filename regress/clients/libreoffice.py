#!/usr/bin/python3
"""LibreOffice by its own driver (postgresql-sdbc), as a Base file or a Calc data source comes. Its errors have the message
and no SQLState; a DO block that catches it brings that."""
import os
import subprocess
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sdbc import SQLException

URL = "sdbc:postgresql:host=%(PGHOST)s port=%(PGPORT)s dbname=%(PGDATABASE)s" % os.environ
payload = ('{"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水",'
           ' "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}')


def office(folder):
    """A headless LibreOffice of its own, and the context of its services."""
    pipe = "liskeban%d" % os.getpid()
    process = subprocess.Popen(["soffice", "--headless", "--norestore", "--nologo", "-env:UserInstallation=file://" + folder,
                                "--accept=pipe,name=%s;urp;" % pipe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    while process.poll() is None:
        try:
            return process, resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
        except NoConnectException:
            time.sleep(0.1)
    raise SystemExit("soffice ended with %d" % process.returncode)


def rows(on, sql, *given):
    """The rows of a query, as tuples of what getString gives; NULL is None."""
    statement = on.prepareStatement(sql)
    for i, value in enumerate(given, 1):
        statement.setString(i, value)
    result = statement.executeQuery()
    columns = range(1, result.getMetaData().getColumnCount() + 1)
    found = []
    while result.next():
        row = [result.getString(i) for i in columns]
        found.append(tuple(row))
    statement.close()
    return found


def main(context):
    manager = context.ServiceManager.createInstanceWithContext("com.sun.star.sdbc.DriverManager", context)

    def connect(user):
        return manager.getConnectionWithInfo(URL, (PropertyValue("user", 0, user, 0), PropertyValue("password", 0, "", 0)))

    app, bi = connect("app"), connect("bi")

    def acting(identity, *calls):
        """What the calls return, in one transaction for somebody. The driver's setAutoCommit() does nothing."""
        app.createStatement().execute("BEGIN")
        try:
            if identity:
                rows(app, "SELECT 1 FROM liskeban.act_as(?, true)", identity)
            found = [rows(app, *call)[0] for call in calls]
            app.createStatement().execute("COMMIT")
            return found
        except SQLException:
            app.createStatement().execute("ROLLBACK")
            raise

    def sqlstate(identity, call):
        block = ("DO $do$ BEGIN PERFORM %s; EXCEPTION WHEN OTHERS THEN PERFORM set_config('app.sqlstate', SQLSTATE, false); END $do$" % call)
        app.createStatement().execute("BEGIN")
        if identity:
            rows(app, "SELECT 1 FROM liskeban.act_as(?, true)", identity)
        app.createStatement().execute(block)
        app.createStatement().execute("COMMIT")
        return rows(app, "SELECT current_setting('app.sqlstate')")[0][0]

    submit = ("SELECT ticket_id, outcome FROM liskeban.submit(?)", payload)
    first, again = acting("hall", submit, submit)
    ticket = first[0]
    print("submit", first[1])
    print("again", again[1])
    accept, dispatch, t = acting(
        "desk", ("SELECT liskeban.accept(?)", ticket), ("SELECT liskeban.dispatch(?, ?)", ticket, "320117001001"),
        ("SELECT to_char(resolve_due AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), responsible_area, state FROM liskeban.ticket WHERE ticket_id = ?", ticket))
    assert t[1:] == ("320117001001", "dispatched"), t
    print("accept", accept[0])
    print("dispatch", dispatch[0])
    print("due", t[0])
    arrive, resolve = acting(
        "zhang", ("SELECT liskeban.arrive(?, ?, ST_SetSRID(ST_MakePoint(?, ?), 4490))", ticket, "gps", "119.02", "31.02"),
        ("SELECT liskeban.resolve(?, ?, reply => ?)", ticket, "换了水管", "已修好"))
    print("arrive", arrive[0])
    print("resolve", resolve[0])
    print("twice", sqlstate("desk", "liskeban.accept(%s)" % ticket))
    print("stranger", sqlstate("li", "liskeban.arrive(%s)" % ticket))
    print("nobody", sqlstate(None, "liskeban.submit('%s')" % payload))
    try:
        acting("desk", ("SELECT liskeban.accept(?)", ticket))
        raise AssertionError("not refused")
    except SQLException as e:
        assert "HINT:  From \"resolved\" it may go to" in e.Message, e.Message

    print("events", ",".join(e[0] for e in rows(bi, "SELECT to_state FROM liskeban_report.event WHERE ticket_id = ? ORDER BY seq", ticket)))
    k = rows(bi, "SELECT key, name, received, completion_num, completion FROM liskeban.kpi(?, ?, 'district', kinds => ?)",
             "2024-10-28", "2024-10-28", "{demand,service}")[0]
    print("kpi", *k[:4], round(float(k[4]), 1))
    print("ticket", *rows(bi, "SELECT category_name, village_name, state, received_day FROM liskeban_report.ticket")[0])

    # What Base shows: the views, their columns with a type each, and a page of each
    meta = bi.getMetaData()
    found = meta.getTables(None, "liskeban_report", "%", ("VIEW",))
    views = []
    while found.next():
        views.append(found.getString(3))
    assert len(views) > 20, views
    for view in views:
        columns = 0
        found = meta.getColumns(None, "liskeban_report", view, "%")
        while found.next():
            columns += 1
            assert found.getString(6), (view, found.getString(4))
        shown = bi.createStatement().executeQuery('SELECT * FROM liskeban_report."%s" LIMIT 10' % view)
        assert shown.getMetaData().getColumnCount() == columns, (view, columns)
    found = meta.getPrimaryKeys(None, "liskeban", "ticket")
    assert found.next() and found.getString(4) == "ticket_id"


with tempfile.TemporaryDirectory(prefix="liskeban.") as folder:
    soffice, context = office(folder)
    try:
        main(context)
    finally:
        try:
            context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context).terminate()
        except Exception:
            soffice.kill()
        soffice.wait()
