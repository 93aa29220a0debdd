-- Row security: who sees which rows of what concerns people. Rights to tables and columns stand in 90_grants.sql, what may be
-- done with a row that is seen in the guards.
--
-- The policies ask liskeban.scope_…() and …_in_scope() (sql/50_scope.sql) for what the duties and offices of the actor reach,
-- whom act_as() may have named; never a setting, and never another table. Each has an arm that an index can answer; the
-- district's own roles have a policy that is constant, an actor of the whole district a first arm that is true of every row.
-- The owner is bound too (FORCE), by a policy that says so; nobody is a member of it. liskeban_backup has BYPASSRLS.
-- The registry, the rules, figures of days, signals, seals and jobs hold no one's matter: rights alone govern them. So they do
-- partitions, on which nobody but the owner and the backup has any.

DO $$
DECLARE
  protected text;
BEGIN
  FOREACH protected IN ARRAY '{ticket,worklist,ticket_event,alarm,request,attachment,reporter,whistle,task_force,party,progress,
    feedback,final_answer,score_appeal,supervision,directive,directive_target,
    ticket_intake,ticket_message,intake_reject,outbox,outbox_consumer,ticket_fact,whistle_fact,clearing,
    hazard_object,hazard,hazard_task,hazard_signal,
    clue,clue_reporter,reward,
    resident,resident_reject,entitlement,match_pending}'::text[] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', protected);
    EXECUTE pg_catalog.format('DROP POLICY IF EXISTS whole_district ON liskeban.%I', protected);
    EXECUTE pg_catalog.format('CREATE POLICY whole_district ON liskeban.%I TO liskeban_owner, liskeban_reader, liskeban_admin, liskeban_job '
                              'USING (true)', protected);
    EXECUTE pg_catalog.format('COMMENT ON POLICY whole_district ON liskeban.%I IS %L', protected,
                              '全区 the owner''s functions, the figures for analysts, administrators and jobs: every row');
  END LOOP;
END
$$;

-- The ticket, and its narrow row. Who inserts is for the guard; whoever reports a ticket that lies beyond sees it until the
-- transaction ends.
CREATE POLICY of_duty ON liskeban.ticket TO liskeban_dispatcher, liskeban_handler
  USING (ticket_id >= liskeban.scope_from()
         OR (responsible_area OPERATOR(liskeban.>=) liskeban.scope_low() AND responsible_area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR department = ANY (liskeban.scope_departments())
             OR co_departments OPERATOR(pg_catalog.<>) '{}' AND co_departments OPERATOR(pg_catalog.&&) liskeban.scope_departments())
            AND liskeban.in_scope(responsible_area, area, department, co_departments, confidential, category, tier)
         OR ticket_id = ANY (liskeban.scope_held()));
COMMENT ON POLICY of_duty ON liskeban.ticket IS '职责范围 a village its own, a town its villages'', the district all, a department what it leads or co-handles, also what lies there; but a confidential ticket, or one about staff, is its holder''s, and the district''s until it is dispatched';
CREATE POLICY reported ON liskeban.ticket FOR INSERT TO liskeban_dispatcher, liskeban_handler WITH CHECK (true);
COMMENT ON POLICY reported ON liskeban.ticket IS '上报 who reports a ticket may report it anywhere: the guard places it';
CREATE POLICY of_source ON liskeban.ticket TO liskeban_source
  USING (source = ANY (liskeban.scope_sources()));
COMMENT ON POLICY of_source ON liskeban.ticket IS '来源 a source system sees what it sent, and nothing else';
CREATE POLICY of_duty ON liskeban.worklist FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (ticket_id >= liskeban.scope_from()
         OR (responsible_area OPERATOR(liskeban.>=) liskeban.scope_low() AND responsible_area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR department = ANY (liskeban.scope_departments())
             OR co_departments OPERATOR(pg_catalog.<>) '{}' AND co_departments OPERATOR(pg_catalog.&&) liskeban.scope_departments())
            AND liskeban.in_scope(responsible_area, area, department, co_departments, confidential, category, tier)
         OR ticket_id = ANY (liskeban.scope_held()));
COMMENT ON POLICY of_duty ON liskeban.worklist IS '职责范围 as of the ticket';

-- What hangs on a ticket is seen with it.
DO $$
DECLARE
  part text;
BEGIN
  FOREACH part IN ARRAY '{ticket_event,request,attachment,party,progress,feedback,final_answer,score_appeal,reporter,clue,reward}'::text[] LOOP
    EXECUTE pg_catalog.format('DROP POLICY IF EXISTS of_ticket ON liskeban.%I', part);
    EXECUTE pg_catalog.format('CREATE POLICY of_ticket ON liskeban.%I TO liskeban_dispatcher, liskeban_handler '
                              'USING (ticket_id >= liskeban.scope_from() OR liskeban.ticket_in_scope(ticket_id))', part);
    EXECUTE pg_catalog.format('COMMENT ON POLICY of_ticket ON liskeban.%I IS %L', part, '随工单 whoever sees the ticket');
  END LOOP;
