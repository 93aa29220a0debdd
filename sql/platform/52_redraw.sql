-- Areas redrawn: split, merged, renamed, as the national codes change each year. What is open follows; what is over, and
-- history, stay under the code of then, and area_succession says where that went.

CREATE TABLE liskeban.area_redraw (
  redraw_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  valid_from   timestamptz NOT NULL,
  redrawn_at   timestamptz NOT NULL,
  redrawn_by   text NOT NULL,
  default_area liskeban.area_code REFERENCES liskeban.area,
  tickets      bigint NOT NULL DEFAULT 0,
  people       bigint NOT NULL DEFAULT 0,
  rules        bigint NOT NULL DEFAULT 0,
  CONSTRAINT area_redraw_valid_from_check CHECK (valid_from <= redrawn_at)
);
COMMENT ON TABLE liskeban.area_redraw IS '区划调整 one row a redrawing of areas, kept by redraw_area(); never changed or deleted';
COMMENT ON COLUMN liskeban.area_redraw.redraw_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.area_redraw.valid_from IS '生效时间 when the old areas ended and the new began';
COMMENT ON COLUMN liskeban.area_redraw.redrawn_at IS '执行时间 when what was open moved';
COMMENT ON COLUMN liskeban.area_redraw.redrawn_by IS '执行人 who did it';
COMMENT ON COLUMN liskeban.area_redraw.default_area IS '默认区域 the new area that took what has no position; NULL none was named';
COMMENT ON COLUMN liskeban.area_redraw.tickets IS '迁移工单数 tickets that moved';
COMMENT ON COLUMN liskeban.area_redraw.people IS '迁移人员数 rows of grid members, duty, memberships and officials that began for a new area';
COMMENT ON COLUMN liskeban.area_redraw.rules IS '迁移规则数 dispatch rules that began for a new area';

CREATE TABLE liskeban.area_succession (
  redraw_id   bigint NOT NULL REFERENCES liskeban.area_redraw,
  predecessor liskeban.area_code NOT NULL REFERENCES liskeban.area,
  successor   liskeban.area_code NOT NULL REFERENCES liskeban.area,
  heir        boolean NOT NULL,
  PRIMARY KEY (redraw_id, predecessor, successor)
);
CREATE INDEX area_succession_predecessor_idx ON liskeban.area_succession (predecessor);
CREATE UNIQUE INDEX area_succession_one_heir ON liskeban.area_succession (redraw_id, predecessor) WHERE heir;
COMMENT ON TABLE liskeban.area_succession IS '区划沿革 which areas an area went into; a code that goes on in smaller bounds is a successor of its own';
COMMENT ON COLUMN liskeban.area_succession.redraw_id IS '编号 the redrawing';
COMMENT ON COLUMN liskeban.area_succession.predecessor IS '原区域 the area before';
COMMENT ON COLUMN liskeban.area_succession.successor IS '新区域 an area after';
COMMENT ON COLUMN liskeban.area_succession.heir IS '承继 whether it took what has no position';

-- Redrawing waits for the writers of tickets, as a change of rules does.
CREATE TRIGGER rule_lock BEFORE INSERT ON liskeban.area_redraw
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER history_kept BEFORE DELETE OR TRUNCATE ON liskeban.area_redraw
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
CREATE TRIGGER history_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON liskeban.area_succession
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.area_redraw ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.area_redraw ENABLE ALWAYS TRIGGER history_kept;
ALTER TABLE liskeban.area_succession ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban.successor_area(code liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE follow(code, in_force) AS (
    SELECT a.code, a.valid_from <= liskeban.liskeban_now() AND coalesce(a.valid_to > liskeban.liskeban_now(), true)
      FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) successor_area.code
    UNION
    SELECT a.code, a.valid_from <= liskeban.liskeban_now() AND coalesce(a.valid_to > liskeban.liskeban_now(), true)
      FROM follow AS f
      JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) f.code AND s.heir
      JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.successor
     WHERE NOT f.in_force
  )
  SELECT f.code FROM follow AS f WHERE f.in_force ORDER BY f.code LIMIT 1
$$;
COMMENT ON FUNCTION liskeban.successor_area(liskeban.area_code) IS '现行区域 the area in force that a code of any edition has become: itself while it is in force; NULL where it was split and no area took what has no position, or is unknown';
REVOKE ALL ON FUNCTION liskeban.successor_area(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._redrawn(was_area liskeban.area_code, was_holder liskeban.area_code, geom geometry,
  OUT area liskeban.area_code, OUT placement liskeban.placement, OUT holder liskeban.area_code) RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  placed record;
BEGIN
  SELECT p.area, p.placement INTO placed FROM liskeban.place(geom) AS p;
  area := coalesce(placed.area, liskeban.successor_area(was_area));
  placement := CASE WHEN placed.area IS NOT NULL THEN placed.placement END;
  -- the successor in which it lies, else the heir, else whom both lie under
  WITH RECURSIVE follow(code) AS (
    SELECT was_holder
    UNION
    SELECT s.successor FROM follow AS f JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) f.code
  )
  SELECT f.code INTO holder FROM follow AS f WHERE area OPERATOR(liskeban.<@) f.code AND liskeban.successor_area(f.code) OPERATOR(liskeban.=) f.code
   ORDER BY f.code LIMIT 1;
  holder := coalesce(holder, liskeban.successor_area(was_holder),
                     (SELECT a.code FROM liskeban.area AS a
                       WHERE was_holder OPERATOR(liskeban.<@) a.code AND liskeban.successor_area(a.code) OPERATOR(liskeban.=) a.code
                       ORDER BY liskeban.area_level(a.code) DESC LIMIT 1));
