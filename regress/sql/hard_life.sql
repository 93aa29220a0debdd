-- The whole life of one hard ticket up the ladder: every line of history, alarm, whistle, supervision and due time is
-- worked out by hand from the rules, in the comments. Mid-Autumn: 14 September is a working Saturday, the 15th to the
-- 17th are off; National Day: the 29th is a working Sunday, the 1st to the 7th of October are off.
CREATE DATABASE regress_liskeban_hard_life TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_hard_life
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-01 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set lives :srcdir '/data/lives.sql'
\set ECHO none
\i :district
\i :lives
\set ECHO all
\pset tuples_only on
INSERT INTO liskeban.official (role_name, name, title, tier, area) VALUES ('deputy', '甲', '副区长', 'district', '320117'), ('first', '乙', '区长', 'principal', '320117'), ('mayor1', '丙', '镇长', 'town', '320117001');
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('deputy', 'handler', '320117'), ('first', 'handler', '320117');

-- The village, 9 September, Monday. To be there is due at 09:15, the plan seven days on.
SELECT at('2024-09-09 09:00');
SELECT report('hard') AS id \gset
SELECT reported_by(:id, 'a citizen');
SELECT until('2024-09-09 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-09 09:03');
SELECT does('desk', $$liskeban.dispatch(%s, '320117001001')$$, :'id') IS NOT NULL;
SELECT so('at the village', stands(:id), 'dispatched run 1 village 320117001001 plan 09-16 09:00');
SELECT until('2024-09-09 09:20');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;

-- Whistle to the town, 10 September, Tuesday, 10:00: sign by 11:00, handle three working days after that; signed at
-- 10:30 the three days count from there.
SELECT until('2024-09-10 10:00');
SELECT so('a whistle from the town', gets('town1', $$liskeban.blow_whistle(%s, 'not mine')$$, :'id') IN ('LK005', '42501'), true),
       so('a whistle without a word', gets('v1', $$liskeban.blow_whistle(%s, '')$$, :'id'), 'LK005');
SELECT does('v1', $$liskeban.blow_whistle(%s, 'beyond us')$$, :'id') = open_whistle(:id)::text;
SELECT so('at the town', stands(:id), 'on_site run 1 town 320117001 plan 09-16 09:00'),
       so('the whistle', whistles(:id), ARRAY['09-10 10:00 village -> town by v1 sign 09-10 11:00 handle 09-13 11:00']),
       so('the village helps', parties(:id), ARRAY['co 320117001001']);
