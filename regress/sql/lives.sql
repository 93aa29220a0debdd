-- Fourteen lives of tickets, each told from the rules: what is written beside so() is worked out by hand.
CREATE DATABASE regress_liskeban_lives TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_lives
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

-- 1. An enquiry answered at the desk
SELECT at('2024-09-02 09:00');
SELECT report('call') AS id \gset
SELECT reported_by(:id, 'a citizen');
SELECT until('2024-09-02 09:03');
SELECT so('an answer without words', gets('desk', $$liskeban.answer(%s, '')$$, :'id'), 'LK002'),
       so('an answer by the village', gets('v1', $$liskeban.answer(%s, 'see there')$$, :'id'), '42501');
SELECT does('desk', $$liskeban.answer(%s, 'see the web site')$$, :'id') IS NOT NULL;
SELECT so('it has no rung, and the desk has three working days for the citizen', stands(:id),
          'resolved run 1 320117001001 resolve 09-05 09:00 feedback 09-05 09:03');
SELECT until('2024-09-03 10:00');
SELECT so('closed unanswered', gets('desk2', 'liskeban.close(%s)', :'id'), 'LK002'),
       so('the citizen spoken for by who answered', gets('desk', $$liskeban.record_feedback(%s, 'satisfied', true, 'thanks', 'phone')$$, :'id'), '42501');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'satisfied', true, 'thanks', 'phone')$$, :'id') IS NOT NULL;
SELECT so('closed by who answered', gets('desk', 'liskeban.close(%s)', :'id'), '42501');
SELECT does('hotline', 'liskeban.close(%s)', :'id') IS NOT NULL;
SELECT so('its history', told(:id), ARRAY['09-02 09:00 report by postgres -> reported', '09-02 09:00 amend by postgres',
  '09-02 09:03 answer by desk -> resolved', '09-03 10:00 feedback by hotline', '09-03 10:00 close by hotline -> closed']);
SELECT so('its alarms', alarms(:id), '{}'), so('who was urged', supervisions(:id), '{}');
SELECT so('the answer kept', (SELECT concat_ws(' ', f.satisfaction, f.solved, f.channel, f.recorded_by) FROM liskeban.feedback AS f WHERE f.ticket_id = :id), 'satisfied t phone hotline');
SELECT holds();

-- 2. The wrong department twice, designated
SELECT at('2024-09-04 09:00');
SELECT report('bureau') AS id \gset
SELECT until('2024-09-04 09:01');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-04 09:02');
SELECT does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT so('the category names the bureau', stands(:id), 'dispatched run 1 town data resolve 09-07 09:00');
SELECT so('returned unasked', gets('desk', $$liskeban.return(%s, 'not ours')$$, :'id'), 'LK002');
SELECT does('databureau', $$liskeban.ask(%s, 'return', 'not ours')$$, :'id') IS NOT NULL;
SELECT so('granted by who asked', gets('databureau', $$liskeban.decide(%s, true, 'so be it')$$, open_request(:id)::text), '42501');
SELECT does('desk', $$liskeban.decide(%s, true, 'so be it')$$, open_request(:id)::text) IS NOT NULL;
SELECT until('2024-09-04 09:03');
SELECT so('returned by the bureau itself', gets('databureau', $$liskeban.return(%s, 'not ours')$$, :'id'), '42501');
SELECT does('desk', $$liskeban.return(%s, 'not theirs')$$, :'id') IS NOT NULL;
SELECT so('back to the bureau', gets('desk', 'liskeban.dispatch(%s)', :'id'), 'LK002'),
       so('and by name', gets('desk', $$liskeban.dispatch(%s, department => 'data', note => 'still')$$, :'id'), 'LK002'),
       so('to another bureau without a word', gets('desk', $$liskeban.dispatch(%s, department => 'housing_construction')$$, :'id'), 'LK002');
SELECT until('2024-09-04 09:04');
SELECT does('desk', $$liskeban.dispatch(%s, department => 'housing_construction', note => 'perhaps theirs')$$, :'id') IS NOT NULL;
SELECT until('2024-09-04 09:30');
SELECT does('builders', $$liskeban.arrive(%s)$$, :'id') IS NOT NULL;
SELECT does('builders', $$liskeban.ask(%s, 'return', 'nor ours')$$, :'id') IS NOT NULL;
SELECT does('desk', $$liskeban.decide(%s, true, 'well')$$, open_request(:id)::text) IS NOT NULL;
SELECT until('2024-09-04 09:40');
SELECT does('desk', $$liskeban.return(%s, 'nor theirs')$$, :'id') IS NOT NULL;
SELECT until('2024-09-04 09:50');
SELECT does('desk', $$liskeban.dispatch(%s, department => 'data', note => 'it is yours')$$, :'id') IS NOT NULL;
SELECT so('designated', (SELECT t.designated AND t.return_count = 2 FROM liskeban.ticket AS t WHERE t.ticket_id = :id)::text, 'true');
SELECT does('databureau', $$liskeban.ask(%s, 'return', 'no')$$, :'id') IS NOT NULL;
SELECT does('desk', $$liskeban.decide(%s, true, 'oh')$$, open_request(:id)::text) IS NOT NULL;
SELECT so('returned where designated', gets('desk', $$liskeban.return(%s, 'no')$$, :'id'), 'LK002');
-- No return moved a clock: to be there was due at 09:15 and is answered for 09:30, when somebody was.
SELECT so('no clock moved', stands(:id), 'dispatched run 1 town data resolve 09-07 09:00'),
       so('to be there neither', (SELECT short(t.respond_due) FROM liskeban.ticket AS t WHERE t.ticket_id = :id), '09-04 09:15');