END
$$;
COMMENT ON FUNCTION liskeban._redrawn(liskeban.area_code, liskeban.area_code, geometry) IS 'where a ticket lies and who holds it by now, of one that was over while its areas were redrawn; a holder that was split goes to where the ticket lies, else to the area above';
REVOKE ALL ON FUNCTION liskeban._redrawn(liskeban.area_code, liskeban.area_code, geometry) FROM PUBLIC;

CREATE FUNCTION liskeban._redraw_refuse(what text, of_what text, examples text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', liskeban.message('redrawing these areas would leave %s nowhere', what)
    USING ERRCODE = 'LK002', DETAIL = liskeban.message('Missing: default_area, for %s %s.', of_what, examples),
          HINT = liskeban.message('Load the outlines of the new areas, or name the one that takes what has no position.');
END
$$;
COMMENT ON FUNCTION liskeban._redraw_refuse(text, text, text) IS 'for redraw_area(): LK002';
REVOKE ALL ON FUNCTION liskeban._redraw_refuse(text, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban._redraw_unit(redraw_id bigint, unit liskeban.area_code, lies liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.successor FROM liskeban.area_succession AS s
   WHERE s.redraw_id = _redraw_unit.redraw_id AND s.predecessor OPERATOR(liskeban.=) unit
     AND (s.heir OR lies OPERATOR(liskeban.<@) s.successor)
   ORDER BY lies OPERATOR(liskeban.<@) s.successor IS TRUE DESC LIMIT 1
$$;
COMMENT ON FUNCTION liskeban._redraw_unit(bigint, liskeban.area_code, liskeban.area_code) IS 'for redraw_area(): the area that does what another did about a matter that lies there: the successor in which it lies, else the heir; NULL none';
REVOKE ALL ON FUNCTION liskeban._redraw_unit(bigint, liskeban.area_code, liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._redraw_registry(redraw_id bigint, since timestamptz, ended liskeban.area_code[], begun liskeban.area_code[],
  OUT people bigint, OUT rules bigint) RETURNS record
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n bigint;
  bad text;
BEGIN
  people := 0;
  -- Who served an area serves each that came of it, from then on; what was to begin later begins there.
  INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at, ends_at)
    SELECT DISTINCT ON (s.successor, g.network, g.person) s.successor, g.network, g.person, g.phone, g.police,
           greatest(g.begins_at, since), g.ends_at
      FROM liskeban.grid_member AS g JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) g.area
     WHERE s.redraw_id = _redraw_registry.redraw_id AND s.successor OPERATOR(liskeban.<>) s.predecessor
       AND (g.ends_at IS NULL OR g.ends_at > since)
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR g.area OPERATOR(liskeban.=) ANY (ended))
     ORDER BY s.successor, g.network, g.person, g.begins_at, g.grid_member_id
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  people := people + n;
  UPDATE liskeban.grid_member AS g SET ends_at = greatest(since, g.begins_at + interval '1 microsecond')  -- a row never ends before it begins
   WHERE g.area OPERATOR(liskeban.=) ANY (ended) AND (g.ends_at IS NULL OR g.ends_at > since);

  INSERT INTO liskeban.duty (area, person, phone, begins_at, ends_at)
    SELECT DISTINCT s.successor, d.person, d.phone, greatest(d.begins_at, since), d.ends_at
      FROM liskeban.duty AS d JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) d.area
     WHERE s.redraw_id = _redraw_registry.redraw_id AND s.successor OPERATOR(liskeban.<>) s.predecessor
       AND (d.ends_at IS NULL OR d.ends_at > since)
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR d.area OPERATOR(liskeban.=) ANY (ended))
     ORDER BY 1, 4, 2;
  GET DIAGNOSTICS n = ROW_COUNT;
  people := people + n;
  UPDATE liskeban.duty AS d SET ends_at = greatest(since, d.begins_at + interval '1 microsecond')
   WHERE d.area OPERATOR(liskeban.=) ANY (ended) AND (d.ends_at IS NULL OR d.ends_at > since);

  INSERT INTO liskeban.membership (role_name, duty, area, department, source, gateway)
    SELECT DISTINCT m.role_name, m.duty, s.successor, m.department, m.source, m.gateway
      FROM liskeban.membership AS m JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) m.area
     WHERE s.redraw_id = _redraw_registry.redraw_id AND s.successor OPERATOR(liskeban.<>) s.predecessor AND m.retired_at IS NULL
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR m.area OPERATOR(liskeban.=) ANY (ended))
     ORDER BY 3, 1, 2
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  people := people + n;
  UPDATE liskeban.membership AS m SET retired_at = since
   WHERE m.area OPERATOR(liskeban.=) ANY (ended) AND m.retired_at IS NULL;

  INSERT INTO liskeban.official (role_name, name, title, tier, area, department, portfolio)
    SELECT DISTINCT o.role_name, o.name, o.title, o.tier, s.successor, o.department, o.portfolio
      FROM liskeban.official AS o JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) o.area
     WHERE s.redraw_id = _redraw_registry.redraw_id AND s.successor OPERATOR(liskeban.<>) s.predecessor AND o.retired_at IS NULL
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR o.area OPERATOR(liskeban.=) ANY (ended))
     ORDER BY 5, 1, 3;
  GET DIAGNOSTICS n = ROW_COUNT;
  people := people + n;
  UPDATE liskeban.official AS o SET retired_at = since
   WHERE o.area OPERATOR(liskeban.=) ANY (ended) AND o.retired_at IS NULL;

  -- An office stays one, and so does whom a rule names.
  SELECT count(*), min(d.code) INTO n, bad FROM liskeban.department AS d
   WHERE d.area OPERATOR(liskeban.=) ANY (ended) AND d.retired_at IS NULL
     AND NOT EXISTS (SELECT FROM liskeban.area_succession AS s
                      WHERE s.redraw_id = _redraw_registry.redraw_id AND s.predecessor OPERATOR(liskeban.=) d.area AND s.heir);
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s departments', n), 'department', bad);
  END IF;
  UPDATE liskeban.department AS d SET area = s.successor FROM liskeban.area_succession AS s
   WHERE s.redraw_id = _redraw_registry.redraw_id AND s.heir AND s.predecessor OPERATOR(liskeban.=) d.area
     AND d.area OPERATOR(liskeban.=) ANY (ended) AND d.retired_at IS NULL;

  SELECT count(*), min(r.rule_id)::text INTO n, bad FROM liskeban.dispatch_rule AS r
   WHERE r.retired_at IS NULL AND r.responsible_area OPERATOR(liskeban.=) ANY (ended)
     AND NOT (r.area OPERATOR(liskeban.=) r.responsible_area) IS TRUE
     AND NOT EXISTS (SELECT FROM liskeban.area_succession AS s
                      WHERE s.redraw_id = _redraw_registry.redraw_id AND s.predecessor OPERATOR(liskeban.=) r.responsible_area AND s.heir);
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s dispatch rules', n), 'dispatch_rule', bad);
  END IF;
  INSERT INTO liskeban.dispatch_rule (priority, category, domain, area, source, kind, words, responsible_area, department, note)
    SELECT r.priority, r.category, r.domain, coalesce(s.successor, r.area), r.source, r.kind, r.words,
           CASE WHEN r.responsible_area OPERATOR(liskeban.=) s.predecessor THEN s.successor ELSE coalesce(h.successor, r.responsible_area) END,
           r.department, r.note
      FROM liskeban.dispatch_rule AS r
      LEFT JOIN liskeban.area_succession AS s
        ON s.redraw_id = _redraw_registry.redraw_id AND s.predecessor OPERATOR(liskeban.=) r.area
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR r.area OPERATOR(liskeban.=) ANY (ended)
            OR s.successor OPERATOR(liskeban.=) r.area AND r.responsible_area OPERATOR(liskeban.=) ANY (ended))
      LEFT JOIN liskeban.area_succession AS h
        ON h.redraw_id = _redraw_registry.redraw_id AND h.heir AND h.predecessor OPERATOR(liskeban.=) r.responsible_area
       AND r.responsible_area OPERATOR(liskeban.=) ANY (ended)
     WHERE r.retired_at IS NULL
       AND (s.successor IS NOT NULL OR h.successor IS NOT NULL)
     ORDER BY r.rule_id, s.successor;
  GET DIAGNOSTICS rules = ROW_COUNT;
  UPDATE liskeban.dispatch_rule AS r SET retired_at = since
   WHERE r.retired_at IS NULL
     AND (r.area OPERATOR(liskeban.=) ANY (ended) OR r.responsible_area OPERATOR(liskeban.=) ANY (ended));
