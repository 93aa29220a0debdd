-- A simple model of the rules of the house, beside which the platform is run: plain PL/pgSQL over tables of its own,
-- written from rules.md alone. A step is an action by somebody with parameters; model.step() says what comes of it (ok or
-- the SQLSTATE) and keeps the model's tables, platform.step() does it. random.life() draws steps from a seed and compares.
--
-- The sweep comes whenever time has passed, so that what falls due by itself is done before anybody acts. Reads
-- guard_district.sql before it.

CREATE SCHEMA model;

CREATE TABLE model.ticket (
  id bigint PRIMARY KEY,
  category text NOT NULL, difficulty text NOT NULL, on_site boolean NOT NULL, lead_department text, has_reporter boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'reported', suspended_from text, run integer NOT NULL DEFAULT 1, tier text, area text, department text,
  received timestamptz NOT NULL, accept_due timestamptz, dispatch_due timestamptz, respond_due timestamptz, plan_due timestamptz,
  resolve_due timestamptz, original timestamptz, feedback_due timestamptz, stopped timestamptz, suspend_until timestamptz,
  dispatched timestamptz, contacted timestamptz, there timestamptz, promised timestamptz, resolved timestamptz, resolved_by text,
  closed timestamptz, updated timestamptz NOT NULL, late boolean NOT NULL DEFAULT false,
  reworks integer NOT NULL DEFAULT 0, reopens integer NOT NULL DEFAULT 0, returns integer NOT NULL DEFAULT 0, designated boolean NOT NULL DEFAULT false,
  satisfaction text, solved boolean, checked_by text, reply text, resolution text, merged_into bigint,
  handlers text[] NOT NULL DEFAULT '{}', returned_area text, returned_department text,
  -- since when it is on its rung, in this run
  rung_since timestamptz);
-- Plans and granted extensions, in the order in which they were made
CREATE TABLE model.plan (n bigint GENERATED ALWAYS AS IDENTITY, ticket bigint NOT NULL, run integer, tier text, at timestamptz NOT NULL, extension boolean NOT NULL);
CREATE TABLE model.request (
  id bigint PRIMARY KEY, ticket bigint NOT NULL, kind text NOT NULL, asked_by text NOT NULL, asked timestamptz NOT NULL, until timestamptz,
  decided_by text, decided timestamptz, granted boolean, used boolean NOT NULL DEFAULT false,
  complaint boolean NOT NULL DEFAULT false);
-- Every answer of a citizen; and every work begun again
CREATE TABLE model.answer (n bigint GENERATED ALWAYS AS IDENTITY, ticket bigint NOT NULL, at timestamptz NOT NULL, complaint boolean NOT NULL, unreachable boolean NOT NULL);
CREATE TABLE model.again (ticket bigint NOT NULL, at timestamptz NOT NULL);
CREATE TABLE model.whistle (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket bigint NOT NULL, from_tier text NOT NULL, to_tier text NOT NULL, raised_by text NOT NULL,
  raised timestamptz NOT NULL, sign_due timestamptz NOT NULL, handle_due timestamptz NOT NULL, signed timestamptz, outcome text, ended timestamptz,
  from_area text, from_department text, appeal_of bigint);
CREATE TABLE model.party (
  id bigint, ticket bigint NOT NULL, department text, area text, due timestamptz, done timestamptz, refused text);
-- What the last transition of a ticket was taken from, while it is its last event; others: whether it moved others, too
CREATE TABLE model.undo (ticket bigint PRIMARY KEY, recorded timestamptz NOT NULL, t model.ticket NOT NULL, whistles model.whistle[], requests model.request[], others boolean NOT NULL);
-- What somebody may do: a duty over an area, for a department, of a source.
CREATE TABLE model.actor (name text PRIMARY KEY, duty text NOT NULL, area text, department text);
INSERT INTO model.actor VALUES
  ('desk', 'dispatcher', '320117', NULL), ('desk2', 'dispatcher', '320117', NULL), ('v1', 'handler', '320117001001', NULL),
  ('v2', 'handler', '320117001002', NULL), ('town1', 'handler', '320117001', NULL), ('town2', 'handler', '320117002', NULL), ('data', 'handler', NULL, 'data'),
  ('district', 'handler', '320117', NULL), ('hotline', 'source', NULL, NULL), ('chief', 'admin', NULL, NULL);
INSERT INTO liskeban.official (role_name, name, title, tier, area) VALUES ('deputy', '甲', '副区长', 'district', '320117'), ('first', '乙', '区长', 'principal', '320117');
INSERT INTO liskeban.membership (role_name, duty, area, department, source) VALUES
  ('town1', 'handler', '320117001', NULL, NULL), ('town2', 'handler', '320117002', NULL, NULL), ('data', 'handler', NULL, 'data', NULL), ('district', 'handler', '320117', NULL, NULL);

-- n working days on: off from a day off one counts from the next working day's 00:00; never ends on a day off.
CREATE FUNCTION model.day_off(day date) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT coalesce((SELECT c.is_working FROM liskeban.calendar_day AS c WHERE c.day = day_off.day), extract(isodow FROM day_off.day) < 6) $$;
CREATE FUNCTION model.working_days(t timestamptz, n integer) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  local timestamp := t AT TIME ZONE 'Asia/Shanghai';
BEGIN
  WHILE model.day_off(local::date) LOOP local := local::date + 1; END LOOP;
  FOR i IN 1..n LOOP
    local := local + interval '1 day';
    WHILE model.day_off(local::date) LOOP local := local + interval '1 day'; END LOOP;
  END LOOP;
  RETURN local AT TIME ZONE 'Asia/Shanghai';
END $$;

-- Does the actor have one of the duties, and does it reach the ticket?
CREATE FUNCTION model.may(who text, duties text[], t model.ticket) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT a.duty = 'admin' OR a.duty = ANY (duties)
     AND (a.area IS NULL OR a.area = '320117' OR coalesce(starts_with(t.area, a.area), false))
     AND (a.department IS NULL OR coalesce(a.department = t.department, false)
          OR EXISTS (SELECT FROM model.party AS p WHERE p.ticket = t.id AND p.department = a.department AND p.refused IS NULL))
    FROM model.actor AS a WHERE a.name = who $$;
-- A granted request of the kind that has not been used, the oldest
CREATE FUNCTION model.grant_of(t bigint, kind text) RETURNS model.request LANGUAGE sql STABLE AS $$
  SELECT r FROM model.request AS r WHERE r.ticket = t AND r.kind = grant_of.kind AND r.granted AND NOT r.used ORDER BY r.id LIMIT 1 $$;