SELECT so('its alarms', alarms(:id), ARRAY['09-04 09:12 respond yellow run 1', '09-04 09:15 respond red run 1',
  '09-04 09:22:30 respond red2 run 1', '09-04 09:30 respond red3 run 1']);
SELECT so('who was urged', supervisions(:id), ARRAY['09-04 09:15 urge respond red to housing_construction']);
SELECT so('its history', told(:id), ARRAY['09-04 09:00 report by postgres -> reported', '09-04 09:01 accept by desk -> accepted',
  '09-04 09:02 dispatch by desk -> dispatched', '09-04 09:03 return by desk -> accepted', '09-04 09:04 dispatch by desk -> dispatched',
  '09-04 09:30 arrive by builders -> on_site', '09-04 09:40 return by desk -> accepted', '09-04 09:50 dispatch by desk -> dispatched']);
SELECT does('hotline', $$liskeban.withdraw(%s, 'tired of it')$$, :'id') IS NOT NULL;
SELECT holds();

-- 3. Suspended, resumed by itself, escalated. Received at 09:00, due 72 hours later; on hold from 10:00, with 71 hours
-- left, until Saturday (a working day) 10:00: due Tuesday 09:00, which is Mid-Autumn, as all days from Sunday. Yellow
-- 14.4 hours before. The town signs within an hour; its three working days count from Wednesday 00:00: until Friday
-- 24:00, which is Monday 00:00. An answer to the order is due one working day on: Thursday 00:00.
SELECT at('2024-09-11 09:00');
SELECT report('general') AS id \gset
SELECT reported_by(:id, 'a citizen');
SELECT until('2024-09-11 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL;
SELECT does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-11 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-11 10:00');
SELECT does('v1', $$liskeban.ask(%s, 'suspend', 'a part is missing', '2024-09-14 10:00+08')$$, :'id') IS NOT NULL;
SELECT does('desk', $$liskeban.decide(%s, true, 'so be it')$$, open_request(:id)::text) IS NOT NULL;
SELECT so('longer than granted', gets('desk', $$liskeban.suspend(%s, '2024-09-14 11:00+08', 'until the part comes')$$, :'id'), 'LK002');
SELECT does('desk', $$liskeban.suspend(%s, '2024-09-14 10:00+08', 'until the part comes')$$, :'id') IS NOT NULL;
SELECT until('2024-09-16 08:00');
SELECT so('resumed by itself', stands(:id), 'on_site run 1 village 320117001001 resolve 09-17 09:00');
SELECT until('2024-09-17 09:30');
SELECT so('climbed by itself', stands(:id), 'on_site run 1 town 320117001 resolve 09-17 09:00');
SELECT so('the whistle', whistles(:id), ARRAY['09-17 09:00 auto village -> town by platform sign 09-17 10:00 handle 09-23 00:00']);
SELECT so('the village helps', parties(:id), ARRAY['co 320117001001']);
SELECT so('the order', supervisions(:id), ARRAY['09-17 09:00 order resolve red to 320117001001 reply 09-19 00:00']);
SELECT so('its history', told(:id), ARRAY['09-11 09:00 report by postgres -> reported', '09-11 09:00 amend by postgres', '09-11 09:02 accept by desk -> accepted',
  '09-11 09:02 dispatch by desk -> dispatched', '09-11 09:10 arrive by v1 -> on_site', '09-11 10:00 suspend by desk -> suspended',
  '09-14 10:00 resume by platform -> on_site', '09-17 09:00 blow_whistle by platform', '09-17 09:00 add_party by platform']);
SELECT so('its alarms', alarms(:id), ARRAY['09-16 18:36 resolve yellow run 1', '09-17 09:00 resolve red run 1']);
SELECT so('signed by the village', gets('v1', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text), '42501');
SELECT does('town1', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL;
-- signed on a day off: the same three working days
SELECT so('signed', whistles(:id), ARRAY['09-17 09:00 auto village -> town by platform sign 09-17 10:00 handle 09-23 00:00 signed 09-17 09:30']);
SELECT until('2024-09-18 09:00');
SELECT does('town1', $$liskeban.resolve(%s, 'the part came')$$, :'id') IS NOT NULL;
SELECT so('solved', whistles(:id), ARRAY['09-17 09:00 auto village -> town by platform sign 09-17 10:00 handle 09-23 00:00 signed 09-17 09:30 solved 09-18 09:00']);
SELECT does('desk', $$liskeban.record_feedback(%s, 'satisfied', true, 'well', 'phone')$$, :'id') IS NOT NULL;
SELECT does('desk', 'liskeban.close(%s)', :'id') IS NOT NULL;
SELECT holds();

-- 4. Merged, lead reopened
SELECT at('2024-09-23 09:00');
SELECT report('general') AS a \gset
SELECT until('2024-09-23 09:01');
SELECT report('general') AS b \gset
SELECT until('2024-09-23 09:02');
SELECT report('general') AS c \gset
SELECT reported_by(:a, 'first'), reported_by(:b, 'second'), reported_by(:c, 'third');
SELECT until('2024-09-23 09:03');
SELECT does('desk', 'liskeban.accept(%s)', :'a') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'a') IS NOT NULL;
SELECT so('merged into itself', gets('desk', 'liskeban.merge(%s, %1$s)', :'b'), 'LK002'),
       so('merged by the village', gets('v1', 'liskeban.merge(%s, %s)', :'b', :'a'), '42501');
SELECT does('desk', 'liskeban.merge(%s, %s)', :'b', :'a') IS NOT NULL, does('desk', 'liskeban.merge(%s, %s)', :'c', :'a') IS NOT NULL;
SELECT so('merged into a merged one', gets('desk', 'liskeban.merge(%s, %s)', report('general')::text, :'b'), 'LK002');
SELECT until('2024-09-23 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'a') IS NOT NULL;
SELECT until('2024-09-23 10:00');
SELECT does('v1', $$liskeban.resolve(%s, 'done')$$, :'a') IS NOT NULL;
SELECT until('2024-09-23 10:30');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'satisfied', true, 'thanks', 'phone')$$, :'a') IS NOT NULL;
SELECT does('desk', 'liskeban.close(%s)', :'a') IS NOT NULL;
SELECT so(format('closed with its lead: %s', t.title), concat_ws(' ', t.state, short(t.closed_at), t.satisfaction), 'merged 09-23 10:30') FROM liskeban.ticket AS t WHERE t.ticket_id IN (:b, :c);
SELECT so('merged ones are silent', alarms(:b) || alarms(:c), '{}');
SELECT until('2024-09-25 14:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'dissatisfied', false, 'still there', 'phone')$$, :'b') IS NOT NULL;
SELECT so('the answer is its own', concat_ws(' ', t.satisfaction, t.solved), CASE t.ticket_id WHEN :a THEN 'satisfied t' ELSE 'dissatisfied f' END) FROM liskeban.ticket AS t WHERE t.ticket_id IN (:a, :b) ORDER BY t.ticket_id;
SELECT so('nothing moves by itself', stands(:a), 'closed run 1 village 320117001001 resolve 09-26 09:00 feedback 09-26 10:00');
SELECT until('2024-09-25 14:30');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'neutral', false, 'here, too', 'phone')$$, :'c') IS NOT NULL;
SELECT until('2024-09-25 15:00');
SELECT does('desk', $$liskeban.decide(%s, true, 'look again')$$, (SELECT r.request_id FROM liskeban.request AS r WHERE r.decided_at IS NULL AND r.kind = 'reopen' AND r.ticket_id = :b)::text) IS NOT NULL;
-- the lead's clocks start anew
SELECT so('the lead is reopened', stands(:a), 'dispatched run 2 village 320117001001 resolve 09-28 15:00'),
       so('someone is to be there anew', (SELECT short(t.respond_due) FROM liskeban.ticket AS t WHERE t.ticket_id = :a), '09-25 15:15');
