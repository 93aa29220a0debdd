-- When each day begins: what dashboards filter series of days by, with an index behind it, in the platform's zone.

CREATE TABLE liskeban.day_start (
  day       date PRIMARY KEY,
  begins_at timestamptz NOT NULL
);
CREATE INDEX day_start_begins_at_idx ON liskeban.day_start (begins_at);
COMMENT ON TABLE liskeban.day_start IS '日起点 when each day begins in the platform''s zone, from 2000 to the end of the year after next; follows the zone by itself';
COMMENT ON COLUMN liskeban.day_start.day IS '日期 key';
COMMENT ON COLUMN liskeban.day_start.begins_at IS '起点 its first instant';

CREATE FUNCTION liskeban.fill_days() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH filled AS (
    INSERT INTO liskeban.day_start AS d (day, begins_at)
    SELECT g.day::date, g.day AT TIME ZONE p.time_zone
      FROM liskeban.platform AS p
     CROSS JOIN generate_series(timestamp '2000-01-01', date_trunc('year', liskeban.liskeban_now() AT TIME ZONE p.time_zone) + interval '3 years - 1 day', interval '1 day') AS g(day)
     -- not written again in vain
     WHERE NOT EXISTS (SELECT FROM liskeban.day_start AS s WHERE s.day = g.day::date AND s.begins_at = g.day AT TIME ZONE p.time_zone)
    ON CONFLICT (day) DO UPDATE SET begins_at = excluded.begins_at
    RETURNING 1
  )
  SELECT count(*) FROM filled
$$;
COMMENT ON FUNCTION liskeban.fill_days() IS '补全日期 bring day_start up to the end of the year after next and to the platform''s zone; returns how many days were missing or began otherwise';
REVOKE ALL ON FUNCTION liskeban.fill_days() FROM PUBLIC;

CREATE FUNCTION liskeban._zone_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban.fill_days();
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._zone_changed() IS 'days begin by the zone of the platform';
REVOKE ALL ON FUNCTION liskeban._zone_changed() FROM PUBLIC;
CREATE TRIGGER zone_changed AFTER INSERT OR UPDATE OF time_zone ON liskeban.platform
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban._zone_changed();
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER zone_changed;

-- of a platform that was made before there was this table
DO $$ BEGIN PERFORM liskeban.fill_days(); END $$;

-- Series of instants
CREATE INDEX ticket_event_at_idx ON liskeban.ticket_event USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX whistle_raised_at_idx ON liskeban.whistle (raised_at);
CREATE INDEX supervision_issued_at_idx ON liskeban.supervision (issued_at);