END
$$;
COMMENT ON FUNCTION liskeban._redraw_registry(bigint, timestamptz, liskeban.area_code[], liskeban.area_code[]) IS 'for redraw_area(): who served, was on duty, had a duty or an office in an area does so in each that came of it, what ended ends; departments and dispatch rules follow; LK002 where one of these would name nobody';
REVOKE ALL ON FUNCTION liskeban._redraw_registry(bigint, timestamptz, liskeban.area_code[], liskeban.area_code[]) FROM PUBLIC;

CREATE FUNCTION liskeban._redraw_places(redraw_id bigint, olds liskeban.area_code[], ended liskeban.area_code[], begun liskeban.area_code[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moment constant timestamptz := liskeban.liskeban_now();
  n bigint;
  bad text;
  ids bigint[];
  areas liskeban.area_code[];
BEGIN
  -- What stands somewhere lies where it lies: cameras, flood points and depots are placed anew by _points_replaced().
  UPDATE liskeban.service_point AS p SET area = NULL WHERE p.retired_at IS NULL AND p.area OPERATOR(liskeban.=) ANY (olds);

  -- A register may name the area without a position, or another than it lies in.
  WITH went AS MATERIALIZED (
    SELECT o.object_id, liskeban._redraw_unit(_redraw_places.redraw_id, o.area, CASE WHEN o.geom IS NOT NULL THEN (liskeban.place(o.geom)).area END) AS area
      FROM liskeban.hazard_object AS o WHERE o.retired_at IS NULL AND o.area OPERATOR(liskeban.=) ANY (olds)
  ), moved AS (
    UPDATE liskeban.hazard_object AS o SET area = w.area FROM went AS w WHERE o.object_id = w.object_id AND w.area IS NOT NULL AND w.area OPERATOR(liskeban.<>) o.area
  )
  SELECT count(*), min(w.object_id)::text INTO n, bad FROM went AS w WHERE w.area IS NULL;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s hazard objects', n), 'hazard_object', bad);
  END IF;
  -- A hazard is where its ticket is.
  UPDATE liskeban.hazard AS h SET area = t.area FROM liskeban.ticket AS t
   WHERE h.closed_at IS NULL AND h.area OPERATOR(liskeban.=) ANY (olds) AND t.ticket_id = h.ticket_id AND t.area OPERATOR(liskeban.<>) h.area;

  -- A home has no position: it goes to the heir until the police say the new code. What somebody is entitled to goes along.
  WITH went AS MATERIALIZED (
    SELECT r.resident_id, s.successor FROM liskeban.resident AS r
      LEFT JOIN liskeban.area_succession AS s ON s.redraw_id = _redraw_places.redraw_id AND s.heir AND s.predecessor OPERATOR(liskeban.=) r.area
     WHERE r.area OPERATOR(liskeban.=) ANY (ended)
  ), home AS (
    UPDATE liskeban.resident AS r SET area = w.successor FROM went AS w WHERE r.resident_id = w.resident_id AND w.successor IS NOT NULL
  )
  SELECT count(*), min(w.resident_id)::text INTO n, bad FROM went AS w WHERE w.successor IS NULL;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s residents', n), 'resident', bad);
  END IF;
  WITH went AS MATERIALIZED (
    SELECT e.entitlement_id, s.successor FROM liskeban.entitlement AS e
      LEFT JOIN liskeban.area_succession AS s ON s.redraw_id = _redraw_places.redraw_id AND s.heir AND s.predecessor OPERATOR(liskeban.=) e.area
     WHERE e.until IS NULL AND e.area OPERATOR(liskeban.=) ANY (ended)
  ), moved AS (
    UPDATE liskeban.entitlement AS e SET area = w.successor FROM went AS w WHERE e.entitlement_id = w.entitlement_id AND w.successor IS NOT NULL
  )
  SELECT count(*), min(w.entitlement_id)::text INTO n, bad FROM went AS w WHERE w.successor IS NULL;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s entitlements', n), 'entitlement', bad);
  END IF;

  -- A warning or a forecast that has not run out holds for each area that came of its own; what ended is under none.
  INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, recorded_at, colour, value)
    SELECT DISTINCT ON (w.kind, w.phenomenon, s.successor, w.begins_at) w.kind, w.phenomenon, s.successor, w.begins_at, w.ends_at, w.issued_at, moment, w.colour, w.value
      FROM liskeban.weather AS w JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) w.area
     WHERE s.redraw_id = _redraw_places.redraw_id AND s.successor OPERATOR(liskeban.<>) s.predecessor AND w.kind IN ('warning', 'forecast')
       AND (s.successor OPERATOR(liskeban.=) ANY (begun) OR w.area OPERATOR(liskeban.=) ANY (ended))
       AND (w.ends_at IS NULL OR w.ends_at > moment)
       AND (w.kind = 'forecast' OR NOT EXISTS (SELECT FROM liskeban.weather AS x WHERE x.kind = w.kind AND x.phenomenon = w.phenomenon
              AND x.area OPERATOR(liskeban.=) w.area AND (x.issued_at, x.weather_id) > (w.issued_at, w.weather_id)))
       AND NOT EXISTS (SELECT FROM liskeban.weather AS x WHERE x.kind = w.kind AND x.phenomenon = w.phenomenon
              AND x.area OPERATOR(liskeban.=) s.successor AND x.issued_at >= w.issued_at)
     ORDER BY w.kind, w.phenomenon, s.successor, w.begins_at, w.issued_at DESC, w.weather_id DESC
    ON CONFLICT DO NOTHING;
  INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, recorded_at, colour)
    SELECT DISTINCT ON (w.phenomenon, w.area) w.kind, w.phenomenon, w.area, moment, moment, moment, moment, w.colour
      FROM liskeban.weather AS w
     WHERE w.kind = 'warning' AND w.area OPERATOR(liskeban.=) ANY (ended) AND (w.ends_at IS NULL OR w.ends_at > moment)
     ORDER BY w.phenomenon, w.area, w.issued_at DESC, w.weather_id DESC
    ON CONFLICT DO NOTHING;

  -- An emergency that runs, or is to, does so in each; of two of a kind that meet in one area the graver goes on.
  SELECT array_agg(e.emergency_id ORDER BY e.emergency_id, s.heir DESC, s.successor), array_agg(s.successor ORDER BY e.emergency_id, s.heir DESC, s.successor)
    INTO ids, areas
    FROM liskeban.emergency AS e JOIN liskeban.area_succession AS s ON s.predecessor OPERATOR(liskeban.=) e.area
   WHERE s.redraw_id = _redraw_places.redraw_id AND (e.ends_at IS NULL OR e.ends_at > moment)
     AND (e.area OPERATOR(liskeban.=) ANY (ended) OR s.successor OPERATOR(liskeban.=) ANY (begun) OR s.successor OPERATOR(liskeban.=) e.area);
  PERFORM liskeban._redraw_units('emergency', ids, areas);
  SELECT array_agg(m.emergency_id) INTO ids
    FROM (SELECT e.emergency_id, row_number() OVER (PARTITION BY e.kind, e.area ORDER BY e.level COLLATE "C", e.begins_at, e.emergency_id) > 1 AS second
            FROM liskeban.emergency AS e JOIN (SELECT DISTINCT s.successor FROM liskeban.area_succession AS s WHERE s.redraw_id = _redraw_places.redraw_id) AS s
              ON s.successor OPERATOR(liskeban.=) e.area
           WHERE e.ends_at IS NULL OR e.ends_at > moment) AS m
   WHERE m.second;
  PERFORM liskeban._redraw_units('emergency', ids, NULL);