SELECT so('the others wait for it again', concat_ws(' ', t.state, t.merged_into - :a), 'merged 0') FROM liskeban.ticket AS t WHERE t.ticket_id IN (:b, :c);
-- whatever becomes of the other's complaint, it was reopened once
SELECT does('desk', $$liskeban.decide(%s, true, 'that is under way')$$, open_request(:c)::text) IS NOT NULL WHERE open_request(:c) IS NOT NULL;
SELECT so('once', concat_ws(' ', t.state, t.run, t.reopen_count), 'dispatched 2 1') FROM liskeban.ticket AS t WHERE t.ticket_id = :a;
SELECT until('2024-09-25 15:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'a') IS NOT NULL, does('v1', $$liskeban.resolve(%s, 'done again')$$, :'a') IS NOT NULL;
SELECT does('hotline', $$liskeban.record_feedback(%s, 'satisfied', true, 'thanks', 'phone')$$, :'a') IS NOT NULL;
SELECT does('desk', 'liskeban.close(%s)', :'a') IS NOT NULL;
SELECT so('all closed again', string_agg(concat_ws(' ', t.state, short(t.closed_at), t.satisfaction), ', ' ORDER BY t.ticket_id), 'closed 09-25 15:10 satisfied, merged 09-25 15:10, merged 09-25 15:10')
  FROM liskeban.ticket AS t WHERE t.ticket_id IN (:a, :b, :c);
SELECT holds();

-- 5. Lead withdrawn, eldest takes over. The second, received at 09:01 and due 72 hours later, stood still from 09:03
-- until 10:00.
SELECT at('2024-09-26 09:00');
SELECT report('general') AS a \gset
SELECT until('2024-09-26 09:01');
SELECT report('general') AS b \gset
SELECT until('2024-09-26 09:02');
SELECT report('general') AS c \gset
SELECT until('2024-09-26 09:03');
SELECT does('desk', 'liskeban.accept(%s)', :'a') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'a') IS NOT NULL;
SELECT does('desk', 'liskeban.merge(%s, %s)', :'c', :'a') IS NOT NULL, does('desk', 'liskeban.merge(%s, %s)', :'b', :'a') IS NOT NULL;
SELECT until('2024-09-26 10:00');
SELECT does('hotline', $$liskeban.withdraw(%s, 'never mind')$$, :'a') IS NOT NULL;
SELECT so('the eldest is alone again', stands(:b), 'accepted run 1 320117001001 resolve 09-29 09:58'),
       so('and leads', (SELECT concat_ws(' ', t.state, t.merged_into - :b) FROM liskeban.ticket AS t WHERE t.ticket_id = :c), 'merged 0');