SELECT until('2024-09-10 10:30');
SELECT does('town1', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL;
SELECT so('signed', whistles(:id), ARRAY['09-10 10:00 village -> town by v1 sign 09-10 11:00 handle 09-13 10:30 signed 09-10 10:30']);

-- Whistle to the district, 11 September, Wednesday, 09:00: sign by 10:00, and from then, for nobody signs in time, five
-- working days: 12, 13, 14, 18, 19 September.
SELECT until('2024-09-11 09:00');
SELECT does('town1', $$liskeban.blow_whistle(%s, 'beyond us, too')$$, :'id') = open_whistle(:id)::text;
SELECT so('at the district', stands(:id), 'on_site run 1 district 320117 plan 09-16 09:00'),
       so('village and town help', parties(:id), ARRAY['co 320117001001', 'co 320117001']),
       so('to the first leader before its time', gets('district', $$liskeban.blow_whistle(%s, 'beyond us, three')$$, :'id'), 'LK005');
SELECT until('2024-09-11 10:15');
SELECT so('signed without a task force', gets('district', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text), 'LK002');
INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (open_whistle(:id), 'district', 'member');
SELECT so('signed without a leader', gets('district', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text), 'LK002');
SELECT code(format($$INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (%s, 'mayor1', 'leader')$$, open_whistle(:id))) <> 'ok'
    OR gets('district', $$liskeban.sign_whistle(%s)$$, open_whistle(:id)::text) = 'LK002' AS no_leader_of_another_rung;
INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (open_whistle(:id), 'deputy', 'leader');
SELECT so('planned before it is signed', gets('district', $$liskeban.plan(%s, 'a new main', '2024-09-18 18:00+08')$$, :'id'), 'LK002');
SELECT does('district', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL;
SELECT so('whistles', whistles(:id), ARRAY['09-10 10:00 village -> town by v1 sign 09-10 11:00 handle 09-13 10:30 signed 09-10 10:30 overtaken 09-11 09:00',
  '09-11 09:00 town -> district by town1 sign 09-11 10:00 handle 09-19 10:00 signed 09-11 10:15']);

-- The plan, 11:00: promised for Wednesday 18:00, seven days and seven hours; progress is due after seven days, 11:00.
SELECT until('2024-09-11 11:00');
SELECT so('a promise of 91 days', gets('district', $$liskeban.plan(%s, 'a new main', '2024-12-11 11:00+08')$$, :'id'), 'LK002');
SELECT does('district', $$liskeban.plan(%s, 'a new main', '2024-09-18 18:00+08')$$, :'id') IS NOT NULL;
SELECT so('planned', stands(:id), 'planned run 1 district 320117 plan 09-16 09:00 resolve 09-18 18:00'),
       so('what runs beside it', (SELECT string_agg(concat_ws(' ', c.clock, short(c.due)), ', ' ORDER BY c.due) FROM liskeban.subject_clock AS c WHERE c.ticket_id = :id), 'progress 09-18 11:00, handle 09-19 10:00');
SELECT so('planned anew at once', gets('district', $$liskeban.plan(%s, 'another main', '2024-09-30 18:00+08')$$, :'id'), 'LK002');

-- Progress missed on the 18th at 11:00, and urged; told at 15:00 the next is due after seven days. The promise is broken
-- at 18:00: an order to answer within a working day. On the 19th at 10:00 the district's time is over: it climbs to the
-- first leader, who signs by 11:00 and handles within seven working days: 20, 23, 24, 25, 26, 27, 29 September.
SELECT until('2024-09-18 15:00');
SELECT does('district', $$liskeban.progress(%s, 'half of it', 50)$$, :'id') IS NOT NULL;
SELECT so('progress is due again', (SELECT short(c.due) FROM liskeban.subject_clock AS c WHERE c.ticket_id = :id AND c.clock = 'progress'), '09-25 15:00');
SELECT until('2024-09-19 09:59');
SELECT so('broken, and still the district''s', stands(:id), 'planned run 1 district 320117 plan 09-16 09:00 resolve 09-18 18:00');
SELECT until('2024-09-19 10:00');
SELECT so('the first leader''s', stands(:id), 'planned run 1 principal 320117 plan 09-16 09:00 resolve 09-18 18:00');
SELECT so('whistles', whistles(:id), ARRAY['09-10 10:00 village -> town by v1 sign 09-10 11:00 handle 09-13 10:30 signed 09-10 10:30 overtaken 09-11 09:00',
  '09-11 09:00 town -> district by town1 sign 09-11 10:00 handle 09-19 10:00 signed 09-11 10:15 overtaken 09-19 10:00',
  '09-19 10:00 auto district -> principal by platform sign 09-19 11:00 handle 09-29 11:00']);
SELECT so('supervisions', supervisions(:id), ARRAY['09-09 09:15 urge respond red to 320117001001', '09-18 11:00 urge progress red to 320117',
  '09-18 18:00 order resolve red to 320117 reply 09-19 18:00', '09-19 10:00 order handle red to 320117 reply 09-20 10:00']);
INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (open_whistle(:id), 'district', 'member'), (open_whistle(:id), 'deputy', 'leader');
SELECT so('led by a deputy', gets('first', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text), 'LK002');
UPDATE liskeban.task_force SET role = 'member' WHERE whistle_id = open_whistle(:id) AND role_name = 'deputy';
INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (open_whistle(:id), 'first', 'leader');
SELECT until('2024-09-19 10:30');
SELECT does('first', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL;

-- One order is answered at noon, the other is not until 18:00: a notice; the district answers then.
SELECT until('2024-09-19 12:00');
SELECT act('district', format($$UPDATE liskeban.supervision SET reply = 'the pipe came late' WHERE ticket_id = %s AND clock = 'handle'$$, :id));
SELECT until('2024-09-19 19:00');
SELECT act('district', format($$UPDATE liskeban.supervision SET reply = 'so did this' WHERE ticket_id = %s AND clock = 'resolve'$$, :id));

-- The first leader hands it down on the 20th, Friday; the district resolves it at 16:00. The citizen is to be asked
-- within three working days: Wednesday, 25 September.
SELECT until('2024-09-20 09:00');
SELECT does('first', $$liskeban.hand_down(%s, 'finish it by tonight')$$, open_whistle(:id)::text) IS NOT NULL;
SELECT so('handed down', stands(:id), 'planned run 1 district 320117 plan 09-16 09:00 resolve 09-18 18:00');
SELECT until('2024-09-20 16:00');
SELECT does('district', $$liskeban.resolve(%s, 'the main is laid')$$, :'id') IS NOT NULL;
SELECT so('resolved', stands(:id), 'resolved run 1 district 320117 plan 09-16 09:00 resolve 09-18 18:00 feedback 09-25 16:00');

-- Dissatisfied: granted on Monday at 11:00. Nothing was left of its time, so three days are given: Thursday 11:00.
SELECT until('2024-09-23 10:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'dissatisfied', false, 'no water', 'phone')$$, :'id') IS NOT NULL;
SELECT until('2024-09-23 11:00');
SELECT does('desk', $$liskeban.decide(%s, true, 'there is none')$$, open_request(:id)::text) IS NOT NULL;
SELECT so('reworked', stands(:id), 'dispatched run 1 district 320117 plan 09-16 09:00 resolve 09-26 11:00');
SELECT until('2024-09-23 14:00');
SELECT does('district', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-24 10:00');
SELECT does('district', $$liskeban.resolve(%s, 'the tap is open')$$, :'id') IS NOT NULL;
SELECT so('resolved again', stands(:id), 'resolved run 1 district 320117 plan 09-16 09:00 resolve 09-26 11:00 feedback 09-27 10:00');

-- Dissatisfied again, on Tuesday at 15:00: one rung up. 49 hours were left, 72 are given: Friday 15:00. The first leader
-- signs by 16:00 and handles within 25, 26, 27, 29, 30 September, 8, 9 October; signed at 15:30, from there.
SELECT until('2024-09-24 15:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'dissatisfied', false, 'brown water', 'phone')$$, :'id') IS NOT NULL;
SELECT so('one rung up', stands(:id), 'dispatched run 1 principal 320117 plan 09-16 09:00 resolve 09-27 15:00');
INSERT INTO liskeban.task_force (whistle_id, role_name, role) VALUES (open_whistle(:id), 'district', 'member'), (open_whistle(:id), 'first', 'leader');
SELECT until('2024-09-24 15:30');
SELECT does('first', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL;
SELECT until('2024-09-24 16:00');
SELECT does('district', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-25 10:00');
SELECT does('district', $$liskeban.resolve(%s, 'flushed')$$, :'id') IS NOT NULL;
SELECT until('2024-09-25 14:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'satisfied', true, 'clear water', 'phone')$$, :'id') IS NOT NULL;
SELECT does('hotline', 'liskeban.close(%s)', :'id') IS NOT NULL;
-- Nothing comes after that.
SELECT until('2024-12-31 10:00');

SELECT so('closed', stands(:id), 'closed run 1 principal 320117 plan 09-16 09:00 resolve 09-27 15:00 feedback 09-29 10:00');
SELECT so('its history', told(:id), ARRAY[
  '09-09 09:00 report by postgres -> reported',
  '09-09 09:00 amend by postgres',
  '09-09 09:02 accept by desk -> accepted',
  '09-09 09:03 dispatch by desk -> dispatched',
  '09-09 09:20 arrive by v1 -> on_site',
  '09-10 10:00 blow_whistle by v1',
  '09-10 10:00 add_party by v1',
  '09-10 10:30 sign_whistle by town1',
  '09-11 09:00 blow_whistle by town1',
  '09-11 09:00 add_party by town1',
  '09-11 10:15 sign_whistle by district',
  '09-11 11:00 plan by district -> planned',
  '09-18 15:00 progress by district',
  '09-19 10:00 blow_whistle by platform',
  '09-19 10:30 sign_whistle by first',
  '09-20 09:00 hand_down by first',
  '09-20 16:00 resolve by district -> resolved',
  '09-23 10:00 feedback by hotline',
  '09-23 11:00 rework by desk -> dispatched',
  '09-23 14:00 arrive by district -> on_site',
  '09-24 10:00 resolve by district -> resolved',
  '09-24 15:00 feedback by hotline',
  '09-24 15:00 rework by platform -> dispatched',
  '09-24 15:00 blow_whistle by platform',
  '09-24 15:30 sign_whistle by first',
  '09-24 16:00 arrive by district -> on_site',
  '09-25 10:00 resolve by district -> resolved',
  '09-25 14:00 feedback by hotline',
  '09-25 14:00 close by hotline -> closed']);
-- Yellow 20 % before: of 15 minutes, 3 minutes; of an hour, 12 minutes; of seven days, 33 h 36 min; of the promise's
-- 175 hours, 35 hours; of five working days, one; of one, 4 h 48 min.
SELECT so('its alarms', alarms(:id), ARRAY[
  '09-09 09:12 respond yellow run 1',
  '09-09 09:15 respond red run 1',
  '09-11 09:48 sign yellow',
  '09-11 10:00 sign red',
  '09-17 01:24 progress yellow',
  '09-17 07:00 resolve yellow run 1',
  '09-18 10:00 handle yellow',
  '09-18 11:00 progress red',
  '09-18 18:00 resolve red run 1',
  '09-19 10:00 handle red',
  '09-19 13:12 reply yellow',
  '09-19 18:00 reply red']);
SELECT so('each fired at its instant', (SELECT count(*) FROM liskeban.alarm AS a WHERE a.ticket_id = :id AND a.fired_at <> a.at)::text, '0'),
       so('each of its subject', (SELECT string_agg(concat_ws(' ', a.clock, a.level, w.to_tier, s.clock, p.due = a.at), ', ' ORDER BY a.at)
                                    FROM liskeban.alarm AS a LEFT JOIN liskeban.whistle AS w ON a.clock IN ('sign', 'handle') AND w.whistle_id = a.subject
                                    LEFT JOIN liskeban.supervision AS s ON a.clock = 'reply' AND s.supervision_id = a.subject
                                    LEFT JOIN liskeban.progress AS p ON a.clock = 'progress' AND p.progress_id = a.subject
                                   WHERE a.ticket_id = :id AND a.subject IS NOT NULL),
          'sign yellow district, sign red district, progress yellow f, handle yellow district, progress red t, handle red district, reply yellow resolve, reply red resolve');
SELECT so('its whistles', whistles(:id), ARRAY[
  '09-10 10:00 village -> town by v1 sign 09-10 11:00 handle 09-13 10:30 signed 09-10 10:30 overtaken 09-11 09:00',
  '09-11 09:00 town -> district by town1 sign 09-11 10:00 handle 09-19 10:00 signed 09-11 10:15 overtaken 09-19 10:00',
  '09-19 10:00 auto district -> principal by platform sign 09-19 11:00 handle 09-29 10:30 signed 09-19 10:30 handed_down 09-20 09:00',
  '09-24 15:00 auto district -> principal by platform sign 09-24 16:00 handle 10-09 15:30 signed 09-24 15:30 solved 09-25 10:00']);
SELECT so('its supervisions', supervisions(:id), ARRAY[
  '09-09 09:15 urge respond red to 320117001001',
  '09-18 11:00 urge progress red to 320117',
  '09-18 18:00 order resolve red to 320117 reply 09-19 18:00',
  '09-19 10:00 order handle red to 320117 reply 09-20 10:00',
  '09-19 18:00 notice reply red to 320117']);
SELECT so('its counters', (SELECT concat_ws(' ', t.run, t.rework_count, t.reopen_count, t.return_count) FROM liskeban.ticket AS t WHERE t.ticket_id = :id), '1 2 0 0');
SELECT so('due times from history alone', (SELECT count(*) FROM liskeban._replayed_dues(NULL) AS d)::text, '0');
SELECT holds();

\c postgres
DROP DATABASE regress_liskeban_hard_life;