END
$$;
CREATE POLICY of_ticket ON liskeban.alarm FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (alarm_id >= liskeban.scope_from() OR liskeban.alarm_in_scope(ticket_id, subject));
COMMENT ON POLICY of_ticket ON liskeban.alarm IS '随工单 whoever sees the ticket, or the receiver of the directive';
CREATE POLICY of_ticket ON liskeban.whistle FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (whistle_id >= liskeban.scope_from() OR liskeban.unit_in_scope(from_area, from_department) OR liskeban.ticket_in_scope(ticket_id));
COMMENT ON POLICY of_ticket ON liskeban.whistle IS '随工单 whoever sees the ticket, and the unit that raised it';
CREATE POLICY of_ticket ON liskeban.task_force TO liskeban_dispatcher, liskeban_handler
  USING (whistle_id >= liskeban.scope_from() OR liskeban.whistle_in_scope(whistle_id));
COMMENT ON POLICY of_ticket ON liskeban.task_force IS '随吹哨 whoever sees the whistle';

-- What is addressed to a unit: to it, and to whoever is above it; and who wrote it.
CREATE POLICY of_unit ON liskeban.supervision TO liskeban_dispatcher, liskeban_handler
  USING (supervision_id >= liskeban.scope_from()
         OR (area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR department = ANY (liskeban.scope_answered())) AND liskeban.unit_in_scope(area, department)
         OR issued_by <> 'platform' AND issued_by = liskeban.scope_name());
COMMENT ON POLICY of_unit ON liskeban.supervision IS '被督办单位 whoever answers for the unit that it addresses, and who issued it';
CREATE POLICY of_unit ON liskeban.directive TO liskeban_dispatcher, liskeban_handler
  USING (directive_id >= liskeban.scope_from() OR issued_by = liskeban.scope_name() OR directive_id = ANY (liskeban.scope_received()));
COMMENT ON POLICY of_unit ON liskeban.directive IS '签发与接收 who issued it, and whoever answers for one of its receivers';
CREATE POLICY of_unit ON liskeban.directive_target TO liskeban_dispatcher, liskeban_handler
  USING (target_id >= liskeban.scope_from()
         OR (area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high()
             OR department = ANY (liskeban.scope_answered())) AND liskeban.unit_in_scope(area, department)
         OR directive_id = ANY (liskeban.scope_issued()));
COMMENT ON POLICY of_unit ON liskeban.directive_target IS '签发与接收 whoever answers for the receiver, and who issued the directive';

-- Hazards are seen with their tickets; an object by whoever serves where it lies, or supervises it. Signals are the desk's.
CREATE POLICY of_ticket ON liskeban.hazard FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (hazard_id >= liskeban.scope_from() OR liskeban.ticket_in_scope(ticket_id));
COMMENT ON POLICY of_ticket ON liskeban.hazard IS '随工单 whoever sees the ticket';
CREATE POLICY of_ticket ON liskeban.hazard_task FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (hazard_id >= liskeban.scope_from() OR liskeban.ticket_in_scope(ticket_id));
COMMENT ON POLICY of_ticket ON liskeban.hazard_task IS '随工单 whoever sees the ticket';
CREATE POLICY of_unit ON liskeban.hazard_object TO liskeban_dispatcher, liskeban_handler
  USING (object_id >= liskeban.scope_from()
         OR area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high()
            AND liskeban.unit_in_scope(area, NULL)
         OR department = ANY (liskeban.scope_departments()));
COMMENT ON POLICY of_unit ON liskeban.hazard_object IS '属地与主管部门 whoever serves the area it lies in, or the department that supervises it';
CREATE POLICY of_district ON liskeban.hazard_signal FOR SELECT TO liskeban_dispatcher
  USING (signal_id >= liskeban.scope_from());
COMMENT ON POLICY of_district ON liskeban.hazard_signal IS '全区 the desk of the whole district';

-- What was refused lies nowhere yet, and its text may name anyone: the desk of the district.
CREATE POLICY of_district ON liskeban.intake_reject TO liskeban_dispatcher
  USING (reject_id >= liskeban.scope_from());
COMMENT ON POLICY of_district ON liskeban.intake_reject IS '全区 the desk of the whole district';

-- Who is entitled to what: the unit that answers for the home, and the department of the policy. Residents are nobody's to see.
CREATE POLICY of_unit ON liskeban.entitlement FOR SELECT TO liskeban_dispatcher, liskeban_handler
  USING (entitlement_id >= liskeban.scope_from()
         OR area OPERATOR(liskeban.>=) liskeban.scope_low() AND area OPERATOR(liskeban.<=) liskeban.scope_high() AND liskeban.unit_in_scope(area, NULL)
         OR department = ANY (liskeban.scope_answered()));
COMMENT ON POLICY of_unit ON liskeban.entitlement IS '住所与主管部门 whoever answers for the home, or for the department of the policy';
