-- A wrong click undone: what comes back, what stays, when it is too late, and that figures pass over it.
CREATE DATABASE regress_liskeban_revert TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_revert
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all

CREATE FUNCTION does(identity text, id bigint, change text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id));
END $$;
CREATE FUNCTION reverts(identity text, id bigint, note text DEFAULT 'a wrong click') RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('SELECT liskeban.revert(%s, %L)', id, note));
END $$;
CREATE FUNCTION may(id bigint, identity text DEFAULT 'desk', note text DEFAULT 'n') RETURNS text LANGUAGE sql AS $$ SELECT try(format('SELECT liskeban.revert(%s, %L)', id, note), identity) $$;
-- The row without what every event changes, and texts
CREATE FUNCTION row_of(id bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT to_jsonb(t) - '{last_seq,updated_at,note,resolution,reply,plan}'::text[] FROM liskeban.ticket t WHERE t.ticket_id = id $$;
-- Move it, take it back: what is not as it was, how the clocks run, what the event says
CREATE FUNCTION there_and_back(id bigint, identity text, change text, OUT undone text, OUT differs jsonb, OUT clocks_differ boolean, OUT reverts integer, OUT detail_mirrors boolean) LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := row_of(id);
  clocks text := (SELECT jsonb_agg(to_jsonb(c) - 'lamp' ORDER BY c.clock)::text FROM liskeban.ticket_clock c WHERE c.ticket_id = id);
  moved record;
  revert record;
BEGIN
  PERFORM does(identity, id, change);
  SELECT e.* INTO moved FROM liskeban.ticket_event e WHERE e.ticket_id = id ORDER BY seq DESC LIMIT 1;
  PERFORM reverts('desk', id);
  SELECT e.* INTO revert FROM liskeban.ticket_event e WHERE e.ticket_id = id ORDER BY seq DESC LIMIT 1;
  undone := moved.action;
  SELECT jsonb_object_agg(b.key, jsonb_build_array(b.value, row_of(id) -> b.key)) INTO differs FROM jsonb_each(before) b WHERE b.value IS DISTINCT FROM row_of(id) -> b.key;
  clocks_differ := clocks IS DISTINCT FROM (SELECT jsonb_agg(to_jsonb(c) - 'lamp' ORDER BY c.clock)::text FROM liskeban.ticket_clock c WHERE c.ticket_id = id);
  reverts := (revert.detail ->> 'reverts')::integer - moved.seq;
  detail_mirrors := revert.detail - 'reverts' = coalesce((SELECT jsonb_object_agg(d.key, jsonb_build_array(d.value -> 1, d.value -> 0)) FROM jsonb_each(moved.detail) d), '{}');
END $$;

-- Every kind of transition
SELECT x.* FROM (SELECT report('general') AS id) t, there_and_back(t.id, 'desk', $$state = 'accepted'$$) x;
SELECT x.* FROM (SELECT report('general') AS id) t, there_and_back(t.id, 'desk', $$state = 'resolved', reply = 'r'$$) x;
SELECT x.* FROM (SELECT make('accepted', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'rejected', reject_reason = 'unclear', reply = 'r'$$) x;
SELECT x.* FROM (SELECT make('on_site', 'general') AS id) t, there_and_back(t.id, 'hotline', $$state = 'withdrawn', note = 'n'$$) x;
SELECT x.* FROM (SELECT make('accepted', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'dispatched', responsible_area = '320117002', note = 'n'$$) x;
SELECT x.* FROM (SELECT make('dispatched', 'general') AS id) t, there_and_back(t.id, 'desk', $$responsible_area = '320117002', note = 'n'$$) x;
SELECT x.* FROM (SELECT id, granted(id, 'return') FROM make('on_site', 'general') id) t, there_and_back(t.id, 'desk', $$state = 'accepted', note = 'n'$$) x;
SELECT x.* FROM (SELECT make('dispatched', 'general') AS id) t, there_and_back(t.id, 'v1', $$state = 'on_site', arrival_proof = 'gps', arrived_geom = here()$$) x;
SELECT x.* FROM (SELECT make('on_site', 'hard') AS id) t, there_and_back(t.id, 'v1', $$state = 'planned', plan = 'p', promised_at = liskeban.liskeban_now() + interval '5 days'$$) x;
SELECT x.* FROM (SELECT make('planned', 'hard') AS id) t, there_and_back(t.id, 'v1', $$state = 'resolved', resolution = 'r'$$) x;
SELECT x.* FROM (SELECT id, granted(id, 'suspend', liskeban.liskeban_now() + interval '5 days') FROM make('planned', 'hard') id) t, there_and_back(t.id, 'desk', $$state = 'suspended', suspend_until = liskeban.liskeban_now() + interval '2 days'$$) x;
SELECT x.* FROM (SELECT make('suspended', 'hard') AS id) t, there_and_back(t.id, 'desk', $$state = 'planned'$$) x;
SELECT x.* FROM (SELECT make('resolved', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'closed', checked_by = 'desk'$$) x;
SELECT x.* FROM (SELECT make('resolved', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'dispatched', note = 'n'$$) x;
SELECT x.* FROM (SELECT id, granted(id, 'reopen', NULL, 'hotline') FROM make('closed', 'general') id) t, there_and_back(t.id, 'desk', $$state = 'dispatched'$$) x;
SELECT x.* FROM (SELECT make('on_site', 'general') AS id, report('general') AS lead) t, there_and_back(t.id, 'desk', format('state = ''merged'', merged_into = %s', t.lead)) x;
SELECT x.* FROM (SELECT make('merged', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'accepted', note = 'n'$$) x;
-- more than the transition in one statement
SELECT x.* FROM (SELECT make('accepted', 'general') AS id) t, there_and_back(t.id, 'desk', $$state = 'dispatched', category = 'hard', priority = 1, geom = north(4000), note = 'n'$$) x;
SELECT kind, granted, used_seq FROM liskeban.request ORDER BY request_id;
SELECT * FROM liskeban.check_invariants();

-- Who, what for, until when
SELECT make('resolved', 'general') AS id \gset
SELECT may(:id, i) AS comes_to, i AS identity FROM unnest('{desk,desk_t2,v1,hotline,reader,chief}'::text[]) i ORDER BY i;
SELECT may(:id, note => NULL) AS without, may(:id, note => '') AS empty, try('SELECT liskeban.revert(NULL, ''n'')') AS null_id, try('SELECT liskeban.revert(5, ''n'')') AS unknown, may(report()) AS never_moved;
SELECT later('10 minutes'), may(:id) AS at_ten, later('1 second'), may(:id) AS after;
-- notes may have come after it, nothing else
SELECT make('on_site', 'general') AS a, make('on_site', 'general') AS b \gset
SELECT does('desk', :a, $$note = 'hm'$$), does('desk', :b, 'priority = 1'), may(:a) AS noted, may(:b) AS amended;
SELECT reverts('desk', :a), may(:a) AS twice, does('v1', :a, $$state = 'on_site'$$), may(:a) AS the_next;
SELECT seq, action, moved, actor, note, detail -> 'reverts' AS reverts FROM history(:a) WHERE seq > 3;
-- by when it was recorded, not when it happened
SELECT make('dispatched', 'general') AS id \gset
SELECT later('1 hour'), does('v1', :id, $$state = 'on_site', on_site_at = liskeban.liskeban_now() - interval '50 minutes'$$), may(:id);

-- What it did to other tickets is not undone, so neither is it
SELECT report('general') AS lead, report('general') AS other, make('resolved', 'general') AS done \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :other, :lead)), does('desk', :lead, $$state = 'withdrawn', note = 'n'$$), may(:lead) AS lead_withdrawn, may(:other) AS lead_is_gone;
SELECT report('general') AS lead, make('resolved', 'general') AS done \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :lead, :done)), does('desk', :done, $$state = 'closed', checked_by = 'desk'$$), may(:done) AS lead_closed;
SELECT report('general') AS a, report('general') AS b, report('general') AS c \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :b, :a)), does('desk', :a, format('state = ''merged'', merged_into = %s', :c)), may(:a) AS took_them_along, act('desk', format('SELECT liskeban.unmerge(%s, ''n'')', :b)), may(:b) AS unmerged, act('desk', format('SELECT liskeban.reject(%s, ''unclear'', ''r'')', :c)), may(:b) AS without_a_lead;