SELECT so('its history', told(:b), ARRAY['09-26 09:01 report by postgres -> reported', '09-26 09:03 merge by desk -> merged', '09-26 10:00 unmerge by platform -> accepted']),
       so('that of the other', told(:c), ARRAY['09-26 09:02 report by postgres -> reported', '09-26 09:03 merge by desk -> merged', '09-26 10:00 amend by platform']);
SELECT does('desk', $$liskeban.reject(%s, 'unclear', 'which one?')$$, :'b') IS NOT NULL;
SELECT so('lead rejected, the last takes over', stands(:c), 'accepted run 1 320117001001 resolve 09-29 09:59');
SELECT does('desk', $$liskeban.withdraw(%s, 'test')$$, :'c') IS NOT NULL;
SELECT holds();

-- 6. Withdrawn while planned: neither progress nor promise is waited for any more
SELECT at('2024-09-27 09:00');
SELECT report('hard') AS id \gset
SELECT until('2024-09-27 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-27 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-09-27 10:00');
SELECT so('a promise of 31 days', gets('v1', $$liskeban.plan(%s, 'dig', '2024-10-28 10:00+08')$$, :'id'), 'LK002'),
       so('a promise for yesterday', gets('v1', $$liskeban.plan(%s, 'dig', '2024-09-26 10:00+08')$$, :'id'), 'LK006');
SELECT does('v1', $$liskeban.plan(%s, 'dig', '2024-10-22 10:00+08')$$, :'id') IS NOT NULL;
SELECT so('planned', stands(:id), 'planned run 1 village 320117001001 plan 10-04 09:00 resolve 10-22 10:00');
SELECT so('progress is due', (SELECT string_agg(concat_ws(' ', c.clock, short(c.due)), ', ') FROM liskeban.subject_clock AS c WHERE c.ticket_id = :id), 'progress 10-04 10:00');
SELECT until('2024-09-28 10:00');
SELECT so('withdrawn by the handler', gets('v1', $$liskeban.withdraw(%s, 'no')$$, :'id'), '42501'),
       so('withdrawn without a word', gets('hotline', $$liskeban.withdraw(%s, '')$$, :'id'), 'LK002');
SELECT does('hotline', $$liskeban.withdraw(%s, 'moved away')$$, :'id') IS NOT NULL;
SELECT so('nothing is waited for', (SELECT count(*) FROM liskeban.subject_clock AS c WHERE c.ticket_id = :id) || ' ' || (SELECT count(*) FROM liskeban.worklist AS w WHERE w.ticket_id = :id), '0 0');
SELECT until('2024-10-30 10:00');
SELECT so('its alarms', alarms(:id), '{}'), so('who was urged', supervisions(:id), '{}');
SELECT holds();

