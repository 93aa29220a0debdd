-- Emergencies: the guard of their table, what follows when one is declared, and its end.

CREATE FUNCTION liskeban.emergency_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'emergency_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.emergency_guard() IS 'BEFORE trigger of liskeban.emergency: who may declare, change and end (42501), kind (23503), level and area (22023), declared once (23505), ended (55000), kept (LK003), never deleted (LK004), impossible (LK006)';

CREATE FUNCTION liskeban.emergency_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'emergency_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.emergency_changed() IS 'AFTER STATEMENT trigger of liskeban.emergency and emergency_sla: catches the tickets that are open';

CREATE FUNCTION liskeban.end_emergency(emergency_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'end_emergency' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.end_emergency(bigint) IS '终止应急响应 end an emergency now, or call it off before it begins; what it caught keeps its due. 22004 NULL, P0002 no such emergency, 55000 it has ended, 42501 not a dispatcher''s or leader''s of the area';

REVOKE ALL ON FUNCTION liskeban.emergency_guard(), liskeban.emergency_changed(), liskeban.end_emergency(bigint) FROM PUBLIC;