END
$$;
COMMENT ON FUNCTION liskeban._redraw_places(bigint, liskeban.area_code[], liskeban.area_code[], liskeban.area_code[]) IS 'for redraw_area(): what stands, lives or runs in an area does so in what came of it: service points, cameras, flood points, depots, hazard objects, open hazards, residents, entitlements, warnings, emergencies; LK002 where one would be nowhere';
REVOKE ALL ON FUNCTION liskeban._redraw_places(bigint, liskeban.area_code[], liskeban.area_code[], liskeban.area_code[]) FROM PUBLIC;

CREATE FUNCTION liskeban.redraw_area(old liskeban.area_code[], new liskeban.area_code[], valid_from timestamptz DEFAULT NULL,
  default_area liskeban.area_code DEFAULT NULL,
  OUT redraw_id bigint, OUT tickets bigint, OUT people bigint, OUT rules bigint) RETURNS record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  moment constant timestamptz := liskeban.liskeban_now();
  since constant timestamptz := coalesce(redraw_area.valid_from, moment);
  olds constant liskeban.area_code[] := ARRAY(SELECT DISTINCT u.c FROM unnest(old) AS u(c) WHERE u.c IS NOT NULL ORDER BY u.c);
  news constant liskeban.area_code[] := ARRAY(SELECT DISTINCT u.c FROM unnest(new) AS u(c) WHERE u.c IS NOT NULL ORDER BY u.c);
  -- these end; these begin; what is in both goes on in other bounds
  ended constant liskeban.area_code[] := ARRAY(SELECT u.c FROM unnest(olds) AS u(c) WHERE NOT u.c OPERATOR(liskeban.=) ANY (news) ORDER BY u.c);
  begun constant liskeban.area_code[] := ARRAY(SELECT u.c FROM unnest(news) AS u(c) WHERE NOT u.c OPERATOR(liskeban.=) ANY (olds) ORDER BY u.c);
  bad text;
  n bigint;
  ids bigint[];
  areas liskeban.area_code[];
  placements liskeban.placement[];
  holders liskeban.area_code[];
  settled bigint[];
