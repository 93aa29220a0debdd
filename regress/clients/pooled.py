#!/usr/bin/python3
"""Many clients over one server connection, each acting for somebody else: nobody sees what another may see."""
import sys
import threading
import psycopg2

TURNS = 50
RESETS = sys.argv[1:] == ["resets"]
errors, backends, seen = [], set(), {}


def connect():
    return psycopg2.connect(user="app")


def rows(cursor):
    cursor.execute("SELECT ticket_id FROM liskeban.ticket ORDER BY 1")
    return [r[0] for r in cursor]


def acting(identity, c):
    if identity:
        c.execute("SELECT liskeban.act_as(%s, true)", (identity,))


# One ticket each for zhang and li, on other sides of the wall between two villages
setup = connect()
ids = {"zhang": [], "li": [], None: []}
for identity, lon in (("zhang", 119.02), ("li", 119.07), ("zhang", 119.03)):
    with setup, setup.cursor() as c:
        acting("hall", c)
        c.execute("SELECT ticket_id FROM liskeban.submit(jsonb_build_object('source', 'hotline_12345', 'external_id', %s, 'category', 'home_leak',"
                  " 'title', '楼上漏水', 'lon', %s, 'lat', 31.02))", ("P-%s-%s" % (lon, RESETS), lon))
        ticket, = c.fetchone()
        acting("desk", c)
        c.execute("SELECT liskeban.accept(%s), liskeban.dispatch(%s)", (ticket, ticket))
        acting(identity, c)
        ids[identity] = rows(c)
assert len(ids["zhang"]) >= 2 and len(ids["li"]) >= 1 and not set(ids["zhang"]) & set(ids["li"]), ids


def work(identity):
    """A client's day: it asks, fails, rolls back, prepares; and always finds its own rows and no others."""
    try:
        client = connect()
        for turn in range(TURNS):
            with client.cursor() as c:
                acting(identity, c)
                if turn % 5 == 1:
                    # a failure takes the identity with it
                    try:
                        c.execute("SELECT liskeban.accept(1)")
                    except psycopg2.Error as e:
                        assert e.pgcode == "P0002", e
                    client.rollback()
                    assert rows(c) == [], "after a failure somebody is still acted for"
                elif turn % 5 == 2:
                    # nor does a savepoint leave one behind
                    c.execute("SAVEPOINT s")
                    acting("li" if identity == "zhang" else "zhang", c)
                    c.execute("ROLLBACK TO s")
                    assert rows(c) == ids[identity], (identity, rows(c))
                elif turn % 5 == 3:
                    c.execute("RESET ALL")
                    assert rows(c) == [], "RESET leaves nobody"
                elif turn % 5 == 4:
                    # what the pool keeps of another's transactions: a plan, made for whoever came first
                    c.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'mine'")
                    if not c.fetchone():
                        c.execute("PREPARE mine AS SELECT ticket_id FROM liskeban.ticket WHERE ticket_id > 0 ORDER BY 1")
                    for _ in range(7):  # the sixth execution may take the generic plan
                        c.execute("EXECUTE mine")
                        found = [r[0] for r in c]
                        assert found == ids[identity], (identity, found)
                else:
                    assert rows(c) == ids[identity], (identity, rows(c))
                c.execute("SELECT pg_backend_pid()")
                backends.add(c.fetchone()[0])
            client.commit()
            seen[identity] = seen.get(identity, 0) + 1
    except Exception as e:
        errors.append(repr(e))


threads = [threading.Thread(target=work, args=(identity,)) for identity in ("zhang", "li", None) * 3]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert not errors, errors
assert len(backends) == 1, "one connection to the server was to serve them all, not %d" % len(backends)
assert seen == {identity: 3 * TURNS for identity in ids}, seen

# act_as() for the session, which a transaction pooler does not know of, stays on the server's connection for whoever is
# next, unless the pooler resets it after each transaction (server_reset_query_always = 1).
with setup, setup.cursor() as c:
    c.execute("SELECT liskeban.act_as('zhang')")
other = connect()
with other, other.cursor() as c:
    left = rows(c)
assert left == ([] if RESETS else ids["zhang"]), left