-- 7. Unsatisfied twice. Due at 09:00 of the fourth; 69 hours are left at 12:00 when it is first resolved, and go on from
-- 15:00; 67 of them are left at 17:00 and go on from 09:00, at the town.
SELECT at('2024-11-04 09:00');
SELECT report('general') AS id \gset
SELECT reported_by(:id, 'a citizen');
SELECT until('2024-11-04 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-04 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-04 12:00');
SELECT does('v1', $$liskeban.resolve(%s, 'swept')$$, :'id') IS NOT NULL;
SELECT so('resolved', stands(:id), 'resolved run 1 village 320117001001 resolve 11-07 09:00 feedback 11-07 12:00');
SELECT until('2024-11-04 14:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'dissatisfied', false, 'it is still dirty', 'phone')$$, :'id') IS NOT NULL;
SELECT so('it makes a request', (SELECT concat_ws(' ', r.kind, r.asked_by) FROM liskeban.request AS r WHERE r.request_id = open_request(:id)), 'rework hotline');
SELECT until('2024-11-04 15:00');
SELECT does('desk', $$liskeban.decide(%s, true, 'go again')$$, open_request(:id)::text) IS NOT NULL;
SELECT so('reworked at once', stands(:id), 'dispatched run 1 village 320117001001 resolve 11-07 12:00');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-04 17:00');
SELECT does('v1', $$liskeban.resolve(%s, 'swept again')$$, :'id') IS NOT NULL;
SELECT until('2024-11-05 09:00');
SELECT does('hotline', $$liskeban.record_feedback(%s, 'dissatisfied', false, 'still', 'phone')$$, :'id') IS NOT NULL;
SELECT so('one rung up', stands(:id), 'dispatched run 1 town 320117001 resolve 11-08 04:00'),
       so('by whistle', whistles(:id), ARRAY['11-05 09:00 auto village -> town by platform sign 11-05 10:00 handle 11-08 10:00']),
       so('the village helps', parties(:id), ARRAY['co 320117001001']),
       so('answers are kept', (SELECT string_agg(f.comment, ', ' ORDER BY f.feedback_id) FROM liskeban.feedback AS f WHERE f.ticket_id = :id), 'it is still dirty, still');
SELECT until('2024-11-05 09:30');
SELECT does('town1', 'liskeban.sign_whistle(%s)', open_whistle(:id)::text) IS NOT NULL, does('town1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-05 11:00');
SELECT does('town1', $$liskeban.resolve(%s, 'swept by machine')$$, :'id') IS NOT NULL;
SELECT does('hotline', $$liskeban.record_feedback(%s, 'satisfied', true, 'at last', 'phone')$$, :'id') IS NOT NULL;
SELECT does('hotline', 'liskeban.close(%s)', :'id') IS NOT NULL;
SELECT so('closed', stands(:id), 'closed run 1 town 320117001 resolve 11-08 04:00 feedback 11-08 11:00'),
       so('the whistle solved', whistles(:id), ARRAY['11-05 09:00 auto village -> town by platform sign 11-05 10:00 handle 11-08 09:30 signed 11-05 09:30 solved 11-05 11:00']),
       so('counted', (SELECT concat_ws(' ', t.rework_count, t.reopen_count) FROM liskeban.ticket AS t WHERE t.ticket_id = :id), '2 0');
SELECT holds();

-- 8. A machine's hazard closed by a second person
SELECT at('2024-11-06 09:00');
INSERT INTO liskeban.ticket (source, external_id, category, kind, title, geom) VALUES ('gas_iot', 'leak 1', 'simple', 'hazard', 'leak', here()) RETURNING ticket_id AS id \gset
SELECT until('2024-11-06 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-06 09:10');
SELECT does('v1', $$liskeban.arrive(%s, 'gps', north(150))$$, :'id') IS NOT NULL;
SELECT until('2024-11-06 09:30');
SELECT does('v1', $$liskeban.resolve(%s, 'tap closed')$$, :'id') IS NOT NULL;
SELECT so('closed unchecked', gets('desk', 'liskeban.close(%s)', :'id'), 'LK002'),
       so('closed by who resolved', code(format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'v2' WHERE ticket_id = %s$$, :id), 'v1'), '42501'),
       so('checked by who resolved', code(format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'v1' WHERE ticket_id = %s$$, :id), 'desk'), '42501');
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'v2' WHERE ticket_id = %s$$, :id));
SELECT so('closed', concat_ws(' ', t.state, t.resolved_by, t.checked_by, t.arrival_proof, t.has_reporter), 'closed v1 v2 gps f') FROM liskeban.ticket AS t WHERE t.ticket_id = :id;
SELECT so('its alarms', alarms(:id), '{}');
SELECT holds();