BEGIN
  PERFORM liskeban._require_admin('redraw areas');
  IF old IS NULL OR new IS NULL OR array_position(old, NULL) IS NOT NULL OR array_position(new, NULL) IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the areas to be redrawn must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF olds = '{}' OR news = '{}' THEN
    RAISE EXCEPTION '%', liskeban.message('redrawing takes at least one area before and one after') USING ERRCODE = 'invalid_parameter_value';
  ELSIF (SELECT count(DISTINCT liskeban.area_level(u.c)) FROM unnest(olds OPERATOR(pg_catalog.||) news) AS u(c)) > 1 THEN
    RAISE EXCEPTION '%', liskeban.message('the areas to be redrawn are not of one level') USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Redraw the finest level first, each level by a call, in one transaction.');
  ELSIF default_area IS NOT NULL AND NOT default_area OPERATOR(liskeban.=) ANY (news) THEN
    RAISE EXCEPTION '%', liskeban.message('the default area %s is none of the new ones', default_area) USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT isfinite(since) OR since > moment THEN
    RAISE EXCEPTION '%', liskeban.message('areas are redrawn from a time that has come, not from %s', since) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Load the new areas with that valid_from, and call this once it has come.');
  END IF;

  -- waits for the writers of tickets; 25001 outside READ COMMITTED
  INSERT INTO liskeban.area_redraw AS r (valid_from, redrawn_at, redrawn_by, default_area)
    VALUES (since, moment, liskeban.actor(), redraw_area.default_area) RETURNING r.redraw_id INTO redraw_id;

  SELECT string_agg(u.c::text, ', ' ORDER BY u.c) INTO bad FROM unnest(olds OPERATOR(pg_catalog.||) news) AS u(c)
   WHERE NOT EXISTS (SELECT FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) u.c);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('area %s is not registered', bad) USING ERRCODE = 'foreign_key_violation',
      HINT = liskeban.message('Load the new areas first (liskeban_load areas --valid-from).');
  END IF;
  SELECT string_agg(a.code::text, ', ' ORDER BY a.code) INTO bad FROM liskeban.area AS a
   WHERE a.code OPERATOR(liskeban.=) ANY (olds)
         AND (a.valid_from >= since OR a.valid_to < since
              OR a.valid_to IS NOT NULL AND (a.code OPERATOR(liskeban.=) ANY (news)
                   OR EXISTS (SELECT FROM liskeban.area_succession AS s WHERE s.predecessor OPERATOR(liskeban.=) a.code)))
      OR a.code OPERATOR(liskeban.=) ANY (begun) AND a.valid_to IS NOT NULL;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('area %s is not in force', bad) USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('What is redrawn was in force until then; a code that has ended is not used again.');
  END IF;
  SELECT string_agg(a.code::text, ', ' ORDER BY a.code) INTO bad FROM liskeban.area AS a JOIN unnest(ended) AS e(c)
      ON a.code OPERATOR(liskeban.<@) e.c AND a.code OPERATOR(liskeban.<>) e.c
   WHERE a.valid_from <= since AND (a.valid_to IS NULL OR a.valid_to > since);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('area %s still lies in one that is to end', bad) USING ERRCODE = 'dependent_objects_still_exist',
      HINT = liskeban.message('Redraw what lies in it first, in the same transaction.');
  END IF;

  INSERT INTO liskeban.area_succession (redraw_id, predecessor, successor, heir)
    SELECT redraw_area.redraw_id, o.c, s.c,
           s.c OPERATOR(liskeban.=) coalesce(redraw_area.default_area, CASE WHEN o.c OPERATOR(liskeban.=) ANY (news) THEN o.c END,
                                             CASE WHEN cardinality(news) = 1 THEN news[1] END) IS TRUE
      FROM unnest(olds) AS o(c), unnest(news) AS s(c) ORDER BY o.c, s.c;
  UPDATE liskeban.area AS a
     SET valid_to = CASE WHEN a.code OPERATOR(liskeban.=) ANY (ended) THEN since END,
         valid_from = CASE WHEN a.code OPERATOR(liskeban.=) ANY (begun) THEN least(a.valid_from, since) ELSE a.valid_from END
   WHERE a.code OPERATOR(liskeban.=) ANY (ended OPERATOR(pg_catalog.||) begun);

  -- The tickets: where they lie within the new areas, else the heir. Merged ones too, for they may be themselves again.
  WITH place AS MATERIALIZED (
    SELECT t.ticket_id, t.area, t.responsible_area, t.placement, p.area AS placed, p.placement AS how
      FROM liskeban.ticket AS t CROSS JOIN LATERAL liskeban.place(t.geom) AS p
     WHERE t.state NOT IN ('closed', 'rejected', 'withdrawn')
       AND (t.area OPERATOR(liskeban.=) ANY (olds) OR t.responsible_area OPERATOR(liskeban.=) ANY (olds))
  ), lie AS (
    SELECT p.ticket_id, p.area, p.responsible_area, p.placement, p.how, i.inside,
           CASE WHEN NOT p.area OPERATOR(liskeban.=) ANY (olds) THEN p.area WHEN i.inside THEN p.placed ELSE h.successor END AS new_area
      FROM place AS p
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM unnest(news) AS s(c) WHERE p.placed OPERATOR(liskeban.<@) s.c)) AS i(inside)
      LEFT JOIN liskeban.area_succession AS h
        ON h.redraw_id = redraw_area.redraw_id AND h.predecessor OPERATOR(liskeban.=) p.area AND h.heir
  ), held AS (
    SELECT l.*,
           CASE WHEN l.responsible_area IS NULL OR NOT l.responsible_area OPERATOR(liskeban.=) ANY (olds) THEN l.responsible_area
                WHEN l.responsible_area OPERATOR(liskeban.=) l.area THEN l.new_area
                ELSE coalesce((SELECT s.c FROM unnest(news) AS s(c) WHERE l.new_area OPERATOR(liskeban.<@) s.c LIMIT 1), h.successor) END AS new_holder
      FROM lie AS l
      LEFT JOIN liskeban.area_succession AS h
        ON h.redraw_id = redraw_area.redraw_id AND h.predecessor OPERATOR(liskeban.=) l.responsible_area AND h.heir
  ), gone AS (
    SELECT count(*) AS n, (array_agg(h.ticket_id ORDER BY h.ticket_id))[1:3] AS examples FROM held AS h
     WHERE h.area IS NOT NULL AND h.new_area IS NULL OR h.responsible_area IS NOT NULL AND h.new_holder IS NULL
  )
  SELECT g.n, array_to_string(g.examples, ', '), m.ids, m.areas, m.placements, m.holders
    INTO n, bad, ids, areas, placements, holders
    FROM gone AS g,
         (SELECT array_agg(h.ticket_id ORDER BY h.ticket_id) AS ids, array_agg(h.new_area ORDER BY h.ticket_id) AS areas,
                 array_agg(CASE WHEN h.inside AND h.area OPERATOR(liskeban.<>) h.new_area THEN h.how ELSE h.placement END ORDER BY h.ticket_id) AS placements,
                 array_agg(h.new_holder ORDER BY h.ticket_id) AS holders
            FROM held AS h
           WHERE (h.area::text, h.responsible_area::text) IS DISTINCT FROM (h.new_area::text, h.new_holder::text)) AS m;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s open tickets', n), 'tickets', bad);
  END IF;
  tickets := coalesce(liskeban._redraw_tickets(ids, areas, placements, holders,
                        format('区划调整 areas redrawn: %s → %s', array_to_string(olds, ', '), array_to_string(news, ', '))), 0);

  -- A whistle that is open hands its ticket back to whom it came from.
  SELECT min(w.whistle_id)::text INTO bad
    FROM liskeban.whistle AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
   WHERE w.ended_at IS NULL AND w.from_area OPERATOR(liskeban.=) ANY (olds)
     AND liskeban._redraw_unit(redraw_id, w.from_area, t.area) IS NULL;
  IF bad IS NOT NULL THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('an open whistle'), 'whistle', bad);
  END IF;
  UPDATE liskeban.whistle AS w SET from_area = liskeban._redraw_unit(redraw_area.redraw_id, w.from_area, t.area)
    FROM liskeban.ticket AS t
   WHERE w.ended_at IS NULL AND w.from_area OPERATOR(liskeban.=) ANY (olds) AND t.ticket_id = w.ticket_id;

  -- Who leads a ticket is who holds it; who takes part in it, is to answer a directive or a supervision, follows it.
  SELECT array_agg(p.party_id), array_agg(t.responsible_area) INTO ids, areas
    FROM liskeban.party AS p JOIN liskeban.ticket AS t ON t.ticket_id = p.ticket_id
   WHERE p.role = 'lead' AND p.ticket_id = ANY (ids) AND p.area OPERATOR(liskeban.=) ANY (olds)
     AND t.responsible_area OPERATOR(liskeban.<>) p.area;
  PERFORM liskeban._redraw_units('party', ids, areas);

  WITH unit AS (
    SELECT p.party_id, p.ticket_id, t.area AS lies, p.area, CASE WHEN t.department IS NULL THEN t.responsible_area END AS holder
      FROM liskeban.party AS p JOIN liskeban.ticket AS t ON t.ticket_id = p.ticket_id
     WHERE p.role = 'co' AND p.done_at IS NULL AND p.refused_at IS NULL AND p.area OPERATOR(liskeban.=) ANY (olds)
       AND t.state NOT IN ('closed', 'rejected', 'withdrawn')
  ), moved AS (
    SELECT u.*, liskeban._redraw_unit(redraw_area.redraw_id, u.area, u.lies) AS new_area FROM unit AS u
  ), one AS (
    -- one part of a ticket is enough, and who holds it takes no other
    SELECT m.*, row_number() OVER (PARTITION BY m.ticket_id, m.new_area ORDER BY m.party_id) > 1
                OR (m.new_area OPERATOR(liskeban.=) m.holder) IS TRUE
                OR EXISTS (SELECT FROM liskeban.party AS x WHERE x.ticket_id = m.ticket_id AND x.area OPERATOR(liskeban.=) m.new_area
                              AND x.role = 'co' AND x.done_at IS NULL AND x.refused_at IS NULL) AS twice
      FROM moved AS m
     WHERE (m.new_area OPERATOR(liskeban.=) m.area) IS NOT TRUE OR (m.new_area OPERATOR(liskeban.=) m.holder) IS TRUE
  )
  SELECT count(*) FILTER (WHERE o.new_area IS NULL), (array_agg(o.party_id ORDER BY o.party_id) FILTER (WHERE o.new_area IS NULL))[1]::text,
         array_agg(o.party_id) FILTER (WHERE NOT o.twice), array_agg(o.new_area) FILTER (WHERE NOT o.twice),
         array_agg(o.party_id) FILTER (WHERE o.twice)
    INTO n, bad, ids, areas, settled FROM one AS o;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s parties of open tickets', n), 'party', bad);
  END IF;
  PERFORM liskeban._redraw_units('party', ids, areas);
  PERFORM liskeban._redraw_units('party', settled, NULL);

  WITH moved AS (
    SELECT d.target_id, d.directive_id, liskeban._redraw_unit(redraw_area.redraw_id, d.area, NULL) AS new_area
      FROM liskeban.directive_target AS d JOIN liskeban.directive AS i ON i.directive_id = d.directive_id
     WHERE d.done_at IS NULL AND i.revoked_at IS NULL AND d.area OPERATOR(liskeban.=) ANY (ended)
  ), one AS (
    SELECT m.*, row_number() OVER (PARTITION BY m.directive_id, m.new_area ORDER BY m.target_id) > 1
                OR EXISTS (SELECT FROM liskeban.directive_target AS x
                            WHERE x.directive_id = m.directive_id AND x.area OPERATOR(liskeban.=) m.new_area) AS twice
      FROM moved AS m
  )
  SELECT count(*) FILTER (WHERE o.new_area IS NULL), (array_agg(o.target_id ORDER BY o.target_id) FILTER (WHERE o.new_area IS NULL))[1]::text,
         array_agg(o.target_id) FILTER (WHERE NOT o.twice), array_agg(o.new_area) FILTER (WHERE NOT o.twice),
         array_agg(o.target_id) FILTER (WHERE o.twice)
    INTO n, bad, ids, areas, settled FROM one AS o;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s directives', n), 'directive_target', bad);
  END IF;
  PERFORM liskeban._redraw_units('directive_target', ids, areas);
  PERFORM liskeban._redraw_units('directive_target', settled, NULL);

  SELECT count(*) FILTER (WHERE m.new_area IS NULL), (min(m.supervision_id) FILTER (WHERE m.new_area IS NULL))::text, array_agg(m.supervision_id), array_agg(m.new_area)
    INTO n, bad, ids, areas
    FROM (SELECT s.supervision_id, liskeban._redraw_unit(redraw_area.redraw_id, s.area, t.area) AS new_area
            FROM liskeban.supervision AS s LEFT JOIN liskeban.ticket AS t ON t.ticket_id = s.ticket_id
           WHERE s.struck_at IS NULL AND s.area OPERATOR(liskeban.=) ANY (olds)) AS m;
  IF n > 0 THEN
    PERFORM liskeban._redraw_refuse(liskeban.message('%s supervisions', n), 'supervision', bad);
  END IF;
  PERFORM liskeban._redraw_units('supervision', ids, areas);

  PERFORM liskeban._redraw_places(redraw_id, olds, ended, begun);
  SELECT p.people, p.rules INTO people, rules FROM liskeban._redraw_registry(redraw_id, since, ended, begun) AS p;
  UPDATE liskeban.area_redraw AS r SET tickets = redraw_area.tickets, people = redraw_area.people, rules = redraw_area.rules
   WHERE r.redraw_id = redraw_area.redraw_id;
