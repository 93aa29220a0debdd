-- Safety chains (一件事): themes, chains and their steps, the register of what may become dangerous, the rules that a signal is
-- held against, the hazards that came of it, and every signal with what became of it. What is received: 54_hazard_signal.sql.

CREATE TABLE liskeban.theme (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.theme IS '专题 the themes of the city''s safety: production, public, disaster; an open list';
COMMENT ON COLUMN liskeban.theme.code IS '代码 key';
COMMENT ON COLUMN liskeban.theme.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.theme.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.theme.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.hazard_chain (
  code           text PRIMARY KEY,
  theme          text NOT NULL REFERENCES liskeban.theme,
  name           text NOT NULL,
  name_en        text NOT NULL,
  object_name    text NOT NULL,
  object_name_en text NOT NULL,
  department     text NOT NULL REFERENCES liskeban.department,
  retired_at     timestamptz,
  CONSTRAINT hazard_chain_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$')
);
COMMENT ON TABLE liskeban.hazard_chain IS '安全链条（一件事） one matter of safety from the finding of a hazard to its end, whoever has a part in it; an open list';
COMMENT ON COLUMN liskeban.hazard_chain.code IS '代码 key';
COMMENT ON COLUMN liskeban.hazard_chain.theme IS '专题 theme it belongs to';
COMMENT ON COLUMN liskeban.hazard_chain.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.hazard_chain.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.hazard_chain.object_name IS '对象名称 what one record of its register is, in Chinese';
COMMENT ON COLUMN liskeban.hazard_chain.object_name_en IS '对象英文名称 the same in English';
COMMENT ON COLUMN liskeban.hazard_chain.department IS '牵头部门 department that leads where neither rule nor object names another';
COMMENT ON COLUMN liskeban.hazard_chain.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.hazard_step (
  chain      text NOT NULL REFERENCES liskeban.hazard_chain,
  step       integer NOT NULL,
  kind       text NOT NULL,
  name       text NOT NULL,
  name_en    text NOT NULL,
  department text NOT NULL REFERENCES liskeban.department,
  days       integer NOT NULL,
  PRIMARY KEY (chain, step),
  CONSTRAINT hazard_step_step_check CHECK (step > 0),
  CONSTRAINT hazard_step_kind_check CHECK (kind IN ('find', 'inspect', 'rectify', 'review', 'close')),
  CONSTRAINT hazard_step_days_check CHECK (days BETWEEN 1 AND 365)
);
COMMENT ON TABLE liskeban.hazard_step IS '链条步骤 the steps of a chain in order: each becomes a child ticket once the one before it is closed; a change is for hazards that come after it';
COMMENT ON COLUMN liskeban.hazard_step.chain IS '链条 hazard_chain';
COMMENT ON COLUMN liskeban.hazard_step.step IS '步骤序号 place in the order';
COMMENT ON COLUMN liskeban.hazard_step.kind IS '环节 find 发现核实, inspect 检查, rectify 整改, review 复查 (one that fails goes back to the last rectify before it), close 销号';
COMMENT ON COLUMN liskeban.hazard_step.name IS '名称 what is done, in Chinese; the title of its ticket';
COMMENT ON COLUMN liskeban.hazard_step.name_en IS '英文名称 the same in English';
COMMENT ON COLUMN liskeban.hazard_step.department IS '承办部门 department that its ticket is dispatched to';
COMMENT ON COLUMN liskeban.hazard_step.days IS '时限（天） calendar days from its opening in which it is to be resolved';

CREATE TABLE liskeban.hazard_rule (
  code       text PRIMARY KEY,
  priority   integer NOT NULL DEFAULT 100,
  chain      text NOT NULL REFERENCES liskeban.hazard_chain,
  source     text NOT NULL REFERENCES liskeban.source_system,
  name       text NOT NULL,
  name_en    text NOT NULL,
  condition  jsonpath NOT NULL,
  category   text NOT NULL REFERENCES liskeban.category,
  department text REFERENCES liskeban.department,
  difficulty liskeban.difficulty,
  severity   text NOT NULL DEFAULT 'general',
  steps      integer[],
  burst      integer NOT NULL DEFAULT 5,
  retired_at timestamptz,
  CONSTRAINT hazard_rule_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT hazard_rule_severity_check CHECK (severity IN ('general', 'major')),
  CONSTRAINT hazard_rule_steps_check CHECK (pg_catalog.cardinality(steps) > 0 AND pg_catalog.array_ndims(steps) = 1 AND pg_catalog.array_position(steps, NULL) IS NULL),
  CONSTRAINT hazard_rule_burst_check CHECK (burst BETWEEN 0 AND 10000)
);
COMMENT ON TABLE liskeban.hazard_rule IS '隐患规则 which signal is a hazard: of the rules of its source in force the first whose condition holds, by priority, then code';
COMMENT ON COLUMN liskeban.hazard_rule.code IS '代码 key';
COMMENT ON COLUMN liskeban.hazard_rule.priority IS '次序 the lowest number is tried first';
COMMENT ON COLUMN liskeban.hazard_rule.chain IS '链条 hazard_chain that it sets off';
COMMENT ON COLUMN liskeban.hazard_rule.source IS '来源系统 whose signals it is held against';
COMMENT ON COLUMN liskeban.hazard_rule.name IS '名称 what the hazard is, in Chinese; the title of its ticket';
COMMENT ON COLUMN liskeban.hazard_rule.name_en IS '英文名称 the same in English';
COMMENT ON COLUMN liskeban.hazard_rule.condition IS '条件 jsonpath over the signal that is true or false, such as $.ppm > 500; like_regex without back-references, which may take for ever';
COMMENT ON COLUMN liskeban.hazard_rule.category IS '事项 of the ticket';
COMMENT ON COLUMN liskeban.hazard_rule.department IS '承办部门 that the ticket is dispatched to; NULL the object''s, else the chain''s';
COMMENT ON COLUMN liskeban.hazard_rule.difficulty IS '难度 of the ticket; NULL the category''s';
COMMENT ON COLUMN liskeban.hazard_rule.severity IS '隐患等级 general 一般, major 重大: listed for supervision by name (挂牌督办) as soon as it is found';
COMMENT ON COLUMN liskeban.hazard_rule.steps IS '步骤 which steps of the chain it takes; NULL all';
COMMENT ON COLUMN liskeban.hazard_rule.burst IS '风暴阈值 tickets that the devices of one gateway may open by it within a minute; what others of them say meanwhile is counted on one ticket, the gateway''s';
COMMENT ON COLUMN liskeban.hazard_rule.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.hazard_object (
  object_id     bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  chain         text NOT NULL REFERENCES liskeban.hazard_chain,
  code          text NOT NULL,
  name          text NOT NULL,
  address       text,
  area          liskeban.area_code REFERENCES liskeban.area,
  geom          geometry(Point, 4490),
  department    text REFERENCES liskeban.department,
  devices       text[] NOT NULL DEFAULT '{}',
  facts         jsonb NOT NULL DEFAULT '{}',
  registered_at timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  retired_at    timestamptz,
  CONSTRAINT hazard_object_code_key UNIQUE (chain, code),
  CONSTRAINT hazard_object_code_check CHECK (code <> ''),
  CONSTRAINT hazard_object_name_check CHECK (name <> ''),
  CONSTRAINT hazard_object_devices_check CHECK (pg_catalog.array_position(devices, NULL) IS NULL),
  CONSTRAINT hazard_object_facts_check CHECK (pg_catalog.jsonb_typeof(facts) = 'object')
);
CREATE INDEX hazard_object_devices_idx ON liskeban.hazard_object USING gin (devices);
CREATE INDEX hazard_object_area_idx ON liskeban.hazard_object (area);
CREATE INDEX hazard_object_department_idx ON liskeban.hazard_object (department) WHERE department IS NOT NULL;
CREATE INDEX hazard_object_geom_idx ON liskeban.hazard_object USING gist (geom);
COMMENT ON TABLE liskeban.hazard_object IS '监管对象（一户一档） the register: one gas user, one charging site, one hidden workshop, one chemical plant, one high-rise, one wall is one record, on which its hazards stand; premises, no persons. Retired, never deleted';
COMMENT ON COLUMN liskeban.hazard_object.object_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.hazard_object.chain IS '链条 hazard_chain whose register it stands in';
COMMENT ON COLUMN liskeban.hazard_object.code IS '登记号 its number in the register, unique in the chain; a signal may name it as object';
COMMENT ON COLUMN liskeban.hazard_object.name IS '名称 of the premises';
COMMENT ON COLUMN liskeban.hazard_object.address IS '地址 of the premises';
COMMENT ON COLUMN liskeban.hazard_object.area IS '所在区域 where it lies; that of geom unless given';
COMMENT ON COLUMN liskeban.hazard_object.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.hazard_object.department IS '主管部门 department that supervises it; NULL the chain''s';
COMMENT ON COLUMN liskeban.hazard_object.devices IS '设备 devices whose signals are about it';
COMMENT ON COLUMN liskeban.hazard_object.facts IS '档案 what else is known of it: floors, storage, permits, …';
COMMENT ON COLUMN liskeban.hazard_object.registered_at IS '登记时间 when it was entered';
COMMENT ON COLUMN liskeban.hazard_object.retired_at IS '注销时间 when it was struck off; NULL in force';

CREATE TABLE liskeban.hazard (
  hazard_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id    bigint NOT NULL,
  chain        text NOT NULL REFERENCES liskeban.hazard_chain,
  rule         text REFERENCES liskeban.hazard_rule,
  object_id    bigint REFERENCES liskeban.hazard_object,
  severity     text NOT NULL,
  steps        integer[] NOT NULL,
  source       text NOT NULL,
  device       text,
  gateway      text,
  storm        boolean NOT NULL DEFAULT false,
  area         liskeban.area_code,
  geom         geometry(Point, 4490),
  opened_at    timestamptz NOT NULL,
  closed_at    timestamptz,
  outcome      text,
  signals_gone bigint NOT NULL DEFAULT 0,
  listed_at    timestamptz,
  listed_name  text,
  listed_by    text,
  listed_until timestamptz,
  delisted_at  timestamptz,
  delisted_by  text,
  CONSTRAINT hazard_ticket_id_key UNIQUE (ticket_id),
  CONSTRAINT hazard_severity_check CHECK (severity IN ('general', 'major')),
  CONSTRAINT hazard_outcome_check CHECK (outcome IN ('closed', 'withdrawn', 'rejected', 'merged')),
  CONSTRAINT hazard_closed_check CHECK ((closed_at IS NULL) = (outcome IS NULL)),
  CONSTRAINT hazard_storm_check CHECK (NOT storm OR gateway IS NOT NULL AND device IS NULL),
  CONSTRAINT hazard_listed_check CHECK (pg_catalog.num_nulls(listed_at, listed_name, listed_by, listed_until) IN (0, 4)),
  CONSTRAINT hazard_delisted_check CHECK (pg_catalog.num_nulls(delisted_at, delisted_by) IN (0, 2) AND (delisted_at IS NULL OR listed_at IS NOT NULL))
);
CREATE UNIQUE INDEX hazard_one_of_device ON liskeban.hazard (source, chain, device) WHERE closed_at IS NULL AND device IS NOT NULL;
CREATE UNIQUE INDEX hazard_one_of_gateway ON liskeban.hazard (source, chain, gateway) WHERE closed_at IS NULL AND storm;
CREATE INDEX hazard_of_gateway_idx ON liskeban.hazard (source, gateway, opened_at) WHERE gateway IS NOT NULL;
CREATE INDEX hazard_object_id_idx ON liskeban.hazard (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX hazard_listed_idx ON liskeban.hazard (listed_at) WHERE listed_at IS NOT NULL AND delisted_at IS NULL;
-- Of those with a place only: else it is the cheapest way to any open one while there are none, and a session keeps to that plan.
CREATE INDEX hazard_geom_idx ON liskeban.hazard USING gist (geom) WHERE closed_at IS NULL AND geom IS NOT NULL;
COMMENT ON TABLE liskeban.hazard IS '隐患 what a signal found, or somebody reported into a chain: one row for each parent ticket of kind hazard; one open at a time for a device';
COMMENT ON COLUMN liskeban.hazard.hazard_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.hazard.ticket_id IS '工单编号 its ticket, of which the steps'' tickets are children';
COMMENT ON COLUMN liskeban.hazard.chain IS '链条 hazard_chain';
COMMENT ON COLUMN liskeban.hazard.rule IS '规则 hazard_rule that found it; NULL none did';
COMMENT ON COLUMN liskeban.hazard.object_id IS '对象 hazard_object it stands on; NULL not known';
COMMENT ON COLUMN liskeban.hazard.severity IS '隐患等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban.hazard.steps IS '步骤 the steps that it takes, in order, as its rule said when it was found';
COMMENT ON COLUMN liskeban.hazard.source IS '来源系统 that reported it';
COMMENT ON COLUMN liskeban.hazard.device IS '设备 whose signals are counted on it; NULL a storm, or no device';
COMMENT ON COLUMN liskeban.hazard.gateway IS '网关 by which its first signal came; NULL none was named';
COMMENT ON COLUMN liskeban.hazard.storm IS '信号风暴 whether it takes the signals of all devices of its gateway that are not counted elsewhere (hazard_rule.burst)';
COMMENT ON COLUMN liskeban.hazard.area IS '所在区域 of its ticket when it was found';
COMMENT ON COLUMN liskeban.hazard.geom IS '位置 of its ticket when it was found, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.hazard.opened_at IS '发现时间 when its ticket was made';
COMMENT ON COLUMN liskeban.hazard.closed_at IS '结束时间 when its ticket was closed, withdrawn, rejected or merged; NULL open';
COMMENT ON COLUMN liskeban.hazard.outcome IS '结果 closed 销号, withdrawn 撤回, rejected 不予受理, merged 并案; NULL open';
COMMENT ON COLUMN liskeban.hazard.signals_gone IS '已清理信号数 of its signals those that hazard_signal no longer has (drop_hazard_signals)';
COMMENT ON COLUMN liskeban.hazard.listed_at IS '挂牌时间 since when it is listed for supervision by name; NULL never was';
COMMENT ON COLUMN liskeban.hazard.listed_name IS '挂牌名称 the name it is listed by';
COMMENT ON COLUMN liskeban.hazard.listed_by IS '挂牌人 who listed it; "platform" by its rule';
COMMENT ON COLUMN liskeban.hazard.listed_until IS '整改期限 by when it is to be closed';
COMMENT ON COLUMN liskeban.hazard.delisted_at IS '摘牌时间 when it was taken off the list; NULL listed, or never was';
COMMENT ON COLUMN liskeban.hazard.delisted_by IS '摘牌人 who took it off';

CREATE TABLE liskeban.hazard_task (
  ticket_id bigint PRIMARY KEY,
  hazard_id bigint NOT NULL REFERENCES liskeban.hazard,
  step      integer NOT NULL,
  attempt   integer NOT NULL DEFAULT 1,
  kind      text NOT NULL,
  opened_at timestamptz NOT NULL,
  due       timestamptz NOT NULL,
  ended_at  timestamptz,
  outcome   text,
  CONSTRAINT hazard_task_key UNIQUE (hazard_id, step, attempt),
  CONSTRAINT hazard_task_kind_check CHECK (kind IN ('find', 'inspect', 'rectify', 'review', 'close')),
  CONSTRAINT hazard_task_outcome_check CHECK (outcome IN ('passed', 'failed', 'skipped')),
  CONSTRAINT hazard_task_ended_check CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX hazard_task_one_open ON liskeban.hazard_task (hazard_id) WHERE ended_at IS NULL;
COMMENT ON TABLE liskeban.hazard_task IS '步骤工单 the child tickets of hazards, each a step that was opened: one open at a time';
COMMENT ON COLUMN liskeban.hazard_task.ticket_id IS '工单编号 the child ticket';
COMMENT ON COLUMN liskeban.hazard_task.hazard_id IS '隐患 the hazard';
COMMENT ON COLUMN liskeban.hazard_task.step IS '步骤序号 as in hazard_step';
COMMENT ON COLUMN liskeban.hazard_task.attempt IS '次数 1, and one more each time a failed review goes back to it';
COMMENT ON COLUMN liskeban.hazard_task.kind IS '环节 find, inspect, rectify, review or close';
COMMENT ON COLUMN liskeban.hazard_task.opened_at IS '开始时间 when it was opened';
COMMENT ON COLUMN liskeban.hazard_task.due IS '时限 by when it was to be resolved when it was opened';
COMMENT ON COLUMN liskeban.hazard_task.ended_at IS '结束时间 when its ticket was closed or withdrawn; NULL open';
COMMENT ON COLUMN liskeban.hazard_task.outcome IS '结果 passed 通过, failed 复查未通过 (closed with solved = false), skipped 跳过 (withdrawn); NULL open';

-- No CHECK: PostgreSQL reads a table's anew for each statement, and each signal is one. Only C writes here, and
-- check_invariants() says whether outcome, hazard and reject agree.
CREATE TABLE liskeban.hazard_signal (
  signal_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  at        timestamptz NOT NULL,
  hazard_id bigint,
  reject_id bigint,
  source    text NOT NULL,
  rule      text,
  outcome   text NOT NULL,
  payload   jsonb,
  PRIMARY KEY (signal_id)
) PARTITION BY RANGE (signal_id);
CREATE INDEX hazard_signal_hazard_id_idx ON liskeban.hazard_signal (hazard_id, signal_id) WHERE hazard_id IS NOT NULL;
COMMENT ON TABLE liskeban.hazard_signal IS '信号流水 every signal that was received, with what became of it; written by receive_signal() alone, old ones go by partition (platform.signal_retention) and stay counted (hazard_signal_day, hazard.signals_gone)';
COMMENT ON COLUMN liskeban.hazard_signal.signal_id IS '编号 six digits of the district × 10^10 + n';
COMMENT ON COLUMN liskeban.hazard_signal.at IS '接收时间 when it was received';
COMMENT ON COLUMN liskeban.hazard_signal.hazard_id IS '隐患 the hazard that it made, or was counted on';
COMMENT ON COLUMN liskeban.hazard_signal.reject_id IS '隔离编号 its row of intake_reject; of one that is sent again the first''s';
COMMENT ON COLUMN liskeban.hazard_signal.source IS '来源系统 that sent it';
COMMENT ON COLUMN liskeban.hazard_signal.rule IS '规则 hazard_rule that it met; NULL none';
COMMENT ON COLUMN liskeban.hazard_signal.outcome IS '结果 ticketed 成单, attached 并入, ignored 规则忽略, quarantined 隔离';
COMMENT ON COLUMN liskeban.hazard_signal.payload IS '原文 what was sent; NULL where it stands in intake_reject; personal data may stand in it';

CREATE TABLE liskeban.hazard_signal_default PARTITION OF liskeban.hazard_signal DEFAULT;
COMMENT ON TABLE liskeban.hazard_signal_default IS '分区 of hazard_signal: what none was made for in time; make_partitions() moves it';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.hazard_signal_default
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.hazard_signal_default ENABLE ALWAYS TRIGGER history_kept;
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.hazard_signal
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.hazard_signal ENABLE ALWAYS TRIGGER history_kept;

CREATE TABLE liskeban.hazard_signal_day (
  day     date NOT NULL,
  source  text NOT NULL,
  outcome text NOT NULL,
  signals bigint NOT NULL,
  PRIMARY KEY (day, source, outcome),
  CONSTRAINT hazard_signal_day_outcome_check CHECK (outcome IN ('ticketed', 'attached', 'ignored', 'quarantined')),
  CONSTRAINT hazard_signal_day_signals_check CHECK (signals > 0)
);
COMMENT ON TABLE liskeban.hazard_signal_day IS '已清理信号计数 how many signals the dropped partitions of hazard_signal had, by day and outcome (kept by drop_hazard_signals)';
COMMENT ON COLUMN liskeban.hazard_signal_day.day IS '日期 day in the platform''s zone';
COMMENT ON COLUMN liskeban.hazard_signal_day.source IS '来源系统';
COMMENT ON COLUMN liskeban.hazard_signal_day.outcome IS '结果 as in hazard_signal';
COMMENT ON COLUMN liskeban.hazard_signal_day.signals IS '信号数';

-- The registry's discipline: every change of what signals are held against invalidates the caches, and nothing that hazards name goes away.
DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{theme,hazard_chain,hazard_step,hazard_rule}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_changed', registry);
  END LOOP;
  FOREACH registry IN ARRAY '{theme,hazard_chain,hazard_rule,hazard_object}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
  FOREACH registry IN ARRAY '{theme,hazard_chain,hazard_rule}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_key_kept BEFORE UPDATE ON liskeban.%I '
                              'FOR EACH ROW WHEN (OLD.code <> NEW.code) EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_key_kept', registry);
  END LOOP;
END
$$;

-- What would fail, or never end, at every signal fails here once.
CREATE FUNCTION liskeban._hazard_rule_checked() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown integer;
BEGIN
  IF NEW.condition::text ~ 'like_regex "(?:[^"\\]|\\.)*\\\\[1-9]' THEN
    RAISE EXCEPTION '%', liskeban.message('the condition of rule "%s" has a back-reference', NEW.code)
      USING ERRCODE = 'invalid_parameter_value', COLUMN = 'condition', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
            DETAIL = liskeban.message('Matching it may take for ever, and every signal of the source would wait.');
  END IF;
  BEGIN
    PERFORM jsonb_path_match('{}', NEW.condition);
  EXCEPTION WHEN singleton_sql_json_item_required THEN
    RAISE EXCEPTION '%', liskeban.message('the condition of rule "%s" is no predicate', NEW.code)
      USING ERRCODE = 'invalid_parameter_value', COLUMN = 'condition', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
            HINT = liskeban.message('Write what is true or false of a signal, such as $.ppm > 500 or exists($.alarm).');
  END;
  SELECT n INTO unknown FROM unnest(NEW.steps) AS n
   WHERE NOT EXISTS (SELECT FROM liskeban.hazard_step AS s WHERE s.chain = NEW.chain AND s.step = n) ORDER BY n LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('chain "%s" has no step %s', NEW.chain, unknown)
      USING ERRCODE = 'foreign_key_violation', COLUMN = 'steps', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._hazard_rule_checked() IS 'BEFORE ROW trigger of liskeban.hazard_rule: 22023 a condition that is no predicate or has a back-reference, 23503 a step that the chain does not have';
REVOKE ALL ON FUNCTION liskeban._hazard_rule_checked() FROM PUBLIC;
CREATE TRIGGER hazard_rule_checked BEFORE INSERT OR UPDATE ON liskeban.hazard_rule
  FOR EACH ROW EXECUTE FUNCTION liskeban._hazard_rule_checked();
ALTER TABLE liskeban.hazard_rule ENABLE ALWAYS TRIGGER hazard_rule_checked;

CREATE FUNCTION liskeban._hazard_object_placed() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.area := (SELECT p.area FROM liskeban.place(NEW.geom) AS p);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._hazard_object_placed() IS 'BEFORE ROW trigger of liskeban.hazard_object: area is where geom lies, unless it is given';
REVOKE ALL ON FUNCTION liskeban._hazard_object_placed() FROM PUBLIC;
CREATE TRIGGER hazard_object_placed BEFORE INSERT OR UPDATE OF geom ON liskeban.hazard_object
  FOR EACH ROW WHEN (NEW.geom IS NOT NULL AND NEW.area IS NULL) EXECUTE FUNCTION liskeban._hazard_object_placed();
ALTER TABLE liskeban.hazard_object ENABLE ALWAYS TRIGGER hazard_object_placed;
