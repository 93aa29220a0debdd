-- A small district for the guard's tests: two towns of two villages, people with their duties, six kinds of matter,
-- and functions that try things and bring a ticket to where a test begins.
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490) WHERE code::text = '320117';
INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'T1', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490)),
  ('320117002', 'T2', ST_MakeEnvelope(119.05, 31, 119.1, 31.1, 4490)),
  ('320117001001', 'T1 V1', ST_MakeEnvelope(119, 31, 119.05, 31.05, 4490)),
  ('320117001002', 'T1 V2', ST_MakeEnvelope(119, 31.05, 119.05, 31.1, 4490)),
  ('320117002001', 'T2 V1', ST_MakeEnvelope(119.05, 31, 119.1, 31.05, 4490)),
  ('320117002002', 'T2 V2', ST_MakeEnvelope(119.05, 31.05, 119.1, 31.1, 4490));
INSERT INTO liskeban.category (code, name, domain, difficulty, lead, department, on_site) VALUES
  ('simple', 'simple, on site', 'livelihood', 'simple', 'village', NULL, true),
  ('general', 'general, on site', 'livelihood', 'general', 'village', NULL, true),
  ('hard', 'hard, on site', 'ecology', 'hard', 'village', NULL, true),
  ('call', 'general, by telephone', 'livelihood', 'general', 'village', NULL, false),
  ('hardcall', 'hard, by telephone', 'livelihood', 'hard', 'village', NULL, false),
  ('bureau', 'general, a department leads', 'livelihood', 'general', 'department', 'data', true);
INSERT INTO liskeban.membership (role_name, duty, area, department, source) VALUES
  ('desk', 'dispatcher', '320117', NULL, NULL),
  ('desk2', 'dispatcher', '320117', NULL, NULL),
  ('desk_t2', 'dispatcher', '320117002', NULL, NULL),
  ('v1', 'handler', '320117001001', NULL, NULL),
  ('v2', 'handler', '320117001002', NULL, NULL),
  ('databureau', 'handler', NULL, 'data', NULL),
  ('web', 'source', NULL, NULL, 'web_message'),
  ('hotline', 'source', NULL, NULL, 'hotline_12345'),
  ('reader', 'analyst', '320117', NULL, NULL),
  ('chief', 'admin', NULL, NULL, NULL);

-- Where test tickets lie: in T1 V1
CREATE FUNCTION here() RETURNS geometry LANGUAGE sql IMMUTABLE AS $$ SELECT ST_SetSRID(ST_MakePoint(119.02, 31.02), 4490) $$;
-- as many metres to the north
CREATE FUNCTION north(metres double precision) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
  SELECT ST_Project(ST_SetSRID(here(), 4490)::geography, metres, 0)::geometry $$;
-- The platform's clock, in Shanghai
CREATE FUNCTION at(local text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT set_config('liskeban.now', local || '+08', false)::timestamptz $$;
CREATE FUNCTION later(by interval) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT set_config('liskeban.now', to_char((liskeban.liskeban_now() + by) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00', false)::timestamptz $$;
CREATE FUNCTION local(t timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(t AT TIME ZONE 'Asia/Shanghai', 'Dy MM-DD HH24:MI:SS') $$;

-- What a statement comes to, as somebody; it is undone whatever it comes to.
CREATE FUNCTION try(statement text, identity text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
  message text;
  detail text;
BEGIN
  BEGIN
    IF identity IS NOT NULL THEN
      PERFORM liskeban.act_as(identity, true);
    END IF;
    EXECUTE statement;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  END;
  RETURN CASE WHEN state = 'ZZ000' THEN 'ok' WHEN state LIKE 'LK%' AND detail <> '' THEN state || ' ' || detail
              WHEN state LIKE 'LK%' OR state = '42501' THEN state ELSE state || ' ' || message END;
END $$;
-- the code alone
CREATE FUNCTION code(statement text, identity text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT split_part(try(statement, identity), ' ', 1) $$;
-- Do it as somebody.
CREATE FUNCTION act(identity text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM liskeban.act_as(identity);
  EXECUTE statement;
  PERFORM liskeban.act_as(NULL);
END $$;

CREATE FUNCTION report(category text DEFAULT 'general') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('hotline_12345', report.category, 'a matter', here())
  RETURNING ticket_id INTO id;
  RETURN id;
END $$;
-- A request, asked by one and granted by another
CREATE FUNCTION granted(id bigint, kind text, until timestamptz DEFAULT NULL, asker text DEFAULT 'v1') RETURNS void LANGUAGE plpgsql AS $$
DECLARE request bigint;
BEGIN
  PERFORM liskeban.act_as(asker);
  request := liskeban.ask(id, kind, 'for a reason', until);
  PERFORM liskeban.act_as('desk');
  PERFORM liskeban.decide(request, true, 'so be it');
  PERFORM liskeban.act_as(NULL);
END $$;
-- A new ticket brought to a state, a minute a step
CREATE FUNCTION make(state text, category text DEFAULT 'hard') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  id bigint := report(category);
  other bigint;
BEGIN
  IF state = 'reported' THEN RETURN id; END IF;
  PERFORM later('1 minute');
  IF state = 'rejected' THEN
    PERFORM act('desk', format('SELECT liskeban.reject(%s, ''unclear'', ''say more'')', id));
    RETURN id;
  ELSIF state = 'withdrawn' THEN
    PERFORM act('hotline', format('SELECT liskeban.withdraw(%s, ''taken back'')', id));
    RETURN id;
  ELSIF state = 'merged' THEN
    other := report(category);
    PERFORM act('desk', format('SELECT liskeban.merge(%s, %s)', id, other));
    RETURN id;
  END IF;
  PERFORM act('desk', format('SELECT liskeban.accept(%s)', id));
  IF state = 'accepted' THEN RETURN id; END IF;
  PERFORM later('1 minute');
  PERFORM act('desk', format('SELECT liskeban.dispatch(%s, ''320117001001'')', id));
  IF state = 'dispatched' THEN RETURN id; END IF;
  PERFORM later('1 minute');
  PERFORM act('v1', format('SELECT liskeban.arrive(%s)', id));
  IF state = 'on_site' THEN RETURN id; END IF;
  PERFORM later('1 minute');
  IF state IN ('planned', 'suspended') AND category = 'hard' THEN
    PERFORM act('v1', format('SELECT liskeban.plan(%s, ''a plan'', liskeban.liskeban_now() + interval ''10 days'')', id));
    IF state = 'planned' THEN RETURN id; END IF;
    PERFORM later('1 minute');
  END IF;
  IF state = 'suspended' THEN
    PERFORM granted(id, 'suspend', liskeban.liskeban_now() + interval '5 days');
    PERFORM act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''5 days'', ''on hold'')', id));
    RETURN id;
  END IF;
  PERFORM act('v1', format('SELECT liskeban.resolve(%s, ''done'')', id));
  IF state = 'resolved' THEN RETURN id; END IF;
  PERFORM later('1 minute');
  PERFORM act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', id));
  RETURN id;
END $$;
-- What history says of a ticket; no actor is this session's own role
CREATE FUNCTION history(id bigint) RETURNS TABLE (seq integer, at text, action text, moved text, actor text, note text, detail jsonb)
LANGUAGE sql STABLE AS $$
  SELECT e.seq, local(e.at), e.action, concat_ws('>', e.from_state, e.to_state), nullif(e.actor, session_user), e.note, e.detail
  FROM liskeban.ticket_event e WHERE e.ticket_id = id ORDER BY e.seq $$;