CREATE FUNCTION model.rung(area text, department text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN department IS NOT NULL THEN 'town' WHEN length(area) = 6 THEN 'district' WHEN length(area) = 9 THEN 'town' ELSE 'village' END $$;
CREATE FUNCTION model.height(tier text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT array_position('{village,town,district,principal}', tier) $$;
-- Does somebody stand above the rung the ticket is on (on the first, where there is none above)?
CREATE FUNCTION model.above(who text, t model.ticket) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT a.duty = 'admin' OR model.may(who, '{dispatcher,handler}', t) AND model.height(model.rung(a.area, a.department)) > least(model.height(t.tier), 3)
    FROM model.actor AS a WHERE a.name = who $$;
CREATE FUNCTION model.is_open(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') $$;

-- What was asked of a work that is over, or that was given back, lapses; of one that was withdrawn, everything.
CREATE FUNCTION model.lapse(t bigint, everything boolean) RETURNS void LANGUAGE sql AS $$
  UPDATE model.request AS r SET decided_by = 'platform', granted = false
   WHERE r.ticket = t AND r.decided_by IS NULL AND (everything OR r.kind IN ('return', 'suspend', 'extend', 'promise')) $$;

-- What the clocks of plan and resolve have left goes on from then; what had passed stays.
CREATE FUNCTION model.go_on(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  IF t.stopped IS NULL THEN RETURN; END IF;
  IF t.resolve_due >= t.stopped THEN t.resolve_due := t.resolve_due + (at - t.stopped); END IF;
  IF t.original >= t.stopped THEN t.original := t.original + (at - t.stopped); END IF;
  IF t.promised IS NULL AND t.plan_due >= t.stopped THEN t.plan_due := t.plan_due + (at - t.stopped); END IF;
  t.stopped := NULL;
END $$;
CREATE FUNCTION model.resumed(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  t := model.go_on(t, at);
  t.state := t.suspended_from; t.suspended_from := NULL; t.suspend_until := NULL;
END $$;
-- plan and resolve begin anew
CREATE FUNCTION model.begin_work(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  t.plan_due := CASE t.difficulty WHEN 'hard' THEN at + interval '168 hours' END;
  t.resolve_due := CASE t.difficulty WHEN 'simple' THEN at + interval '24 hours' WHEN 'general' THEN at + interval '72 hours' END;
  t.original := t.resolve_due;
END $$;
CREATE FUNCTION model.respond(t model.ticket, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT at + CASE WHEN t.on_site THEN interval '15 minutes' ELSE interval '24 hours' END $$;

-- A work that begins again has a rung; so do those merged into it, which wait for it; complaints about it have been heard.
CREATE FUNCTION model.begun_again(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  IF t.tier IS NULL THEN
    t.tier := model.rung(t.area, t.department); t.rung_since := at;
  END IF;
  UPDATE model.ticket AS m SET closed = NULL, satisfaction = NULL, solved = NULL, checked_by = NULL, updated = greatest(m.updated, at)
   WHERE m.merged_into = t.id AND m.state = 'merged' AND num_nonnulls(m.closed, m.satisfaction, m.solved, m.checked_by) > 0;
  UPDATE model.request AS r SET decided_by = 'platform', granted = true, used = true
   WHERE r.complaint AND r.decided_by IS NULL AND (r.ticket = t.id OR r.ticket IN (SELECT m.id FROM model.ticket AS m WHERE m.merged_into = t.id AND m.state = 'merged'));
  INSERT INTO model.again VALUES (t.id, at);
END $$;
-- A closed ticket closes what was merged into it.
CREATE FUNCTION model.closed(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  t.state := 'closed'; t.closed := at;
  UPDATE model.ticket AS m SET closed = at, updated = greatest(m.updated, at) WHERE m.merged_into = t.id AND m.state = 'merged';
END $$;
-- Of one that is gone, the eldest that was merged into it takes the place.
CREATE FUNCTION model.gone(t model.ticket, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  eldest model.ticket;
BEGIN
  SELECT * INTO eldest FROM model.ticket AS m WHERE m.merged_into = t.id AND m.state = 'merged' ORDER BY m.received, m.id LIMIT 1;
  IF eldest.id IS NULL THEN RETURN; END IF;
  UPDATE model.ticket AS m SET merged_into = eldest.id, updated = greatest(m.updated, at) WHERE m.merged_into = t.id AND m.state = 'merged';
  eldest := model.unmerged(eldest, at);
  eldest.updated := greatest(eldest.updated, at);
  DELETE FROM model.ticket AS d WHERE d.id = eldest.id;
  INSERT INTO model.ticket SELECT eldest.*;
END $$;
CREATE FUNCTION model.unmerged(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  t.state := 'accepted'; t.merged_into := NULL; t.closed := NULL; t.satisfaction := NULL; t.solved := NULL;
  -- handed out it never was: there is time left for it, or all of it
  t.dispatch_due := CASE WHEN t.dispatch_due IS NULL THEN at + interval '10 minutes'
                         WHEN t.dispatched IS NULL AND t.dispatch_due >= t.stopped THEN t.dispatch_due + (at - t.stopped) ELSE t.dispatch_due END;
  t := model.go_on(t, at);
END $$;

-- What remains of a work that is sent back: what was left when it was resolved, a day at least, three of a hard one
CREATE FUNCTION model.send_back(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  least CONSTANT interval := CASE t.difficulty WHEN 'hard' THEN interval '72 hours' ELSE interval '24 hours' END;
BEGIN
  IF t.resolve_due IS NULL AND t.plan_due IS NOT NULL THEN
    t.plan_due := at + greatest(t.plan_due - t.resolved, least);
  ELSE
    t.original := at + greatest(t.original - t.resolved, least);
    t.resolve_due := at + greatest(t.resolve_due - t.resolved, least);
  END IF;
  t := model.begun_again(t, at);
  t.reworks := t.reworks + 1; t.state := 'dispatched'; t.dispatched := at; t.feedback_due := NULL;
  t.satisfaction := NULL; t.solved := NULL; t.checked_by := NULL;
END $$;
CREATE FUNCTION model.reopened(INOUT t model.ticket, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  t := model.begun_again(t, at);
  t.run := t.run + 1; t.rung_since := at; t.reopens := t.reopens + 1; t.state := 'dispatched'; t.dispatched := at; t.closed := NULL; t.there := NULL; t.contacted := NULL;
  t.late := false; t.satisfaction := NULL; t.solved := NULL; t.checked_by := NULL; t.promised := NULL; t.feedback_due := NULL;
  t.respond_due := model.respond(t, at);
  t := model.begin_work(t, at);
END $$;

-- Who holds it now takes part no more.
CREATE FUNCTION model.held_by(t model.ticket, at timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE model.party AS q SET done = at WHERE q.ticket = t.id AND q.done IS NULL AND q.refused IS NULL
     AND (q.department = t.department OR t.department IS NULL AND q.area = t.area) $$;
-- Up to a rung, by whistle: the town's, or the district's; who held it helps from now on, without a term.
CREATE FUNCTION model.climb(INOUT t model.ticket, who text, at timestamptz, to_rung text, appeal bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
  new_area CONSTANT text := CASE to_rung WHEN 'town' THEN left(t.area, 9) ELSE '320117' END;
BEGIN
  UPDATE model.whistle AS w SET outcome = 'overtaken', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
  INSERT INTO model.whistle (ticket, from_tier, to_tier, raised_by, raised, sign_due, handle_due, from_area, from_department, appeal_of)
  VALUES (t.id, t.tier, to_rung, who, at, at + interval '1 hour', model.working_days(at + interval '1 hour', CASE to_rung WHEN 'town' THEN 3 WHEN 'district' THEN 5 ELSE 7 END),
          t.area, t.department, appeal);
  IF (t.department IS NOT NULL OR t.area <> new_area) AND NOT EXISTS (SELECT FROM model.party AS q WHERE q.ticket = t.id AND q.done IS NULL AND q.refused IS NULL
       AND CASE WHEN t.department IS NULL THEN q.area = t.area ELSE q.department = t.department END) THEN
    INSERT INTO model.party (ticket, department, area) VALUES (t.id, t.department, CASE WHEN t.department IS NULL THEN t.area END);
  END IF;
  t.tier := to_rung; t.area := new_area; t.department := NULL; t.rung_since := at; t.updated := at;
  PERFORM model.held_by(t, at);
END $$;
CREATE FUNCTION model.next_rung(tier text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ('{village,town,district,principal}'::text[])[model.height(tier) + 1] $$;
-- Back to whom it came from
CREATE FUNCTION model.give_back(INOUT t model.ticket, w model.whistle, outcome text, at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE model.whistle AS q SET outcome = give_back.outcome, ended = at WHERE q.n = w.n;
  t.tier := w.from_tier; t.area := w.from_area; t.department := w.from_department; t.rung_since := at;
  PERFORM model.held_by(t, at);
END $$;
-- Does somebody stand on the rung, of this ticket?
CREATE FUNCTION model.stands_on(who text, tier text, t model.ticket) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT a.duty = 'admin' OR a.duty IN ('handler', 'dispatcher') AND model.rung(a.area, a.department) = stands_on.tier
     AND (a.area IS NULL OR a.area = '320117' OR coalesce(starts_with(t.area, a.area), false)) AND (a.department IS NULL OR coalesce(a.department = t.department, false))
    FROM model.actor AS a WHERE a.name = who $$;
-- Declined within 30 days, and not appealed within a working day, or declined again
CREATE FUNCTION model.declined(who text, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM model.whistle AS w LEFT JOIN model.whistle AS a ON a.appeal_of = w.n
   WHERE w.raised_by = who AND w.outcome = 'declined' AND w.appeal_of IS NULL AND w.ended > at - interval '720 hours'
     AND (a.outcome = 'declined' OR model.working_days(w.ended, 1) < at AND (a.n IS NULL OR a.raised > model.working_days(w.ended, 1))) $$;

-- A step as the rules have it. now: the platform's time. p: the parameters, by the names of the actions. new_id: what the
-- platform called a thing that the step made.
CREATE FUNCTION model.step(action text, who text, p jsonb, now timestamptz, new_id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  t model.ticket;
  lead model.ticket;
  r model.request;
  at timestamptz;
  note CONSTANT boolean := coalesce(p ->> 'note', '') <> '';
  want_area CONSTANT text := p ->> 'area';
  want_department CONSTANT text := p ->> 'department';
  until CONSTANT timestamptz := p ->> 'until';
  from_states text[];
  plans bigint;
  last bigint;
  party model.party;
  whistle model.whistle;
  before model.undo;
BEGIN
  IF action = 'report' THEN
    INSERT INTO model.ticket (id, category, difficulty, on_site, lead_department, area, received, updated)
    SELECT new_id, c.code, c.difficulty, c.on_site, CASE c.lead WHEN 'department' THEN c.department END, '320117001001', now, now
      FROM liskeban.category AS c WHERE c.code = p ->> 'category' RETURNING * INTO t;
    t.has_reporter := (p ->> 'reporter')::boolean;
    t.accept_due := now + interval '5 minutes';
    t.respond_due := model.respond(t, now);
    t := model.begin_work(t, now);
    DELETE FROM model.ticket AS d WHERE d.id = t.id;
    INSERT INTO model.ticket SELECT t.*;
    RETURN 'ok';
  ELSIF action = 'write_tier' THEN
    RETURN 'LK003';
  ELSIF action IN ('delete', 'rewrite_history') THEN
    RETURN 'LK004';
  END IF;

  IF action = 'decide' THEN
    SELECT * INTO r FROM model.request AS q WHERE q.id = (p ->> 'request')::bigint;
    SELECT * INTO t FROM model.ticket AS q WHERE q.id = r.ticket;
  ELSE
    SELECT * INTO t FROM model.ticket AS q WHERE q.id = (p ->> 'ticket')::bigint;
  END IF;
  at := greatest(now, t.updated);
  before := row(t.id, now, t, (SELECT array_agg(w) FROM model.whistle AS w WHERE w.ticket = t.id), (SELECT array_agg(q) FROM model.request AS q WHERE q.ticket = t.id),
                action IN ('reject', 'close') AND EXISTS (SELECT FROM model.ticket AS m WHERE m.merged_into = t.id AND m.state = 'merged'));

  CASE action
  WHEN 'accept' THEN
    IF t.state NOT IN ('reported', 'rejected') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF t.state = 'rejected' AND NOT note THEN RETURN 'LK002'; END IF;
    t.state := 'accepted'; t.dispatch_due := at + interval '10 minutes';

  WHEN 'answer' THEN
    IF t.state NOT IN ('reported', 'accepted') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF coalesce(p ->> 'reply', '') = '' THEN RETURN 'LK002'; END IF;
    t.state := 'resolved'; t.resolved := at; t.resolved_by := who; t.feedback_due := model.working_days(at, 3);
    UPDATE model.whistle AS w SET outcome = 'solved', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
    PERFORM model.lapse(t.id, false);

  WHEN 'reject' THEN
    IF t.state NOT IN ('reported', 'accepted') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF coalesce(p ->> 'reply', '') = '' THEN RETURN 'LK002'; END IF;
    t.state := 'rejected';
    UPDATE model.whistle AS w SET outcome = 'overtaken', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
    PERFORM model.gone(t, at);

  WHEN 'withdraw' THEN
    IF t.state NOT IN ('reported', 'accepted', 'dispatched', 'on_site', 'planned', 'suspended', 'resolved', 'merged') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher,source}', t) OR who = ANY (t.handlers) THEN RETURN '42501'; END IF;
    IF NOT note THEN RETURN 'LK002'; END IF;
    IF t.state <> 'merged' THEN PERFORM model.gone(t, at); END IF;
    t.state := 'withdrawn';
    UPDATE model.whistle AS w SET outcome = 'overtaken', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
    PERFORM model.lapse(t.id, true);

  WHEN 'dispatch', 'redispatch' THEN
    IF action = 'dispatch' AND t.state <> 'accepted' OR action = 'redispatch' AND t.state NOT IN ('dispatched', 'on_site', 'planned') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF action = 'redispatch' AND ((want_area, want_department) IS NOT DISTINCT FROM (t.area, t.department) OR NOT note) THEN RETURN 'LK002'; END IF;
    -- against the category's lead only with a word; never back at once to whom it came back from
    IF action = 'dispatch' AND NOT note AND want_department IS DISTINCT FROM t.lead_department THEN RETURN 'LK002'; END IF;
    IF t.returns = 1 AND (want_area, want_department) IS NOT DISTINCT FROM (t.returned_area, t.returned_department) THEN RETURN 'LK002'; END IF;
    t.area := want_area; t.department := want_department;
    IF coalesce(t.tier, 'village') IN ('village', 'town') THEN
      -- off its rung a whistle is over
      IF t.tier IS DISTINCT FROM model.rung(t.area, t.department) THEN
        t.rung_since := at;
        UPDATE model.whistle AS w SET outcome = 'overtaken', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
      END IF;
      t.tier := model.rung(t.area, t.department);
    END IF;
    PERFORM model.held_by(t, at);
    IF action = 'dispatch' AND t.returns >= 2 THEN t.designated := true; END IF;
    t.state := 'dispatched'; t.dispatched := at;

  WHEN 'return' THEN
    IF t.state NOT IN ('dispatched', 'on_site') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    r := model.grant_of(t.id, 'return');
    IF r.id IS NULL OR NOT note OR t.designated THEN RETURN 'LK002'; END IF;
    UPDATE model.request AS q SET used = true WHERE q.id = r.id;
    t.state := 'accepted'; t.returns := t.returns + 1; t.returned_area := t.area; t.returned_department := t.department;
    PERFORM model.lapse(t.id, false);

  WHEN 'arrive' THEN
    IF t.state <> 'dispatched' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{handler}', t) THEN RETURN '42501'; END IF;
    t.there := coalesce((p ->> 'at')::timestamptz, at);
    IF t.there < t.dispatched OR t.there > at THEN RETURN 'LK006'; END IF;
    t.late := now - t.there > interval '10 minutes';
    at := greatest(t.there, t.updated);
    t.state := 'on_site'; t.handlers := t.handlers || who;

  WHEN 'contact' THEN
    IF t.state NOT IN ('dispatched', 'on_site', 'planned') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{handler,dispatcher}', t) THEN RETURN '42501'; END IF;
    t.contacted := coalesce(t.contacted, at); t.handlers := t.handlers || who;

  WHEN 'resolve' THEN
    IF t.state NOT IN ('dispatched', 'on_site', 'planned') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{handler}', t) THEN RETURN '42501'; END IF;
    IF t.state = 'dispatched' AND (t.on_site OR t.contacted IS NULL) OR coalesce(p ->> 'resolution', '') = '' THEN RETURN 'LK002'; END IF;
    IF EXISTS (SELECT FROM model.party AS q WHERE q.ticket = t.id AND q.due IS NOT NULL AND q.done IS NULL AND q.refused IS NULL) THEN RETURN 'LK002'; END IF;
    t.state := 'resolved'; t.resolved := at; t.resolved_by := who; t.feedback_due := model.working_days(at, 3);
    UPDATE model.whistle AS w SET outcome = 'solved', ended = at WHERE w.ticket = t.id AND w.ended IS NULL; t.handlers := t.handlers || who;
    PERFORM model.lapse(t.id, false);

  WHEN 'plan' THEN
    IF t.state NOT IN ('dispatched', 'on_site', 'planned') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{handler}', t) THEN RETURN '42501'; END IF;
    IF t.state = 'dispatched' AND t.on_site OR t.difficulty <> 'hard' OR coalesce(p ->> 'plan', '') = '' THEN RETURN 'LK002'; END IF;
    -- plans on this rung in this run, since it was last signed for here
    SELECT count(*), max(q.n) INTO plans, last FROM model.plan AS q WHERE q.ticket = t.id AND q.run = t.run AND q.tier = t.tier
       AND q.at >= coalesce((SELECT max(w.signed) FROM model.whistle AS w WHERE w.ticket = t.id AND w.to_tier = t.tier), '-infinity');
    IF plans = 0 AND EXISTS (SELECT FROM model.whistle AS w WHERE w.ticket = t.id AND w.to_tier = t.tier AND w.ended IS NULL AND w.signed IS NULL) THEN RETURN 'LK002'; END IF;
    IF plans > 1 OR plans = 1 AND NOT EXISTS (SELECT FROM model.plan AS q WHERE q.ticket = t.id AND q.extension AND q.n > last) THEN RETURN 'LK002'; END IF;
    IF until - at > (CASE t.tier WHEN 'village' THEN interval '720 hours' WHEN 'town' THEN interval '1440 hours' ELSE interval '2160 hours' END) THEN
      SELECT * INTO r FROM model.request AS q WHERE q.ticket = t.id AND q.kind = 'promise' AND q.granted AND NOT q.used AND q.until >= (p ->> 'until')::timestamptz
         AND q.decided >= t.rung_since ORDER BY q.id LIMIT 1;
      IF r.id IS NULL THEN RETURN 'LK002'; END IF;
      UPDATE model.request AS q SET used = true WHERE q.id = r.id;
    END IF;
    IF until <= at THEN RETURN 'LK006'; END IF;
    INSERT INTO model.plan (ticket, run, tier, at, extension) VALUES (t.id, t.run, t.tier, at, false);
    t.state := 'planned'; t.promised := until; t.handlers := t.handlers || who;
    -- a due that has passed does not move; the first promise of a run stays as its original
    IF t.resolve_due IS NULL OR t.resolve_due >= at THEN t.resolve_due := until; END IF;
    t.original := coalesce(t.original, until);

  WHEN 'add_party' THEN
    IF t.state NOT IN ('dispatched', 'on_site', 'planned', 'suspended') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher,handler}', t) THEN RETURN '42501'; END IF;
    IF want_department = t.department OR EXISTS (SELECT FROM model.party AS q WHERE q.ticket = t.id AND q.department = want_department AND q.done IS NULL AND q.refused IS NULL) THEN RETURN '23505'; END IF;
    INSERT INTO model.party (id, ticket, department, due) VALUES (new_id, t.id, want_department,
      CASE WHEN t.resolve_due > at THEN t.resolve_due WHEN t.resolve_due IS NULL AND t.plan_due > at THEN t.plan_due ELSE at + interval '3 days' END);

  WHEN 'party_done', 'party_refuse' THEN
    SELECT * INTO party FROM model.party AS q WHERE q.id = (p ->> 'party')::bigint;
    -- the same value once more is no change
    IF action = 'party_done' AND party.done = now THEN RETURN 'ok'; END IF;
    IF t.state NOT IN ('dispatched', 'on_site', 'planned', 'suspended') THEN RETURN 'LK001'; END IF;
    IF NOT (model.may(who, '{dispatcher}', t) OR EXISTS (SELECT FROM model.actor AS a WHERE a.name = who AND (a.department = party.department OR a.area IS NOT NULL AND starts_with(party.area, a.area)))) THEN RETURN '42501'; END IF;
    IF party.done IS NOT NULL OR party.refused IS NOT NULL THEN RETURN '55000'; END IF;
    IF action = 'party_refuse' AND NOT note THEN RETURN 'LK002'; END IF;
    UPDATE model.party AS q SET done = CASE action WHEN 'party_done' THEN at END, refused = CASE action WHEN 'party_refuse' THEN p ->> 'note' END WHERE q.id = party.id;

  WHEN 'suspend' THEN
    IF t.state NOT IN ('on_site', 'planned') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    SELECT * INTO r FROM model.request AS q WHERE q.ticket = t.id AND q.kind = 'suspend' AND q.granted AND NOT q.used
       AND q.asked <= coalesce(t.resolve_due, t.plan_due) AND q.until >= (p ->> 'until')::timestamptz ORDER BY q.id LIMIT 1;
    IF r.id IS NULL THEN RETURN 'LK002'; END IF;
    IF until <= at THEN RETURN 'LK006'; END IF;
    UPDATE model.request AS q SET used = true WHERE q.id = r.id;
    t.suspended_from := t.state; t.state := 'suspended'; t.suspend_until := until; t.stopped := at;

  WHEN 'resume' THEN
    IF t.state <> 'suspended' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher,handler}', t) THEN RETURN '42501'; END IF;
    t := model.resumed(t, at);

  WHEN 'close' THEN
    IF t.state <> 'resolved' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher,source}', t) OR who = t.resolved_by OR p ->> 'checked_by' = t.resolved_by THEN RETURN '42501'; END IF;
    IF t.has_reporter AND (t.satisfaction IS NULL OR t.satisfaction <> 'unreachable' AND t.solved IS NULL)
       OR NOT t.has_reporter AND coalesce(p ->> 'checked_by', '') = '' THEN RETURN 'LK002'; END IF;
    t.checked_by := p ->> 'checked_by';
    t := model.closed(t, at);

  WHEN 'rework' THEN
    IF t.state <> 'resolved' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF NOT note THEN RETURN 'LK002'; END IF;
    t := model.send_back(t, at);

  WHEN 'reopen' THEN
    IF t.state <> 'closed' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    r := model.grant_of(t.id, 'reopen');
    IF r.id IS NULL OR at > t.closed + interval '30 days' THEN RETURN 'LK002'; END IF;
    UPDATE model.request AS q SET used = true WHERE q.id = r.id;
    t := model.reopened(t, at);

  WHEN 'merge' THEN
    IF t.state NOT IN ('reported', 'accepted', 'dispatched', 'on_site') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    SELECT * INTO lead FROM model.ticket AS q WHERE q.id = (p ->> 'lead')::bigint;
    IF lead.id = t.id OR NOT model.is_open(lead.state) THEN RETURN 'LK002'; END IF;
    t.state := 'merged'; t.merged_into := lead.id; t.stopped := at;
    UPDATE model.whistle AS w SET outcome = 'overtaken', ended = at WHERE w.ticket = t.id AND w.ended IS NULL;
    UPDATE model.ticket AS m SET merged_into = lead.id, updated = greatest(m.updated, at) WHERE m.merged_into = t.id AND m.state = 'merged';
    PERFORM model.lapse(t.id, false);

  WHEN 'unmerge' THEN
    IF t.state <> 'merged' THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF NOT note THEN RETURN 'LK002'; END IF;
    t := model.unmerged(t, at);

  WHEN 'record_feedback' THEN
    SELECT * INTO lead FROM model.ticket AS q WHERE q.id = CASE t.state WHEN 'merged' THEN t.merged_into ELSE t.id END;
    IF lead.state NOT IN ('resolved', 'closed') THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher,source}', t) OR who = lead.resolved_by THEN RETURN '42501'; END IF;
    INSERT INTO model.answer (ticket, at, complaint, unreachable)
    VALUES (t.id, at, coalesce(p ->> 'satisfaction' = 'dissatisfied' OR p ->> 'satisfaction' <> 'unreachable' AND NOT (p ->> 'solved')::boolean, false), p ->> 'satisfaction' = 'unreachable');
    IF p ->> 'satisfaction' <> 'unreachable' THEN
      t.satisfaction := p ->> 'satisfaction'; t.solved := (p ->> 'solved')::boolean;
    ELSIF (SELECT count(*) >= 3 AND count(DISTINCT (a.at AT TIME ZONE 'Asia/Shanghai')::date) >= 2 FROM model.answer AS a
            WHERE a.ticket = t.id AND a.at >= lead.resolved AND a.n > coalesce((SELECT max(b.n) FROM model.answer AS b WHERE b.ticket = t.id AND NOT b.unreachable), 0)) THEN
      t.satisfaction := 'unreachable'; t.solved := NULL;
    END IF;
    IF p ->> 'satisfaction' <> 'unreachable' AND (p ->> 'satisfaction' = 'dissatisfied' OR NOT (p ->> 'solved')::boolean)
       AND (lead.state = 'resolved' OR at <= lead.closed + interval '30 days') THEN
      -- once on a rung the work is done again when somebody grants it; then it climbs
      IF lead.tier IN ('village', 'town', 'district') AND EXISTS (SELECT FROM model.again AS g WHERE g.ticket = lead.id AND g.at >= lead.rung_since
             AND EXISTS (SELECT FROM model.answer AS a WHERE a.complaint AND a.at <= g.at AND (a.at >= lead.rung_since OR g.at = lead.rung_since)
                            AND (a.ticket = lead.id OR a.ticket IN (SELECT m.id FROM model.ticket AS m WHERE m.merged_into = lead.id AND m.state = 'merged')))) THEN
        t.updated := at;
        DELETE FROM model.ticket AS d WHERE d.id = t.id;
        INSERT INTO model.ticket SELECT t.*;
        SELECT * INTO lead FROM model.ticket AS q WHERE q.id = lead.id;
        lead.updated := greatest(lead.updated, at);
        IF lead.state = 'resolved' THEN lead := model.send_back(lead, lead.updated); ELSE lead := model.reopened(lead, lead.updated); END IF;
        lead := model.climb(lead, 'platform', lead.updated, model.next_rung(lead.tier));
        DELETE FROM model.undo AS u WHERE u.ticket IN (t.id, lead.id);
        DELETE FROM model.ticket AS d WHERE d.id = lead.id;
        INSERT INTO model.ticket SELECT lead.*;
        RETURN 'ok';
      ELSIF NOT EXISTS (SELECT FROM model.request AS q WHERE q.id = new_id) THEN
        INSERT INTO model.request (id, ticket, kind, asked_by, asked, complaint) VALUES (new_id, t.id, CASE lead.state WHEN 'resolved' THEN 'rework' ELSE 'reopen' END, who, at, true);
      ELSE
        UPDATE model.request AS q SET complaint = true WHERE q.id = new_id;
      END IF;
    END IF;

  WHEN 'blow_whistle' THEN
    IF who = 'hotline' THEN RETURN '42501'; END IF;
    IF NOT note OR t.tier IS NULL OR t.state NOT IN ('dispatched', 'on_site', 'planned', 'suspended') OR NOT model.stands_on(who, t.tier, t) OR t.tier = 'principal'
       OR t.tier = 'district' AND NOT EXISTS (SELECT FROM model.whistle AS w WHERE w.ticket = t.id AND w.to_tier = 'district' AND w.handle_due <= at AND coalesce(w.outcome, 'overtaken') = 'overtaken')
       OR model.declined(who, at) >= 3 THEN RETURN 'LK005'; END IF;
    IF t.state = 'suspended' THEN t := model.resumed(t, at); END IF;
    t := model.climb(t, who, at, model.next_rung(t.tier));

  WHEN 'sign_whistle', 'decline_whistle', 'hand_down' THEN
    SELECT * INTO whistle FROM model.whistle AS w WHERE w.ticket = t.id ORDER BY w.n DESC LIMIT 1;
    IF NOT model.stands_on(who, whistle.to_tier, t) THEN RETURN '42501'; END IF;
    IF whistle.ended IS NOT NULL OR action = 'sign_whistle' AND whistle.signed IS NOT NULL OR action = 'hand_down' AND whistle.signed IS NULL THEN RETURN '55000'; END IF;
    IF action = 'sign_whistle' THEN
      IF whistle.to_tier IN ('district', 'principal') AND NOT coalesce((p ->> 'force')::boolean, false) THEN RETURN 'LK002'; END IF;
      UPDATE model.whistle AS w SET signed = at, handle_due = least(w.handle_due, model.working_days(least(at, w.sign_due), CASE w.to_tier WHEN 'town' THEN 3 WHEN 'district' THEN 5 ELSE 7 END))
       WHERE w.n = whistle.n;
    ELSE
      IF NOT note THEN RETURN 'LK002'; END IF;
      t := model.give_back(t, whistle, CASE action WHEN 'hand_down' THEN 'handed_down' ELSE 'declined' END, at);
    END IF;

  WHEN 'appeal_whistle' THEN
    SELECT * INTO whistle FROM model.whistle AS w WHERE w.ticket = t.id ORDER BY w.n DESC LIMIT 1;
    IF who NOT IN (whistle.raised_by, 'chief') THEN RETURN '42501'; END IF;
    IF NOT note OR whistle.outcome IS DISTINCT FROM 'declined' OR whistle.appeal_of IS NOT NULL OR whistle.to_tier = 'principal'
       OR t.state NOT IN ('dispatched', 'on_site', 'planned', 'suspended') OR t.tier <> whistle.from_tier THEN RETURN 'LK005'; END IF;
    IF t.state = 'suspended' THEN t := model.resumed(t, at); END IF;
    t := model.climb(t, who, at, model.next_rung(whistle.to_tier), whistle.n);

  WHEN 'ask' THEN
    from_states := CASE p ->> 'kind' WHEN 'return' THEN '{dispatched,on_site}' WHEN 'suspend' THEN '{on_site,planned}' WHEN 'extend' THEN '{dispatched,on_site,planned}'
                                     WHEN 'promise' THEN '{dispatched,on_site,planned}' WHEN 'rework' THEN '{resolved}' WHEN 'reopen' THEN '{closed}' END;
    IF t.state <> ALL (from_states) THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, CASE WHEN p ->> 'kind' IN ('rework', 'reopen') THEN '{dispatcher,source}'::text[] ELSE '{dispatcher,handler}' END, t) THEN RETURN '42501'; END IF;
    IF p ->> 'kind' IN ('suspend', 'extend', 'promise') THEN
      IF until IS NULL THEN RETURN 'LK002'; END IF;
      IF until <= now THEN RETURN 'LK006'; END IF;
    END IF;
    IF EXISTS (SELECT FROM model.request AS q WHERE q.ticket = t.id AND q.kind = p ->> 'kind' AND q.decided_by IS NULL) THEN RETURN '23505'; END IF;
    INSERT INTO model.request (id, ticket, kind, asked_by, asked, until) VALUES (new_id, t.id, p ->> 'kind', who, at, until);
    RETURN 'ok';

  WHEN 'decide' THEN
    IF NOT (CASE r.kind WHEN 'promise' THEN model.above(who, t) ELSE model.may(who, '{dispatcher}', t) END) OR who = r.asked_by THEN RETURN '42501'; END IF;
    IF r.decided_by IS NOT NULL THEN RETURN '55000'; END IF;
    IF r.kind = 'extend' AND (p ->> 'granted')::boolean THEN
      IF t.state NOT IN ('dispatched', 'on_site', 'planned') THEN RETURN 'LK001'; END IF;
      IF t.resolve_due IS NULL OR t.resolve_due < at THEN RETURN 'LK002'; END IF;
      IF r.until <= t.resolve_due THEN RETURN 'LK006'; END IF;
      t.resolve_due := r.until;
      INSERT INTO model.plan (ticket, at, extension) VALUES (t.id, at, true);
    ELSIF NOT r.complaint THEN
      at := t.updated;
    ELSIF NOT (p ->> 'granted')::boolean THEN
      -- closed as it is
      IF t.state = 'resolved' THEN
        IF who = t.resolved_by THEN RETURN '42501'; END IF;
        IF NOT t.has_reporter THEN t.checked_by := coalesce(t.checked_by, who); END IF;
        t := model.closed(t, at);
      ELSE
        at := t.updated;
      END IF;
    ELSE
      SELECT * INTO lead FROM model.ticket AS q WHERE q.id = CASE t.state WHEN 'merged' THEN t.merged_into ELSE t.id END;
      IF lead.state NOT IN ('resolved', 'closed') THEN
        IF NOT model.is_open(lead.state) THEN RETURN 'LK001'; END IF;
        at := t.updated;
      ELSE
        at := greatest(now, lead.updated);
        IF lead.state = 'closed' AND at > lead.closed + interval '30 days' THEN RETURN 'LK002'; END IF;
        UPDATE model.request AS q SET decided_by = who, decided = greatest(now, r.asked), granted = true, used = true WHERE q.id = r.id;
        IF lead.state = 'resolved' THEN lead := model.send_back(lead, at); ELSE lead := model.reopened(lead, at); END IF;
        lead.updated := at;
        DELETE FROM model.undo AS u WHERE u.ticket = lead.id;
        DELETE FROM model.ticket AS d WHERE d.id = lead.id;
        INSERT INTO model.ticket SELECT lead.*;
        RETURN 'ok';
      END IF;
    END IF;
    UPDATE model.request AS q SET decided_by = who, decided = greatest(now, r.asked), granted = (p ->> 'granted')::boolean,
           used = (p ->> 'granted')::boolean AND (r.kind = 'extend' OR r.complaint) WHERE q.id = r.id;
  WHEN 'revert' THEN
    SELECT * INTO before FROM model.undo AS u WHERE u.ticket = t.id AND u.recorded >= now - interval '10 minutes';
    IF before.ticket IS NULL THEN RETURN 'LK001'; END IF;
    IF NOT model.may(who, '{dispatcher}', t) THEN RETURN '42501'; END IF;
    IF NOT note OR before.others THEN RETURN 'LK002'; END IF;
    -- who handled it did
    before.t.handlers := t.handlers;
    t := before.t;
    DELETE FROM model.whistle AS w WHERE w.ticket = t.id;
    INSERT INTO model.whistle OVERRIDING SYSTEM VALUE SELECT w.* FROM unnest(before.whistles) AS w;
    -- what it used up, or made lapse
    UPDATE model.request AS q SET used = false FROM unnest(before.requests) AS b WHERE b.id = q.id AND q.used AND NOT b.used;
    UPDATE model.request AS q SET decided_by = NULL, granted = NULL FROM unnest(before.requests) AS b WHERE b.id = q.id AND q.decided_by = 'platform' AND b.decided_by IS NULL;
  END CASE;

  IF action IN ('accept', 'answer', 'reject', 'arrive', 'resolve', 'close', 'resume', 'return', 'suspend') THEN
    INSERT INTO model.undo SELECT before.* ON CONFLICT (ticket) DO UPDATE SET (recorded, t, whistles, requests, others) = (excluded.recorded, excluded.t, excluded.whistles, excluded.requests, excluded.others);
  ELSIF action <> 'decide' OR at > t.updated OR r.complaint OR r.kind = 'extend' THEN
    DELETE FROM model.undo AS u WHERE u.ticket = t.id;
  END IF;
  t.updated := at;
  DELETE FROM model.ticket AS d WHERE d.id = t.id;
  INSERT INTO model.ticket SELECT t.*;
  RETURN 'ok';
END $$;

-- What happens by itself until now, to each ticket the earliest first: a suspension ends; a village's plan or resolve is
-- red, unless a whistle was raised since; a whistle is not handled in time; a citizen could not be reached in time.
CREATE FUNCTION model.sweep(now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t model.ticket;
  next bigint;
  at timestamptz;
BEGIN
  LOOP
    SELECT m.id, greatest(m.updated, c.at) INTO next, at
      FROM model.ticket AS m,
           LATERAL (SELECT CASE
             WHEN m.state = 'suspended' THEN m.suspend_until
             WHEN m.state = 'resolved' AND m.has_reporter AND m.satisfaction IS NULL
                  AND NOT EXISTS (SELECT FROM model.request AS r WHERE r.ticket = m.id AND r.kind = 'rework' AND r.decided_by IS NULL) THEN m.feedback_due
             WHEN m.state NOT IN ('dispatched', 'on_site', 'planned') THEN NULL
             WHEN m.tier = 'village' AND NOT EXISTS (SELECT FROM model.whistle AS w WHERE w.ticket = m.id AND w.raised >= coalesce(m.resolve_due, m.plan_due)) THEN coalesce(m.resolve_due, m.plan_due)
             WHEN m.tier IN ('town', 'district') THEN (SELECT w.handle_due FROM model.whistle AS w WHERE w.ticket = m.id AND w.ended IS NULL) END) AS c(at)
     WHERE greatest(m.updated, c.at) <= now AND c.at IS NOT NULL ORDER BY 2, 1 LIMIT 1;
    EXIT WHEN NOT FOUND;
    SELECT * INTO t FROM model.ticket AS q WHERE q.id = next;
    CASE t.state
    WHEN 'suspended' THEN t := model.resumed(t, t.suspend_until);
    WHEN 'resolved' THEN t.satisfaction := 'unreachable'; t := model.closed(t, at);
    ELSE t := model.climb(t, 'platform', at, model.next_rung(t.tier));
    END CASE;
    t.updated := at;
    DELETE FROM model.undo AS u WHERE u.ticket = t.id;
    DELETE FROM model.ticket AS d WHERE d.id = t.id;
    INSERT INTO model.ticket SELECT t.*;
  END LOOP;
END $$;

-- The same step done to the platform.
CREATE SCHEMA platform;
CREATE FUNCTION last_whistle(ticket bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT max(w.whistle_id) FROM liskeban.whistle AS w WHERE w.ticket_id = ticket $$;
CREATE FUNCTION platform.step(action text, who text, p jsonb, OUT code text, OUT new_id bigint) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  statement := CASE action
    WHEN 'report' THEN 'INSERT INTO liskeban.ticket (source, category, title, geom) VALUES (''hotline_12345'', $1 ->> ''category'', ''a matter'', here()) RETURNING ticket_id'
    WHEN 'write_tier' THEN 'UPDATE liskeban.ticket SET tier = ''principal'', resolve_due = ''infinity'' WHERE ticket_id = ($1 ->> ''ticket'')::bigint RETURNING ticket_id'
    WHEN 'delete' THEN 'DELETE FROM liskeban.ticket WHERE ticket_id = ($1 ->> ''ticket'')::bigint RETURNING ticket_id'
    WHEN 'rewrite_history' THEN 'UPDATE liskeban.ticket_event SET actor = ''nobody'' WHERE ticket_id = ($1 ->> ''ticket'')::bigint RETURNING ticket_id'
    WHEN 'close' THEN 'UPDATE liskeban.ticket SET state = ''closed'', checked_by = $1 ->> ''checked_by'' WHERE ticket_id = ($1 ->> ''ticket'')::bigint RETURNING ticket_id'
    WHEN 'arrive' THEN 'SELECT liskeban.arrive(($1 ->> ''ticket'')::bigint, at => ($1 ->> ''at'')::timestamptz)'
    WHEN 'merge' THEN 'SELECT liskeban.merge(($1 ->> ''ticket'')::bigint, ($1 ->> ''lead'')::bigint)'
    WHEN 'record_feedback' THEN 'SELECT liskeban.record_feedback(($1 ->> ''ticket'')::bigint, $1 ->> ''satisfaction'', ($1 ->> ''solved'')::boolean, ''says the citizen'', ''phone'')'
    WHEN 'ask' THEN 'SELECT liskeban.ask(($1 ->> ''ticket'')::bigint, $1 ->> ''kind'', ''for a reason'', ($1 ->> ''until'')::timestamptz)'
    WHEN 'decide' THEN 'SELECT liskeban.decide(($1 ->> ''request'')::bigint, ($1 ->> ''granted'')::boolean, ''so it is'')'
    WHEN 'dispatch' THEN 'SELECT liskeban.dispatch(($1 ->> ''ticket'')::bigint, ($1 ->> ''area'')::liskeban.area_code, $1 ->> ''department'', $1 ->> ''note'')'
    WHEN 'redispatch' THEN 'SELECT liskeban.redispatch(($1 ->> ''ticket'')::bigint, ($1 ->> ''area'')::liskeban.area_code, $1 ->> ''department'', $1 ->> ''note'')'
    WHEN 'sign_whistle' THEN 'SELECT 0 FROM liskeban.sign_whistle(last_whistle(($1 ->> ''ticket'')::bigint))'
    WHEN 'decline_whistle' THEN 'SELECT 0 FROM liskeban.decline_whistle(last_whistle(($1 ->> ''ticket'')::bigint), $1 ->> ''note'')'
    WHEN 'appeal_whistle' THEN 'SELECT 0 FROM liskeban.appeal_whistle(last_whistle(($1 ->> ''ticket'')::bigint), $1 ->> ''note'')'
    WHEN 'hand_down' THEN 'SELECT 0 FROM liskeban.hand_down(last_whistle(($1 ->> ''ticket'')::bigint), $1 ->> ''note'')'
    WHEN 'plan' THEN 'SELECT liskeban.plan(($1 ->> ''ticket'')::bigint, $1 ->> ''plan'', ($1 ->> ''until'')::timestamptz)'
    WHEN 'add_party' THEN 'INSERT INTO liskeban.party (ticket_id, department) VALUES (($1 ->> ''ticket'')::bigint, $1 ->> ''department'') RETURNING party_id'
    WHEN 'party_done' THEN 'UPDATE liskeban.party SET done_at = liskeban.liskeban_now() WHERE party_id = ($1 ->> ''party'')::bigint RETURNING party_id'
    WHEN 'party_refuse' THEN 'UPDATE liskeban.party SET refused_reason = $1 ->> ''note'' WHERE party_id = ($1 ->> ''party'')::bigint RETURNING party_id'
    WHEN 'reject' THEN 'SELECT liskeban.reject(($1 ->> ''ticket'')::bigint, ''unclear'', $1 ->> ''reply'')'
    WHEN 'answer' THEN 'SELECT liskeban.answer(($1 ->> ''ticket'')::bigint, $1 ->> ''reply'')'
    WHEN 'resolve' THEN 'SELECT liskeban.resolve(($1 ->> ''ticket'')::bigint, $1 ->> ''resolution'')'
    WHEN 'suspend' THEN 'SELECT liskeban.suspend(($1 ->> ''ticket'')::bigint, ($1 ->> ''until'')::timestamptz, ''on hold'')'
    WHEN 'resume' THEN 'SELECT liskeban.resume(($1 ->> ''ticket'')::bigint)'
    ELSE format('SELECT liskeban.%I(($1 ->> ''ticket'')::bigint, $1 ->> ''note'')', action) END;
  BEGIN
    -- the leader of a rung, and one who helps
    IF (p ->> 'force')::boolean THEN
      INSERT INTO liskeban.task_force (whistle_id, role_name, role)
      SELECT w.whistle_id, f.role_name, f.role
        FROM liskeban.whistle AS w, LATERAL (VALUES (CASE w.to_tier WHEN 'principal' THEN 'first' ELSE 'deputy' END, 'leader'), ('district', 'member')) AS f(role_name, role)
       WHERE w.whistle_id = last_whistle((p ->> 'ticket')::bigint) AND w.ended_at IS NULL
      ON CONFLICT DO NOTHING;
    END IF;
    PERFORM liskeban.act_as(who);
    IF action = 'decide' THEN
      EXECUTE statement USING p;
    ELSE
      EXECUTE statement INTO new_id USING p;
    END IF;
    PERFORM liskeban.act_as(NULL);
    IF action = 'report' AND (p ->> 'reporter')::boolean THEN
      INSERT INTO liskeban.reporter (ticket_id, name) VALUES (new_id, 'a citizen');
    END IF;
    IF action = 'record_feedback' THEN
      SELECT f.request_id INTO new_id FROM liskeban.feedback AS f WHERE f.feedback_id = step.new_id;
    END IF;
    code := 'ok';
  EXCEPTION WHEN OTHERS THEN
    code := SQLSTATE;
    IF code !~ '^(LK|42501|23505|55000)' THEN code := code || ' ' || SQLERRM; END IF;
  END;
END $$;

-- In what the platform differs from the model, of the tickets of this life.
CREATE FUNCTION platform.differs(OUT ticket bigint, OUT what text, OUT platform text, OUT model text) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT m.id, d.what, d.platform, d.model
    FROM model.ticket AS m JOIN liskeban.ticket AS t ON t.ticket_id = m.id,
         LATERAL (VALUES ('state', t.state::text, m.state), ('suspended_from', t.suspended_from::text, m.suspended_from), ('run', t.run::text, m.run::text),
           ('tier', t.tier::text, m.tier), ('responsible_area', t.responsible_area::text, m.area), ('department', t.department, m.department),
           ('accept_due', t.accept_due::text, m.accept_due::text), ('dispatch_due', t.dispatch_due::text, m.dispatch_due::text),
           ('respond_due', t.respond_due::text, m.respond_due::text), ('plan_due', t.plan_due::text, m.plan_due::text),
           ('resolve_due', t.resolve_due::text, m.resolve_due::text), ('resolve_due_original', t.resolve_due_original::text, m.original::text),
           ('feedback_due', t.feedback_due::text, m.feedback_due::text), ('clocks_stopped_at', t.clocks_stopped_at::text, m.stopped::text),
           ('suspend_until', t.suspend_until::text, m.suspend_until::text), ('dispatched_at', t.dispatched_at::text, m.dispatched::text),
           ('contacted_at', t.contacted_at::text, m.contacted::text), ('on_site_at', t.on_site_at::text, m.there::text),
           ('promised_at', t.promised_at::text, m.promised::text), ('resolved_at', t.resolved_at::text, m.resolved::text), ('resolved_by', t.resolved_by, m.resolved_by),
           ('closed_at', t.closed_at::text, m.closed::text), ('updated_at', t.updated_at::text, m.updated::text), ('late_entry', t.late_entry::text, m.late::text),
           ('rework_count', t.rework_count::text, m.reworks::text), ('reopen_count', t.reopen_count::text, m.reopens::text),
           ('return_count', t.return_count::text, m.returns::text), ('designated', t.designated::text, m.designated::text),
           ('satisfaction', t.satisfaction::text, m.satisfaction), ('solved', t.solved::text, m.solved::text), ('merged_into', t.merged_into::text, m.merged_into::text))
         AS d(what, platform, model)
   WHERE d.platform IS DISTINCT FROM d.model
  UNION ALL
  SELECT m.ticket, 'party ' || m.id, concat_ws(' ', t.due, t.done_at, t.refused_reason), concat_ws(' ', m.due, m.done, m.refused)
    FROM model.party AS m LEFT JOIN liskeban.party AS t ON t.party_id = m.id
   WHERE m.id IS NOT NULL AND (t.due, t.done_at, t.refused_reason) IS DISTINCT FROM (m.due, m.done, m.refused)
  UNION ALL
  SELECT coalesce(m.ticket, t.ticket), 'a whistle', t.whistle, m.whistle
    FROM (SELECT w.ticket, row_number() OVER (PARTITION BY w.ticket ORDER BY w.n) AS i,
                 concat_ws(' ', w.from_tier, w.to_tier, w.raised_by, w.raised, w.sign_due, w.handle_due, w.signed, w.outcome, w.ended) AS whistle FROM model.whistle AS w) AS m
    FULL JOIN (SELECT w.ticket_id AS ticket, row_number() OVER (PARTITION BY w.ticket_id ORDER BY w.whistle_id) AS i,
                      concat_ws(' ', w.from_tier, w.to_tier, w.raised_by, w.raised_at, w.sign_due, w.handle_due, w.signed_at, w.outcome, w.ended_at) AS whistle
                 FROM liskeban.whistle AS w JOIN model.ticket AS k ON k.id = w.ticket_id) AS t USING (ticket, i)
   WHERE m.whistle IS DISTINCT FROM t.whistle
  UNION ALL
  SELECT coalesce(m.ticket, t.ticket), 'who takes part', t.parties, m.parties
    FROM (SELECT q.ticket, string_agg(coalesce(q.department, q.area), ', ') AS parties FROM (SELECT p.ticket, p.department, p.area FROM model.party AS p
           WHERE p.done IS NULL AND p.refused IS NULL ORDER BY coalesce(p.department, p.area)) AS q GROUP BY 1) AS m
    FULL JOIN (SELECT q.ticket_id AS ticket, string_agg(coalesce(q.department, q.area::text), ', ') AS parties FROM (SELECT p.ticket_id, p.department, p.area FROM liskeban.party AS p
           JOIN model.ticket AS k ON k.id = p.ticket_id WHERE p.role = 'co' AND p.done_at IS NULL AND p.refused_at IS NULL ORDER BY coalesce(p.department, p.area::text)) AS q GROUP BY 1) AS t USING (ticket)
   WHERE m.parties IS DISTINCT FROM t.parties $$;

CREATE SCHEMA random;
CREATE TABLE random.reached (action text, code text, n bigint NOT NULL, PRIMARY KEY (action, code));

CREATE FUNCTION random.of(choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))::integer] $$;

-- The next step: mostly one that the ticket's state allows, by somebody who may, with all it needs; now and then not.
CREATE FUNCTION random.step(now timestamptz, OUT action text, OUT who text, OUT p jsonb) LANGUAGE plpgsql AS $$
DECLARE
  t model.ticket;
  other bigint;
  r model.request;
  party model.party;
  whistle model.whistle;
  holder text;
  careless CONSTANT boolean := random() < 0.12;
  note text := CASE WHEN random() < 0.9 THEN 'a note' ELSE '' END;
BEGIN
  IF (SELECT count(*) FROM model.ticket) < 2 OR random() < 0.04 AND (SELECT count(*) FROM model.ticket) < 5 THEN
    action := 'report'; who := 'hotline';
    p := jsonb_build_object('category', random.of('{simple,general,general,hard,call,hardcall,bureau}'), 'reporter', random() < 0.5);
    RETURN;
  END IF;
  SELECT * INTO t FROM model.ticket AS q ORDER BY model.is_open(q.state) AND random() < 0.8 DESC, random() LIMIT 1;
  SELECT * INTO r FROM model.request AS q WHERE q.decided_by IS NULL ORDER BY random() LIMIT 1;
  IF r.id IS NOT NULL AND random() < 0.45 THEN
    action := 'decide';
    who := CASE WHEN careless THEN random.of('{desk,v1,hotline,data}') WHEN r.kind = 'promise' THEN random.of('{chief,district,town1}')
                WHEN r.asked_by = 'desk' THEN 'desk2' ELSE 'desk' END;
    p := jsonb_build_object('request', r.id, 'granted', random() < 0.8);
    RETURN;
  END IF;
  SELECT q.* INTO party FROM model.party AS q JOIN model.ticket AS k ON k.id = q.ticket WHERE q.department IS NOT NULL AND (q.done IS NULL AND q.refused IS NULL AND model.is_open(k.state) OR random() < 0.05) ORDER BY random() LIMIT 1;
  IF party.id IS NOT NULL AND random() < 0.3 THEN
    action := random.of('{party_done,party_done,party_refuse}');
    who := CASE WHEN careless THEN random.of('{desk,v1,hotline,data}') WHEN party.department = 'data' THEN 'data' ELSE 'desk' END;
    p := jsonb_build_object('ticket', party.ticket, 'party', party.id, 'note', concat_ws(' ', nullif(note, ''), clock_timestamp()));
    IF note = '' THEN p := p || '{"note": ""}'; END IF;
    RETURN;
  END IF;
  SELECT q.* INTO whistle FROM model.whistle AS q JOIN model.ticket AS k ON k.id = q.ticket
   WHERE q.n = (SELECT max(w.n) FROM model.whistle AS w WHERE w.ticket = q.ticket) AND (q.ended IS NULL OR q.outcome = 'declined' OR random() < 0.1) ORDER BY random() LIMIT 1;
  IF whistle.n IS NOT NULL AND random() < 0.3 THEN
    SELECT * INTO t FROM model.ticket AS q WHERE q.id = whistle.ticket;
    action := random.of(CASE WHEN whistle.outcome = 'declined' THEN '{appeal_whistle,appeal_whistle,appeal_whistle,decline_whistle}' WHEN whistle.signed IS NULL THEN '{sign_whistle,sign_whistle,decline_whistle,decline_whistle,hand_down}'
                             ELSE '{hand_down,hand_down,sign_whistle,decline_whistle,appeal_whistle}' END::text[]);
    who := CASE WHEN careless THEN random.of('{desk,v1,hotline,data,chief}') WHEN action = 'appeal_whistle' THEN CASE whistle.raised_by WHEN 'platform' THEN 'chief' ELSE whistle.raised_by END
                WHEN whistle.to_tier = 'principal' THEN 'chief' WHEN whistle.to_tier = 'district' THEN random.of('{district,desk}')
                ELSE coalesce((SELECT a.name FROM model.actor AS a WHERE a.area = t.area AND a.duty = 'handler'), 'town1') END;
    p := jsonb_build_object('ticket', t.id, 'note', note, 'force', action = 'sign_whistle' AND random() < 0.85);
    RETURN;
  END IF;
  -- what was granted is mostly used
  SELECT q.* INTO r FROM model.request AS q JOIN model.ticket AS k ON k.id = q.ticket
   WHERE q.granted AND NOT q.used AND (q.kind = 'return' AND k.state IN ('dispatched', 'on_site') OR q.kind = 'suspend' AND k.state IN ('on_site', 'planned')
         OR q.kind = 'reopen' AND k.state = 'closed' OR q.kind = 'promise' AND k.state IN ('on_site', 'planned')) ORDER BY random() LIMIT 1;
  IF r.id IS NOT NULL AND random() < 0.5 THEN
    SELECT * INTO t FROM model.ticket AS q WHERE q.id = r.ticket;
  ELSE
    r := NULL;
  END IF;
  IF random() < 0.05 THEN
    -- a wrong click, of this moment or of some time ago
    SELECT q.* INTO t FROM model.undo AS u JOIN model.ticket AS q ON q.id = u.ticket ORDER BY u.recorded > now - interval '10 minutes' DESC, random() LIMIT 1;
    IF FOUND THEN
      action := 'revert'; who := CASE WHEN careless THEN random.of('{desk,v1,hotline,data,chief}') ELSE 'desk' END;
      p := jsonb_build_object('ticket', t.id, 'note', note);
      RETURN;
    END IF;
    SELECT * INTO t FROM model.ticket AS q ORDER BY random() LIMIT 1;
    r := NULL;
  END IF;
  action := random.of(CASE WHEN r.id IS NOT NULL THEN ARRAY[CASE r.kind WHEN 'promise' THEN 'plan' ELSE r.kind END] WHEN careless THEN '{accept,answer,reject,withdraw,dispatch,redispatch,return,arrive,contact,resolve,suspend,resume,close,rework,reopen,merge,unmerge,ask,plan,add_party,record_feedback,blow_whistle,blow_whistle,write_tier,delete,rewrite_history}'::text[]
    ELSE CASE t.state
      WHEN 'reported' THEN '{accept,accept,accept,accept,accept,accept,answer,reject,merge,withdraw}'
      WHEN 'accepted' THEN '{dispatch,dispatch,dispatch,dispatch,dispatch,dispatch,dispatch,answer,reject,merge}'
      WHEN 'dispatched' THEN '{arrive,arrive,arrive,arrive,arrive,arrive,contact,contact,resolve,redispatch,ask,ask,return,merge,add_party,plan,blow_whistle}'
      WHEN 'on_site' THEN (CASE WHEN t.difficulty = 'hard' THEN '{plan,plan,plan,plan,plan,plan,plan,plan,plan}'::text[] ELSE '{}' END || '{resolve,resolve,resolve,resolve,contact,redispatch,ask,ask,ask,ask,suspend,merge,add_party,add_party,blow_whistle,blow_whistle}')
      WHEN 'planned' THEN '{resolve,resolve,contact,redispatch,ask,ask,ask,suspend,suspend,withdraw,plan,plan,plan,add_party,add_party,blow_whistle}'
      WHEN 'suspended' THEN '{resume,resume,withdraw,redispatch,blow_whistle}'
      WHEN 'resolved' THEN '{close,close,close,rework,ask,withdraw,record_feedback,record_feedback,record_feedback,record_feedback,record_feedback,record_feedback}'
      WHEN 'closed' THEN '{ask,reopen,record_feedback,record_feedback,record_feedback}'
      WHEN 'rejected' THEN '{accept}'
      WHEN 'merged' THEN '{unmerge,withdraw,record_feedback,record_feedback}'
      ELSE '{accept,withdraw}' END::text[] END);
  holder := coalesce((SELECT a.name FROM model.actor AS a WHERE a.duty = 'handler' AND (a.department = t.department OR t.department IS NULL AND a.area = t.area)), 'district');
  who := CASE WHEN careless AND random() < 0.5 THEN random.of('{desk,desk2,v1,v2,town1,town2,data,district,hotline,chief}')
              WHEN action IN ('arrive', 'contact', 'resolve', 'plan', 'blow_whistle') THEN CASE WHEN random() < 0.9 THEN holder ELSE 'district' END
              WHEN action IN ('close', 'withdraw', 'record_feedback') THEN random.of('{hotline,desk2}')
              WHEN action = 'ask' THEN CASE WHEN t.state IN ('resolved', 'closed') THEN 'hotline' ELSE holder END
              WHEN action = 'resume' THEN random.of(ARRAY['desk', holder]) ELSE 'desk' END;
  p := jsonb_build_object('ticket', t.id, 'note', note);
  CASE action
  WHEN 'plan' THEN
    p := p || jsonb_build_object('plan', concat_ws(' ', nullif(note, ''), now), 'until', now + CASE WHEN random() < 0.8 THEN interval '5 days' WHEN random() < 0.8 THEN interval '31 days' ELSE interval '-1 hour' END * (0.5 + random()));
    SELECT * INTO r FROM model.request AS q WHERE q.ticket = t.id AND q.kind = 'promise' AND q.granted AND NOT q.used;
    IF r.id IS NOT NULL THEN p := p || jsonb_build_object('until', r.until); END IF;
  WHEN 'add_party' THEN p := p || jsonb_build_object('department', random.of('{data,data,social_work}'));
  WHEN 'record_feedback' THEN
    p := p || jsonb_build_object('satisfaction', random.of('{satisfied,neutral,dissatisfied,dissatisfied,dissatisfied,unreachable,unreachable}'));
    IF p ->> 'satisfaction' <> 'unreachable' THEN p := p || jsonb_build_object('solved', random() < CASE p ->> 'satisfaction' WHEN 'dissatisfied' THEN 0.1 ELSE 0.9 END); END IF;
  WHEN 'answer', 'reject' THEN p := p || jsonb_build_object('reply', note);
  WHEN 'resolve' THEN p := p || jsonb_build_object('resolution', note);
  WHEN 'dispatch', 'redispatch' THEN
    IF random() < 0.25 THEN p := p || '{"department": "data"}';
    ELSE p := p || jsonb_build_object('area', random.of('{320117001001,320117001001,320117001001,320117001002,320117001,320117002,320117}'));
    END IF;
  WHEN 'arrive' THEN
    IF random() < 0.3 THEN p := p || jsonb_build_object('at', now - floor(random() * 60) * interval '1 minute'); END IF;
    IF random() < 0.03 THEN p := p || jsonb_build_object('at', now + interval '1 minute'); END IF;
  WHEN 'suspend' THEN
    r := model.grant_of(t.id, 'suspend');
    p := p || jsonb_build_object('until', coalesce(r.until, now + interval '2 days') - floor(random() * 30 - 3) * interval '1 hour');
  WHEN 'close' THEN
    IF NOT t.has_reporter AND NOT careless THEN p := p || jsonb_build_object('checked_by', random.of('{desk,v2,v1}')); END IF;
  WHEN 'merge' THEN
    p := p || jsonb_build_object('lead', (SELECT q.id FROM model.ticket AS q WHERE q.id <> t.id OR random() < 0.1 ORDER BY model.is_open(q.state) DESC, random() LIMIT 1));
  WHEN 'ask' THEN
    p := p || jsonb_build_object('kind', CASE WHEN careless THEN random.of('{return,suspend,extend,rework,reopen}') ELSE random.of(CASE t.state
           WHEN 'dispatched' THEN '{return,extend}' WHEN 'on_site' THEN '{return,suspend,suspend,suspend,extend,promise}' WHEN 'planned' THEN '{suspend,extend,extend,promise}'
           WHEN 'resolved' THEN '{rework}' ELSE '{reopen}' END::text[]) END);
    IF p ->> 'kind' = 'promise' THEN
      p := p || jsonb_build_object('until', now + interval '100 days' * (0.3 + random()));
    ELSIF p ->> 'kind' IN ('suspend', 'extend') THEN
      p := p || jsonb_build_object('until', CASE WHEN random() < 0.95 THEN coalesce(greatest(now, CASE p ->> 'kind' WHEN 'extend' THEN t.resolve_due END), now)
                                                                         + ceil(random() * 6) * interval '12 hours' ELSE now - interval '1 hour' END);
    END IF;
  ELSE NULL;
  END CASE;
END $$;

-- Nothing of a life goes on in the next.
CREATE FUNCTION random.leave() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WHILE EXISTS (SELECT FROM liskeban.worklist) LOOP
    UPDATE liskeban.ticket AS t SET state = 'withdrawn', note = 'over' FROM liskeban.worklist AS w WHERE w.ticket_id = t.ticket_id;
  END LOOP;
END $$;
-- A life of so many steps from a seed: what went otherwise than in the model, at the first step where anything did.
CREATE FUNCTION random.life(seed integer, steps integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := timestamptz '2018-01-02 09:00+08' + seed * interval '60 days';
  later interval;
  s record;
  done record;
  expected text;
  script text[] := '{}';
  problems text[];
BEGIN
  PERFORM setseed((seed % 1000) / 1000.0);
  TRUNCATE model.ticket, model.request, model.whistle, model.party, model.plan, model.answer, model.again, model.undo;
  FOR i IN 1..steps LOOP
    later := random.of('{0,1 minute,1 minute,2 minutes,7 minutes,30 minutes,3 hours,10 hours,1 day,2 days}')::interval * round(random() * 1.2);
    now := now + later;
    IF later > '0' THEN
      -- as of now, but a moment later: a sweep of the present looks after the platform itself, too, which takes its time
      PERFORM set_config('liskeban.now', (now + interval '1 microsecond')::text, true);
      PERFORM liskeban.sweep(now), model.sweep(now);
    END IF;
    PERFORM set_config('liskeban.now', now::text, true);
    s := random.step(now);
    done := platform.step(s.action, s.who, s.p);
    expected := model.step(s.action, s.who, s.p, now, done.new_id);
    script := script || format('%s  %s by %s %s: %s', to_char(now AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), s.action, s.who, s.p, done.code);
    INSERT INTO random.reached AS q VALUES (s.action, done.code, 1) ON CONFLICT ON CONSTRAINT reached_pkey DO UPDATE SET n = q.n + 1;
    IF expected IS DISTINCT FROM done.code THEN
      problems := ARRAY[format('the model says %s', expected)];
    ELSE
      SELECT array_agg(format('%s of %s is %s, the model says %s', d.what, d.ticket, d.platform, d.model)) INTO problems FROM platform.differs() AS d;
    END IF;
    IF problems IS NOT NULL OR i = steps THEN
      PERFORM random.leave();
    END IF;
    IF problems IS NOT NULL THEN
      RETURN QUERY SELECT format('seed %s step %s', seed, i) UNION ALL SELECT unnest(script) UNION ALL SELECT unnest(problems);
      RETURN;
    END IF;
  END LOOP;
END $$;