END
$$;
COMMENT ON FUNCTION liskeban.redraw_area(liskeban.area_code[], liskeban.area_code[], timestamptz, liskeban.area_code) IS '区划调整 split, merge or rename areas of one level: those only in old end at valid_from (now), those only in new begin, those in both go on in other bounds. Open tickets, and merged ones, go to the new area in which they lie; where there is only one new area, or they lie in none, to the heir: default_area, else the code that goes on, else the only new one. Parties, open whistles, directives and supervisions follow, also whoever served, was on duty, had a duty or an office there (for each new area), departments and dispatch rules, what stands or lives there (service points, cameras, flood points, depots, hazard objects and open hazards, residents and their entitlements) and what runs there (warnings, emergencies: where two of a kind meet the graver goes on, for the whole of the new area). No clock moves but by an emergency that comes to reach further; an event recompute each. Returns the number of the redrawing, and how much moved. Administrators; under READ COMMITTED only (25001). 22004 NULL; 22023 no area, several levels, another default, a time to come; 23503 not registered; 55000 not in force; 2BP01 an area still lies in one that is to end; LK002 something would be left nowhere (DETAIL: what)';
REVOKE ALL ON FUNCTION liskeban.redraw_area(liskeban.area_code[], liskeban.area_code[], timestamptz, liskeban.area_code) FROM PUBLIC;