-- 9. Two departments of whom one refuses
SELECT at('2024-11-11 09:00');
SELECT report('general') AS id \gset
SELECT until('2024-11-11 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT act('desk', format($$INSERT INTO liskeban.party (ticket_id, department, due) VALUES (%s, 'data', '2024-11-12 09:00+08')$$, :id)),
       act('desk', format($$INSERT INTO liskeban.party (ticket_id, department) VALUES (%s, 'housing_construction')$$, :id));
SELECT so('two take part, by the due of the ticket unless told', parties(:id), ARRAY['co data due 11-12 09:00', 'co housing_construction due 11-14 09:00']),
       so('as the ticket knows', (SELECT t.co_departments::text FROM liskeban.ticket AS t WHERE t.ticket_id = :id), '{data,housing_construction}');
SELECT until('2024-11-11 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-11 11:00');
SELECT so('resolved without them', gets('v1', $$liskeban.resolve(%s, 'done')$$, :'id'), 'LK002'),
       so('they are named', (try(format($$SELECT liskeban.resolve(%s, 'done')$$, :id), 'v1') ~ 'data|housing_construction')::text, 'true');
SELECT so('done by the other', code(format($$UPDATE liskeban.party SET done_at = liskeban.liskeban_now() WHERE ticket_id = %s AND department = 'data'$$, :id), 'builders'), '42501');
SELECT act('databureau', format($$UPDATE liskeban.party SET done_at = liskeban.liskeban_now() WHERE ticket_id = %s AND department = 'data'$$, :id));
SELECT so('one is open', (try(format($$SELECT liskeban.resolve(%s, 'done')$$, :id), 'v1') ~ '^LK002.*housing_construction')::text, 'true');
SELECT act('builders', format($$UPDATE liskeban.party SET refused_reason = 'not our pipe' WHERE ticket_id = %s AND department = 'housing_construction'$$, :id));
SELECT so('one done, one refused', parties(:id), ARRAY['co data due 11-12 09:00 done 11-11 11:00', 'co housing_construction due 11-14 09:00 refused: not our pipe']);
SELECT does('v1', $$liskeban.resolve(%s, 'done')$$, :'id') IS NOT NULL;
SELECT so('its history', told(:id), ARRAY['11-11 09:00 report by postgres -> reported', '11-11 09:02 accept by desk -> accepted', '11-11 09:02 dispatch by desk -> dispatched',
  '11-11 09:02 add_party by desk', '11-11 09:02 add_party by desk', '11-11 09:10 arrive by v1 -> on_site', '11-11 11:00 party_done by databureau',
  '11-11 11:00 party_refused by builders', '11-11 11:00 resolve by v1 -> resolved']);
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = %s$$, :id));
SELECT until('2024-11-13 09:00');
SELECT so('nothing is waited for', alarms(:id), '{}');
SELECT holds();

-- 10. Outside the district, transferred
SELECT at('2024-11-14 09:00');
INSERT INTO liskeban.ticket (source, external_id, category, title, geom) VALUES ('hotline_12345', 'far', 'general', 'elsewhere', ST_SetSRID(ST_MakePoint(120, 32), 4490)) RETURNING ticket_id AS id \gset
SELECT reported_by(:id, 'a stranger');
SELECT so('in the pool', concat_ws(' ', t.placement, t.area, t.tier), 'outside') FROM liskeban.ticket AS t WHERE t.ticket_id = :id;
SELECT until('2024-11-14 09:02');
SELECT so('rejected for no known reason', gets('desk', $$liskeban.reject(%s, 'no', 'sorry')$$, :'id'), '23503'),
       so('rejected without a reply', gets('desk', $$liskeban.reject(%s, 'other_jurisdiction', '')$$, :'id'), 'LK002');
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'rejected', reject_reason = 'other_jurisdiction', transferred_to = '江宁区', reply = 'handed over' WHERE ticket_id = %s$$, :id));
SELECT so('transferred', concat_ws(' ', t.state, t.reject_reason, t.transferred_to, t.reply), 'rejected other_jurisdiction 江宁区 handed over') FROM liskeban.ticket AS t WHERE t.ticket_id = :id;
SELECT until('2024-11-20 09:00');
SELECT so('nothing is waited for', alarms(:id), '{}'), so('it is nobody''s', (SELECT count(*) FROM liskeban.worklist AS w WHERE w.ticket_id = :id)::text, '0');
SELECT holds();

-- 11. Whistle while suspended: it resumes first. On hold from 10:00 to 14:00, the due is four hours later; no whistle
-- moves it. Declined, it is the village's again.
SELECT at('2024-11-20 09:00');
SELECT report('general') AS id \gset
SELECT until('2024-11-20 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-20 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-20 10:00');
SELECT does('v1', $$liskeban.ask(%s, 'suspend', 'rain', '2024-11-22 10:00+08')$$, :'id') IS NOT NULL;
SELECT does('desk', $$liskeban.decide(%s, true, 'so be it')$$, open_request(:id)::text) IS NOT NULL;
SELECT does('desk', $$liskeban.suspend(%s, '2024-11-22 10:00+08', 'rain')$$, :'id') IS NOT NULL;
SELECT until('2024-11-20 14:00');
SELECT so('without a reason', gets('v1', $$liskeban.blow_whistle(%s, '')$$, :'id'), 'LK005'),
       so('by another village', gets('v2', $$liskeban.blow_whistle(%s, 'why not')$$, :'id') IN ('LK005', '42501', 'P0002'), true);
