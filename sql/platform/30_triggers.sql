-- The triggers that bind whoever writes; all ENABLE ALWAYS, so that replication roles do not pass them by.

-- Registry: every change invalidates the caches; what others refer to is retired, not deleted. What would match any
-- argument is named with its schema: somebody may have planted a closer match in that of PostGIS.
DO $$
DECLARE
  registry text;
  kept constant text[] := '{platform,domain,network,reject_reason,source_system,indicator,area,department,category,membership,official,duty,grid_member,dispatch_rule}';
  rules constant text[] := '{transition,sla_policy,plan_policy,escalation_policy,supervision_policy,calendar_day,work_shift}';
BEGIN
  FOREACH registry IN ARRAY kept OPERATOR(pg_catalog.||) rules LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_changed', registry);
    CONTINUE WHEN registry = ANY (rules);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
  -- A key that tickets and history name stays what it is.
  FOREACH registry IN ARRAY '{domain,network,reject_reason,source_system,indicator,area,department,category,platform}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_key_kept BEFORE UPDATE ON liskeban.%I '
                              'FOR EACH ROW WHEN (OLD.%2$I::text <> NEW.%2$I::text) EXECUTE FUNCTION liskeban.registry_changed()',
                              registry, CASE registry WHEN 'platform' THEN 'district' ELSE 'code' END);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_key_kept', registry);
  END LOOP;
END
$$;

-- What decides due times waits for the writers of tickets, and then moves the dues that are still ahead.
DO $$
DECLARE
  rule record;
BEGIN
  FOR rule IN SELECT * FROM (VALUES ('calendar_day', ''), ('work_shift', ''), ('sla_policy', ''),
                                    ('escalation_policy', ' OF sign_within, handle_within, basis'),
                                    ('supervision_policy', ' OF reply_within')) AS r(relation, columns) LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rule_lock BEFORE INSERT OR UPDATE%s OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock()', rule.columns, rule.relation);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE%s OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed()', rule.columns, rule.relation);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%1$I ENABLE ALWAYS TRIGGER rule_lock, ENABLE ALWAYS TRIGGER rules_changed', rule.relation);
  END LOOP;
END
$$;
CREATE TRIGGER rule_lock BEFORE UPDATE ON liskeban.category
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER rules_changed AFTER UPDATE ON liskeban.category REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed();
ALTER TABLE liskeban.category ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.category ENABLE ALWAYS TRIGGER rules_changed;

-- The zone of days and shifts, and the floors of rework, decide due times too.
CREATE TRIGGER rule_lock BEFORE UPDATE OF time_zone, rework_floor, rework_floor_hard ON liskeban.platform
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER rules_changed AFTER UPDATE OF time_zone, rework_floor, rework_floor_hard ON liskeban.platform
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed();
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER rules_changed;

-- What must be kept, must be kept: that floor only rises.
CREATE FUNCTION liskeban._audit_retention_kept() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', liskeban.message('audit_retention is never lowered, from %s to %s', OLD.audit_retention, NEW.audit_retention)
    USING ERRCODE = 'check_violation', CONSTRAINT = 'platform_audit_retention_kept', TABLE = 'platform', SCHEMA = 'liskeban',
          DETAIL = liskeban.message('What was to be kept for that long might be gone before.');
END
$$;
COMMENT ON FUNCTION liskeban._audit_retention_kept() IS 'BEFORE ROW trigger of liskeban.platform, where audit_retention is to become less: refuses it (23514)';
REVOKE ALL ON FUNCTION liskeban._audit_retention_kept() FROM PUBLIC;
CREATE TRIGGER audit_retention_kept BEFORE UPDATE ON liskeban.platform
  FOR EACH ROW WHEN (NEW.audit_retention OPERATOR(pg_catalog.<) OLD.audit_retention) EXECUTE FUNCTION liskeban._audit_retention_kept();
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER audit_retention_kept;

CREATE TRIGGER transition_checked BEFORE INSERT OR UPDATE ON liskeban.transition
  FOR EACH ROW EXECUTE FUNCTION liskeban.transition_checked();
ALTER TABLE liskeban.transition ENABLE ALWAYS TRIGGER transition_checked;

-- Ticket: the guard's name sorts last, so that it sees what will be written.
CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.ticket
  FOR EACH ROW EXECUTE FUNCTION liskeban.ticket_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.ticket
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_guard();
CREATE TRIGGER log_insert AFTER INSERT ON liskeban.ticket REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
CREATE TRIGGER log_update AFTER UPDATE ON liskeban.ticket REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard_truncate;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_update;

-- History, on the parent; make_partitions() does the same on each partition.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.ticket_event
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.ticket_event ENABLE ALWAYS TRIGGER history_kept;

-- The worklist is the log's alone.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.worklist
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;

-- What hangs on a ticket: no foreign key, so that truncating the ticket is refused by the guard.
DO $$
DECLARE
  part text;
BEGIN
  FOREACH part IN ARRAY '{reporter,attachment,request}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER ticket_known_insert AFTER INSERT ON liskeban.%I REFERENCING NEW TABLE AS new_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known()', part);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER ticket_known_update AFTER UPDATE ON liskeban.%I REFERENCING NEW TABLE AS new_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known()', part);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER ticket_known_insert', part);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER ticket_known_update', part);
  END LOOP;
END
$$;

-- Reporter: the digest by which the same phone is found again, and the ticket's has_reporter.
CREATE FUNCTION liskeban._reporter_digest() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.ticket_id <> OLD.ticket_id THEN
    RAISE EXCEPTION '%', liskeban.message('a reporter stays with its ticket') USING ERRCODE = 'restrict_violation';
  END IF;
  -- Nobody gives it: without a phone a ticket would be found as another citizen's.
  NEW.phone_hash := sha256(convert_to(nullif(regexp_replace(NEW.phone, '[^0-9]', '', 'g'), ''), 'UTF8'));
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._reporter_digest() IS 'BEFORE ROW trigger of liskeban.reporter: phone_hash is that of phone''s digits, NULL without any; ticket_id never changes';
REVOKE ALL ON FUNCTION liskeban._reporter_digest() FROM PUBLIC;
CREATE TRIGGER reporter_digest BEFORE INSERT OR UPDATE ON liskeban.reporter
  FOR EACH ROW EXECUTE FUNCTION liskeban._reporter_digest();
CREATE TRIGGER reporter_changed AFTER INSERT ON liskeban.reporter REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.reporter_changed();
ALTER TABLE liskeban.reporter ENABLE ALWAYS TRIGGER reporter_digest;
ALTER TABLE liskeban.reporter ENABLE ALWAYS TRIGGER reporter_changed;