-- What it ended goes on: whistle, progress, lapsed request, supervision
SELECT make('planned', 'hard') AS id \gset
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''too much for us'')', :id)), act('chief', format('SELECT liskeban.ask(%s, ''extend'', ''r'', ''2030-01-01'')', :id));
SELECT does('chief', :id, $$state = 'resolved', resolution = 'r'$$);
SELECT outcome, ended_by FROM liskeban.whistle WHERE ticket_id = :id;
SELECT kind, granted, note FROM liskeban.request WHERE ticket_id = :id;
SELECT n, ended FROM (SELECT row_number() OVER (ORDER BY progress_id) n, ended_at IS NOT NULL AS ended FROM liskeban.progress WHERE ticket_id = :id) p;
SELECT reverts('desk', :id);
SELECT outcome, ended_by FROM liskeban.whistle WHERE ticket_id = :id;
SELECT kind, granted, note FROM liskeban.request WHERE ticket_id = :id;
SELECT n, ended FROM (SELECT row_number() OVER (ORDER BY progress_id) n, ended_at IS NOT NULL AS ended FROM liskeban.progress WHERE ticket_id = :id) p;
SELECT state, tier FROM liskeban.ticket WHERE ticket_id = :id;

-- A complaint that it granted, or refused, waits again; what was only said meanwhile stands in nobody's way
SELECT make('resolved', 'general') AS id \gset
SELECT act('hotline', format('SELECT liskeban.record_feedback(%s, ''dissatisfied'', false)', :id));
SELECT does('desk2', :id, $$state = 'dispatched', note = 'again'$$);
SELECT kind, granted, decided_by, used_seq = (SELECT last_seq FROM liskeban.ticket WHERE ticket_id = :id) AS by_it FROM liskeban.request WHERE ticket_id = :id;
SELECT liskeban.urge(:id, 'hurry') > 0 AS urged, reverts('desk', :id);
SELECT kind, granted, decided_by, note, used_seq FROM liskeban.request WHERE ticket_id = :id;
SELECT act('desk', format('SELECT liskeban.decide(%s, false, ''as it is'')', (SELECT max(request_id) FROM liskeban.request WHERE ticket_id = :id)));
SELECT reverts('desk', :id), state FROM liskeban.ticket WHERE ticket_id = :id;
SELECT kind, granted, decided_by, note, used_seq FROM liskeban.request WHERE ticket_id = :id;
SELECT act('desk2', format('SELECT liskeban.decide(%s, true, ''again'')', (SELECT max(request_id) FROM liskeban.request WHERE ticket_id = :id)));
SELECT state, (SELECT granted FROM liskeban.request WHERE ticket_id = :id) FROM liskeban.ticket WHERE ticket_id = :id;