SELECT does('v1', $$liskeban.blow_whistle(%s, 'the main has burst')$$, :'id') = open_whistle(:id)::text;
SELECT so('resumed, and at the town', stands(:id), 'on_site run 1 town 320117001 resolve 11-23 13:00');
SELECT so('the whistle', whistles(:id), ARRAY['11-20 14:00 village -> town by v1 sign 11-20 15:00 handle 11-25 15:00']);
SELECT so('by the village again', gets('v1', $$liskeban.blow_whistle(%s, 'once more')$$, :'id') IN ('LK005', '42501'), true);
SELECT until('2024-11-20 14:30');
SELECT so('declined without a reason', gets('town1', $$liskeban.decline_whistle(%s, '')$$, open_whistle(:id)::text), 'LK002'),
       so('declined by the village', gets('v1', $$liskeban.decline_whistle(%s, 'no')$$, open_whistle(:id)::text), '42501');
SELECT does('town1', $$liskeban.decline_whistle(%s, 'you have a pump')$$, open_whistle(:id)::text) IS NOT NULL;
SELECT so('back', stands(:id), 'on_site run 1 village 320117001001 resolve 11-23 13:00'),
       so('declined', whistles(:id), ARRAY['11-20 14:00 village -> town by v1 sign 11-20 15:00 handle 11-25 15:00 declined 11-20 14:30']);
SELECT so('its history', told(:id), ARRAY['11-20 09:00 report by postgres -> reported', '11-20 09:02 accept by desk -> accepted',
  '11-20 09:02 dispatch by desk -> dispatched', '11-20 09:10 arrive by v1 -> on_site', '11-20 10:00 suspend by desk -> suspended',
  '11-20 14:00 resume by v1 -> on_site', '11-20 14:00 blow_whistle by v1', '11-20 14:00 add_party by v1',
  '11-20 14:30 decline_whistle by town1', '11-20 14:30 party_done by town1']);
-- appealed, it is the district's
SELECT does('v1', $$liskeban.appeal_whistle(%s, 'the pump is broken')$$, (SELECT w.whistle_id FROM liskeban.whistle AS w WHERE w.ticket_id = :id)::text) IS NOT NULL;
SELECT so('at the district', stands(:id), 'on_site run 1 district 320117 resolve 11-23 13:00');
SELECT so('appealed once', gets('v1', $$liskeban.appeal_whistle(%s, 'and again')$$, (SELECT min(w.whistle_id) FROM liskeban.whistle AS w WHERE w.ticket_id = :id)::text) <> 'ok', true);
SELECT does('district', $$liskeban.resolve(%s, 'pumped dry')$$, :'id') IS NOT NULL;
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = %s$$, :id));
SELECT so('upheld by the district', (SELECT w.outcome FROM liskeban.whistle AS w WHERE w.ticket_id = :id ORDER BY w.whistle_id DESC LIMIT 1), 'solved');
SELECT until('2024-11-25 09:00');
SELECT so('the ticket''s own alarms', alarms(:id, '{accept,dispatch,respond,plan,resolve,feedback}'), '{}');
SELECT holds();

-- 12. Supplement, urge and withdraw from the source
SELECT at('2024-11-25 09:00');
SELECT so('created', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "category": "general", "title": "a pothole", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000", "reporter_name": "a citizen", "reporter_phone": "13800000001"}') AS s)$$), 'created');
SELECT t.ticket_id AS id FROM liskeban.ticket AS t WHERE t.external_id = 'T1' \gset
SELECT so('the same again', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "category": "general", "title": "a pothole", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000", "reporter_name": "a citizen", "reporter_phone": "13800000001"}') AS s)$$), 'existing');
SELECT until('2024-11-25 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-25 09:05');
SELECT so('supplemented', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "event": "supplement", "text": "two of them"}') AS s)$$), 'supplemented');
SELECT until('2024-11-25 09:10');
SELECT so('urged', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "event": "urge", "text": "when?"}') AS s)$$), 'urged');
SELECT until('2024-11-25 09:14');
SELECT so('withdrawn', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "event": "withdraw", "text": "filled by neighbours"}') AS s)$$), 'withdrawn');
SELECT so('its history', told(:id), ARRAY['11-25 09:00 report by hotline -> reported', '11-25 09:02 accept by desk -> accepted',
  '11-25 09:02 dispatch by desk -> dispatched', '11-25 09:05 supplement by hotline', '11-25 09:10 urge by hotline', '11-25 09:14 withdraw by hotline -> withdrawn']);
SELECT so('supplemented when withdrawn', does('hotline', $$(SELECT s.outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "T1", "event": "urge", "text": "and now?"}') AS s)$$) IN ('conflict', 'rejected'), true);
SELECT so('its alarms', alarms(:id), ARRAY['11-25 09:12 respond yellow run 1']);
SELECT holds();

-- 13. A wrong click reverted
SELECT at('2024-11-26 09:00');
SELECT report('general') AS id \gset
SELECT until('2024-11-26 09:01');
SELECT does('desk', $$liskeban.reject(%s, 'unclear', 'which?')$$, :'id') IS NOT NULL;
SELECT until('2024-11-26 09:03');
SELECT so('reverted by the village', gets('v1', $$liskeban.revert(%s, 'the wrong one')$$, :'id'), '42501');
SELECT does('desk', $$liskeban.revert(%s, 'the wrong one')$$, :'id') IS NOT NULL;
SELECT so('as it was', stands(:id), 'reported run 1 320117001001 resolve 11-29 09:00'),
       so('what was reverted', (SELECT e.action || ' ' || (e.detail -> 'reverts') FROM liskeban.ticket_event AS e WHERE e.ticket_id = :id ORDER BY e.seq DESC LIMIT 1), 'revert 2');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-26 09:10');
SELECT does('v1', 'liskeban.arrive(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-26 10:00');
SELECT does('v1', $$liskeban.resolve(%s, 'done')$$, :'id') IS NOT NULL;
SELECT until('2024-11-26 10:10');
SELECT does('desk', $$liskeban.revert(%s, 'that was another')$$, :'id') IS NOT NULL;
SELECT so('as it was', stands(:id), 'on_site run 1 village 320117001001 resolve 11-29 09:00'),
       so('not resolved', (SELECT concat_ws(' ', 'by', t.resolved_by, t.resolved_at, t.feedback_due) FROM liskeban.ticket AS t WHERE t.ticket_id = :id), 'by');
SELECT does('v1', $$liskeban.resolve(%s, 'done now')$$, :'id') IS NOT NULL;
SELECT until('2024-11-26 10:20:00.000001');
SELECT so('later than 10 minutes', gets('desk', $$liskeban.revert(%s, 'too late')$$, :'id') ~ '^LK', true);
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = %s$$, :id));
SELECT so('its history', told(:id), ARRAY['11-26 09:00 report by postgres -> reported', '11-26 09:01 reject by desk -> rejected', '11-26 09:03 revert by desk -> reported',
  '11-26 09:03 accept by desk -> accepted', '11-26 09:03 dispatch by desk -> dispatched', '11-26 09:10 arrive by v1 -> on_site', '11-26 10:00 resolve by v1 -> resolved',
  '11-26 10:10 revert by desk -> on_site', '11-26 10:10 resolve by v1 -> resolved', '11-26 10:20:00.000001 close by desk -> closed']);
SELECT so('its alarms', alarms(:id), '{}');
SELECT holds();

-- 14. An arrival entered late
SELECT at('2024-11-27 09:00');
SELECT report('general') AS id \gset
SELECT until('2024-11-27 09:02');
SELECT does('desk', 'liskeban.accept(%s)', :'id') IS NOT NULL, does('desk', 'liskeban.dispatch(%s)', :'id') IS NOT NULL;
SELECT until('2024-11-27 10:00');
SELECT so('there before it was sent', gets('v1', $$liskeban.arrive(%s, at => '2024-11-27 09:01+08')$$, :'id'), 'LK006'),
       so('there in an hour', gets('v1', $$liskeban.arrive(%s, at => '2024-11-27 11:00+08')$$, :'id'), 'LK006'),
       so('proved from afar', gets('v1', $$liskeban.arrive(%s, 'gps', north(250), '2024-11-27 09:12+08')$$, :'id'), 'LK002');
SELECT does('v1', $$liskeban.arrive(%s, 'photo', at => '2024-11-27 09:12+08')$$, :'id') IS NOT NULL;
SELECT so('when, and when told', concat_ws(' ', short(t.on_site_at), short(e.at), short(e.recorded_at), t.late_entry), '11-27 09:12 11-27 09:12 11-27 10:00 t')
  FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id AND e.seq = t.last_seq WHERE t.ticket_id = :id;
-- what fired meanwhile, and who was urged, stays
SELECT so('its alarms', alarms(:id), ARRAY['11-27 09:12 respond yellow run 1', '11-27 09:15 respond red run 1',
  '11-27 09:22:30 respond red2 run 1', '11-27 09:30 respond red3 run 1']);
SELECT so('who was urged', supervisions(:id), ARRAY['11-27 09:15 urge respond red to 320117001001']);
SELECT until('2024-11-27 11:00');
SELECT does('v1', $$liskeban.resolve(%s, 'done')$$, :'id') IS NOT NULL;
SELECT act('desk', format($$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = %s$$, :id));
SELECT holds();

\c postgres
DROP DATABASE regress_liskeban_lives;