-- Figures pass over both; alarms that fired stay; a clock that was let run again is seen to from when it had been stopped
SELECT at('2025-03-03 08:00') IS NOT NULL AS ok, make('on_site', 'simple') AS id \gset
SELECT at('2025-03-04 03:10') IS NOT NULL AS ok, does('v1', :id, $$state = 'resolved', resolution = 'r'$$), later('4 minutes'), liskeban.sweep() >= 0 AS swept, reverts('desk', :id);
SELECT local(w.next_alarm_at) AS looks_at, local(t.resolve_due) AS due FROM liskeban.worklist w JOIN liskeban.ticket t USING (ticket_id) WHERE t.ticket_id = :id;
SELECT liskeban.sweep() > 0 AS fired;
SELECT clock, level, local(at) AS at FROM liskeban.alarm WHERE ticket_id = :id ORDER BY at, clock;
SELECT received, due, completion_num, on_time_num, rework_num FROM liskeban.kpi('2025-03-03', '2025-03-03', 'district');
-- a rework that was a mistake leaves no trace in them
SELECT make('resolved', 'simple') AS id \gset
SELECT does('desk', :id, $$state = 'dispatched', note = 'n'$$);
SELECT completion_num, on_time_num, rework_num, first_time_num FROM liskeban.kpi('2025-03-04', '2025-03-04', 'district');
SELECT reverts('desk', :id);
SELECT completion_num, on_time_num, rework_num, first_time_num FROM liskeban.kpi('2025-03-04', '2025-03-04', 'district');
-- due times recomputed under other rules pass over it as well
UPDATE liskeban.sla_policy SET within = '5 days' WHERE difficulty = 'general' AND clock = 'resolve';
SELECT make('on_site', 'general') AS id \gset
SELECT does('v1', :id, $$state = 'resolved', resolution = 'r'$$), reverts('desk', :id);
UPDATE liskeban.sla_policy SET within = '3 days' WHERE difficulty = 'general' AND clock = 'resolve';
SELECT local(received_at), local(resolve_due) FROM liskeban.ticket WHERE ticket_id = :id;

SELECT * FROM liskeban.check_invariants();
SELECT count(*) FROM liskeban.verify_history();
\c postgres
DROP DATABASE regress_liskeban_revert;
