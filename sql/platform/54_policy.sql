-- Policies that find the people they are for: rules over facts, who is entitled to what and why, and what came of it.

CREATE TABLE liskeban.scene (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz,
  CONSTRAINT scene_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$')
);
COMMENT ON TABLE liskeban.scene IS '场景 一件事一次办: items of several departments for which one applies at once';
COMMENT ON COLUMN liskeban.scene.code IS '代码 key';
COMMENT ON COLUMN liskeban.scene.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.scene.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.scene.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.policy (
  code                text PRIMARY KEY,
  name                text NOT NULL,
  name_en             text NOT NULL,
  scene               text REFERENCES liskeban.scene,
  department          text NOT NULL REFERENCES liskeban.department,
  legal_basis         text NOT NULL,
  eligibility         jsonpath NOT NULL,
  attributes          text[] NOT NULL,
  conditions          jsonpath[] NOT NULL DEFAULT '{}',
  amount              numeric,
  amount_is_sample    boolean NOT NULL DEFAULT true,
  period              text NOT NULL,
  documents           text[] NOT NULL DEFAULT '{}',
  without_application boolean NOT NULL DEFAULT false,
  raises_ticket       boolean NOT NULL DEFAULT true,
  valid_from          date NOT NULL DEFAULT '2000-01-01',
  valid_to            date,
  version             integer NOT NULL DEFAULT 1,
  CONSTRAINT policy_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$' AND code NOT IN ('contact', 'feedback', 'verify', 'inspection', 'anonymise')),
  CONSTRAINT policy_legal_basis_check CHECK (legal_basis <> ''),
  CONSTRAINT policy_eligibility_check CHECK (length(eligibility::text) <= 4000),
  CONSTRAINT policy_amount_check CHECK (amount >= 0),
  CONSTRAINT policy_period_check CHECK (period IN ('month', 'year', 'once')),
  CONSTRAINT policy_valid_check CHECK (valid_to >= valid_from AND isfinite(valid_from) AND isfinite(valid_to))
);
COMMENT ON TABLE liskeban.policy IS '政策 what a resident of whom the rule holds is entitled to';
COMMENT ON COLUMN liskeban.policy.code IS '代码 key, and the purpose for which residents are read';
COMMENT ON COLUMN liskeban.policy.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.policy.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.policy.scene IS '场景 what it is applied for together with';
COMMENT ON COLUMN liskeban.policy.department IS '主管部门 department that decides';
COMMENT ON COLUMN liskeban.policy.legal_basis IS '法律依据 law or decision that it rests on';
COMMENT ON COLUMN liskeban.policy.eligibility IS '资格条件 a predicate of jsonpath over the facts of a resident, such as $.age >= 80 && $.local_register == true';
COMMENT ON COLUMN liskeban.policy.attributes IS '所用属性 what the rule may read; a row of purpose allows each';
COMMENT ON COLUMN liskeban.policy.conditions IS '各项条件 the rule is that all of these hold (maintained)';
COMMENT ON COLUMN liskeban.policy.amount IS '金额 yuan a period; NULL where it is no sum, or depends';
COMMENT ON COLUMN liskeban.policy.amount_is_sample IS '金额为示例 whether the amount is an example that the district replaces';
COMMENT ON COLUMN liskeban.policy.period IS '发放周期 month, year or once';
COMMENT ON COLUMN liskeban.policy.documents IS '所需材料 papers to bring';
COMMENT ON COLUMN liskeban.policy.without_application IS '免申即享 whether it is granted as soon as it is found';
COMMENT ON COLUMN liskeban.policy.raises_ticket IS '派发走访 whether raise_policy_tickets() sends the village of the home';
COMMENT ON COLUMN liskeban.policy.valid_from IS '施行日期 first day';
COMMENT ON COLUMN liskeban.policy.valid_to IS '终止日期 last day; NULL in force';
COMMENT ON COLUMN liskeban.policy.version IS '版次 counts the changes (maintained)';

CREATE TABLE liskeban.policy_version (
  policy     text REFERENCES liskeban.policy,
  version    integer,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  content    jsonb NOT NULL,
  PRIMARY KEY (policy, version)
);
COMMENT ON TABLE liskeban.policy_version IS '政策版次 every wording that a policy had';
COMMENT ON COLUMN liskeban.policy_version.policy IS '政策 the policy';
COMMENT ON COLUMN liskeban.policy_version.version IS '版次 1, 2, 3, …';
COMMENT ON COLUMN liskeban.policy_version.changed_at IS '时间 since when';
COMMENT ON COLUMN liskeban.policy_version.changed_by IS '修改人 who wrote it';
COMMENT ON COLUMN liskeban.policy_version.content IS '内容 the row';

CREATE TABLE liskeban.entitlement (
  entitlement_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  resident_id    bigint NOT NULL REFERENCES liskeban.resident,
  policy         text NOT NULL REFERENCES liskeban.policy,
  area           liskeban.area_code NOT NULL REFERENCES liskeban.area,
  department     text NOT NULL REFERENCES liskeban.department,
  since          date NOT NULL,
  until          date,
  state          text NOT NULL DEFAULT 'found',
  why            jsonb,
  ticket_id      bigint,
  notified_at    timestamptz,
  notified_by    text,
  applied_at     timestamptz,
  applied_by     text,
  decided_at     timestamptz,
  decided_by     text,
  note           text,
  CONSTRAINT entitlement_state_check CHECK (state IN ('found', 'notified', 'applied', 'granted', 'refused', 'lapsed')),
  CONSTRAINT entitlement_until_check CHECK (until >= since),
  CONSTRAINT entitlement_lapsed_check CHECK (state <> 'lapsed' OR until IS NOT NULL),
  CONSTRAINT entitlement_open_check CHECK (until IS NULL OR state IN ('lapsed', 'refused')),
  CONSTRAINT entitlement_decided_check CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (state NOT IN ('granted', 'refused') OR decided_at IS NOT NULL))
);
CREATE UNIQUE INDEX entitlement_open_key ON liskeban.entitlement (resident_id, policy) WHERE until IS NULL;
CREATE INDEX entitlement_resident_id_idx ON liskeban.entitlement (resident_id);
CREATE INDEX entitlement_ticket_id_idx ON liskeban.entitlement (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX entitlement_area_idx ON liskeban.entitlement (area, policy);
CREATE INDEX entitlement_found_idx ON liskeban.entitlement (since, entitlement_id) WHERE state = 'found' AND ticket_id IS NULL;
COMMENT ON TABLE liskeban.entitlement IS '应享待遇 who is entitled to what, since when, why, and what came of it; kept by match_policies() and the functions of its steps';
COMMENT ON COLUMN liskeban.entitlement.entitlement_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.entitlement.resident_id IS '居民编号 resident';
COMMENT ON COLUMN liskeban.entitlement.policy IS '政策 policy';
COMMENT ON COLUMN liskeban.entitlement.area IS '住所区域 where the home is';
COMMENT ON COLUMN liskeban.entitlement.department IS '主管部门 of the policy when it was found';
COMMENT ON COLUMN liskeban.entitlement.since IS '符合之日 the first day on which the rule held';
COMMENT ON COLUMN liskeban.entitlement.until IS '终止之日 the first day on which it no longer does; NULL it holds';
COMMENT ON COLUMN liskeban.entitlement.state IS '状态 found 发现, notified 已告知, applied 已申请, granted 已享受, refused 不予, lapsed 终止';
COMMENT ON COLUMN liskeban.entitlement.why IS '缘由 found, granted and lapsed: the day, the version of the policy, each condition with the facts that it read, their sources and dates; personal data, cleared with the resident';
COMMENT ON COLUMN liskeban.entitlement.ticket_id IS '工单编号 ticket of kind policy that sends the village';
COMMENT ON COLUMN liskeban.entitlement.notified_at IS '告知时间 when the resident was told';
COMMENT ON COLUMN liskeban.entitlement.notified_by IS '告知人 by whom';
COMMENT ON COLUMN liskeban.entitlement.applied_at IS '申请时间 when it was applied for';
COMMENT ON COLUMN liskeban.entitlement.applied_by IS '代办人 who took the application';
COMMENT ON COLUMN liskeban.entitlement.decided_at IS '决定时间 when it was granted or refused';
COMMENT ON COLUMN liskeban.entitlement.decided_by IS '决定人 by whom; platform where no application is needed';
COMMENT ON COLUMN liskeban.entitlement.note IS '备注 what was said with the last step; personal data may stand here';

-- What is to be matched anew. Rows are appended, never changed, and match_policies() takes those that it sees: who commits
-- later is seen by the next.
CREATE TABLE liskeban.match_pending (
  pending_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resident_id bigint,
  policy      text,
  CONSTRAINT match_pending_one_check CHECK (pg_catalog.num_nonnulls(resident_id, policy) = 1)
);
COMMENT ON TABLE liskeban.match_pending IS '待匹配 residents and policies that changed since match_policies() last ran';
COMMENT ON COLUMN liskeban.match_pending.pending_id IS '编号 key';
COMMENT ON COLUMN liskeban.match_pending.resident_id IS '居民编号 a resident whose facts changed';
COMMENT ON COLUMN liskeban.match_pending.policy IS '政策 a policy whose rule changed';

CREATE TABLE liskeban.match_state (
  one        boolean PRIMARY KEY DEFAULT true,
  matched_on date,
  CONSTRAINT match_state_one_check CHECK (one)
);
COMMENT ON TABLE liskeban.match_state IS '匹配进度 the day as of which match_policies() last ran';
COMMENT ON COLUMN liskeban.match_state.one IS '唯一 true';
COMMENT ON COLUMN liskeban.match_state.matched_on IS '匹配日 that day; NULL never';
INSERT INTO liskeban.match_state (one) VALUES (true) ON CONFLICT DO NOTHING;

-- ---- a policy is what it says, or it is not written ----

CREATE FUNCTION liskeban.policy_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  beyond text;
BEGIN
  SELECT string_agg(u.code, ', ' ORDER BY u.code) INTO beyond
    FROM unnest(liskeban._rule_attributes(NEW.eligibility)) AS u(code) WHERE u.code <> ALL (NEW.attributes);
  IF beyond IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the rule of policy "%s" reads what it does not declare: %s', NEW.code, beyond) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Declare it in attributes, and its ground in liskeban.purpose.');
  END IF;
  SELECT string_agg(u.code, ', ' ORDER BY u.code) INTO beyond
    FROM unnest(NEW.attributes) AS u(code) WHERE NOT EXISTS (SELECT FROM liskeban.attribute AS a WHERE a.code = u.code);
  IF beyond IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('attribute is not registered: %s', beyond) USING ERRCODE = 'foreign_key_violation';
  END IF;
  -- who takes a purpose away waits for this, or this for him
  LOCK TABLE liskeban.purpose IN SHARE MODE;
  PERFORM liskeban._require_purpose(NEW.code, NEW.attributes);
  NEW.conditions := liskeban._rule_conditions(NEW.eligibility);
  NEW.version := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE OLD.version + 1 END;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban.policy_guard() IS 'BEFORE trigger of liskeban.policy: the rule is a predicate (22023), reads what the policy declares (22023), which is registered (23503) and has a purpose (42501); keeps conditions and version';
REVOKE ALL ON FUNCTION liskeban.policy_guard() FROM PUBLIC;
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE ON liskeban.policy FOR EACH ROW EXECUTE FUNCTION liskeban.policy_guard();
ALTER TABLE liskeban.policy ENABLE ALWAYS TRIGGER policy_guard;

CREATE FUNCTION liskeban.policy_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.policy_version (policy, version, changed_at, changed_by, content)
  VALUES (NEW.code, NEW.version, liskeban.liskeban_now(), liskeban.actor(), to_jsonb(NEW) - 'code' - 'version' - 'conditions');
  IF TG_OP = 'INSERT' OR (NEW.eligibility::text, NEW.valid_from, NEW.valid_to) IS DISTINCT FROM (OLD.eligibility::text, OLD.valid_from, OLD.valid_to) THEN
    INSERT INTO liskeban.match_pending (policy) VALUES (NEW.code);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban.policy_changed() IS 'AFTER trigger of liskeban.policy: keeps policy_version, and has a changed rule matched';
REVOKE ALL ON FUNCTION liskeban.policy_changed() FROM PUBLIC;
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE ON liskeban.policy FOR EACH ROW EXECUTE FUNCTION liskeban.policy_changed();
ALTER TABLE liskeban.policy ENABLE ALWAYS TRIGGER policy_changed;

CREATE FUNCTION liskeban.purpose_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM liskeban.policy AS p WHERE p.code = OLD.policy AND OLD.attribute = ANY (p.attributes))
     AND (TG_OP = 'DELETE' OR (NEW.policy, NEW.attribute) <> (OLD.policy, OLD.attribute)) THEN
    RAISE EXCEPTION '%', liskeban.message('policy "%s" reads "%s"', OLD.policy, OLD.attribute) USING ERRCODE = 'restrict_violation',
      HINT = liskeban.message('Change the policy first: its rule, and its attributes.');
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION liskeban.purpose_guard() IS 'BEFORE trigger of liskeban.purpose: what a policy declares keeps its purpose (23001)';
REVOKE ALL ON FUNCTION liskeban.purpose_guard() FROM PUBLIC;
CREATE TRIGGER purpose_guard BEFORE UPDATE OR DELETE ON liskeban.purpose FOR EACH ROW EXECUTE FUNCTION liskeban.purpose_guard();
ALTER TABLE liskeban.purpose ENABLE ALWAYS TRIGGER purpose_guard;

-- Whose word goes first decides what holds, of everybody of whom somebody says it; what passes has its next day anew.
CREATE FUNCTION liskeban.attribute_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  trust constant jsonb := liskeban._trust();
  -- what changes after this one is still to be matched
  base_day constant date := coalesce((SELECT s.matched_on FROM liskeban.match_state AS s), liskeban._platform_today());
  passing record;
BEGIN
  SELECT p.* INTO passing FROM liskeban._passing() AS p;
  WITH ordered AS MATERIALIZED (
    SELECT r.resident_id, c.claims, liskeban._facts_in_force(c.claims) AS facts
      FROM liskeban.resident AS r
     CROSS JOIN LATERAL (SELECT liskeban._merged_claims(r.claims, '{}', trust) AS claims OFFSET 0) AS c
     WHERE c.claims <> r.claims
  ), written AS (
    UPDATE liskeban.resident AS r SET claims = o.claims, facts = o.facts, gone_on = liskeban._gone_on(o.facts), area = a.area, updated_at = liskeban.liskeban_now()
      FROM ordered AS o LEFT JOIN liskeban._homes() AS a ON a.said = o.facts ->> 'home_area'
     WHERE r.resident_id = o.resident_id
    RETURNING r.resident_id
  )
  INSERT INTO liskeban.match_pending (resident_id) SELECT w.resident_id FROM written AS w;
  UPDATE liskeban.resident AS r SET next_change = n.day
    FROM (SELECT k.resident_id, least(liskeban._facts_change(k.facts, passing.facts, passing.since, passing.months, base_day),
                                      CASE WHEN k.gone_on > base_day THEN k.gone_on END,
                                      CASE WHEN k.next_change <= base_day THEN k.next_change END) AS day
            FROM liskeban.resident AS k OFFSET 0) AS n
   WHERE n.resident_id = r.resident_id AND n.day IS DISTINCT FROM r.next_change;
  INSERT INTO liskeban.match_pending (policy)
  SELECT p.code FROM liskeban.policy AS p WHERE TG_TABLE_NAME = 'attribute' AND EXISTS (SELECT FROM liskeban.attribute AS a WHERE a.kind = 'passed' AND a.code = ANY (p.attributes));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban.attribute_changed() IS 'AFTER STATEMENT trigger of attribute and attribute_trust: what holds of each resident, and what is to be matched; reads every resident';
REVOKE ALL ON FUNCTION liskeban.attribute_changed() FROM PUBLIC;
CREATE TRIGGER attribute_changed AFTER UPDATE OR DELETE OR INSERT ON liskeban.attribute_trust FOR EACH STATEMENT EXECUTE FUNCTION liskeban.attribute_changed();
ALTER TABLE liskeban.attribute_trust ENABLE ALWAYS TRIGGER attribute_changed;
CREATE TRIGGER attribute_changed AFTER INSERT OR UPDATE ON liskeban.attribute FOR EACH STATEMENT EXECUTE FUNCTION liskeban.attribute_changed();
ALTER TABLE liskeban.attribute ENABLE ALWAYS TRIGGER attribute_changed;

-- ---- matching ----

-- Of each condition that holds (or does not) the facts that it read, as they stood.
CREATE FUNCTION liskeban._conditions_met(facts jsonb, claims jsonb, conditions jsonpath[], met boolean) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('condition', c.condition::text, 'facts', f.facts) ORDER BY c.nth), '[]')
    FROM unnest(_conditions_met.conditions) WITH ORDINALITY AS c(condition, nth)
   CROSS JOIN LATERAL (
     SELECT jsonb_object_agg(u.code, jsonb_build_object('value', _conditions_met.facts -> u.code, 'source', l.claim -> 'source', 'date', l.claim -> 'date')) AS facts
       FROM unnest(liskeban._rule_attributes(c.condition)) AS u(code)
       LEFT JOIN liskeban.attribute AS a ON a.code = u.code
      CROSS JOIN LATERAL (SELECT _conditions_met.claims -> coalesce(a.since, u.code) -> 0 AS claim) AS l) AS f
   WHERE coalesce(_conditions_met.facts OPERATOR(pg_catalog.@@) c.condition, false) = _conditions_met.met
$$;
COMMENT ON FUNCTION liskeban._conditions_met(jsonb, jsonb, jsonpath[], boolean) IS 'the conditions that hold, or that do not, each with the facts that it reads, their sources and dates';
REVOKE ALL ON FUNCTION liskeban._conditions_met(jsonb, jsonb, jsonpath[], boolean) FROM PUBLIC;

-- The one step: what is found and what ends on a day, of these residents (NULL: all) and these policies. Only what differs
-- from what stands is gathered, so its cost is that of looking.
CREATE FUNCTION liskeban._match(day date, residents bigint[], policies text[], OUT entitled bigint, OUT lapsed bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  EXECUTE format($sql$
    WITH person AS (
      SELECT r.resident_id, r.area, r.gone_on, r.claims, liskeban._facts_on(r.facts, p.facts, p.since, p.months, $1) AS facts
        FROM liskeban._passing() AS p CROSS JOIN %s OFFSET 0
    ), outcome AS MATERIALIZED (
      SELECT r.resident_id, r.area, p.code, p.department, p.without_application, e.entitlement_id, q.holds,
             CASE WHEN r.gone_on <= $1 THEN greatest(e.since, r.gone_on) ELSE $1 END AS ended_on,
             CASE WHEN e.entitlement_id IS NULL OR NOT q.holds THEN
               jsonb_build_object('day', $1, 'version', p.version, 'conditions', liskeban._conditions_met(r.facts, r.claims, p.conditions, q.holds))
               || CASE WHEN q.holds THEN '{}' ELSE jsonb_build_object('reason',
                    CASE WHEN r.gone_on <= $1 THEN CASE WHEN (r.facts ->> 'died_on')::date = r.gone_on THEN 'died' ELSE 'moved_away' END
                         WHEN r.area IS NULL THEN 'moved_away'
                         WHEN NOT ($1 >= p.valid_from AND ($1 <= p.valid_to) IS NOT FALSE) THEN 'policy_ended'
                         ELSE 'conditions' END) END END AS why
        FROM person AS r
       CROSS JOIN liskeban.policy AS p
       CROSS JOIN LATERAL (SELECT r.area IS NOT NULL AND (r.gone_on <= $1) IS NOT TRUE AND $1 >= p.valid_from AND ($1 <= p.valid_to) IS NOT FALSE
                                  AND coalesce(r.facts OPERATOR(pg_catalog.@@) p.eligibility, false) AS holds OFFSET 0) AS q
        LEFT JOIN liskeban.entitlement AS e ON e.resident_id = r.resident_id AND e.policy = p.code AND e.until IS NULL
       WHERE p.code = ANY ($3)
         AND (q.holds <> (e.entitlement_id IS NOT NULL) OR q.holds AND NOT e.area OPERATOR(liskeban.=) r.area)
    ), ended AS (
      UPDATE liskeban.entitlement AS e
         SET state = CASE e.state WHEN 'refused' THEN 'refused' ELSE 'lapsed' END, until = o.ended_on,
             why = e.why || jsonb_build_object('lapsed', o.why)
        FROM outcome AS o WHERE e.entitlement_id = o.entitlement_id AND NOT o.holds
      RETURNING 1
    ), moved AS (
      UPDATE liskeban.entitlement AS e SET area = o.area FROM outcome AS o WHERE e.entitlement_id = o.entitlement_id AND o.holds
    ), made AS (
      INSERT INTO liskeban.entitlement (resident_id, policy, area, department, since, state, why, decided_at, decided_by)
      SELECT o.resident_id, o.code, o.area, o.department, $1, CASE WHEN o.without_application THEN 'granted' ELSE 'found' END,
             jsonb_build_object('found', o.why) || CASE WHEN o.without_application THEN jsonb_build_object('granted', o.why) ELSE '{}' END,
             CASE WHEN o.without_application THEN liskeban.liskeban_now() END, CASE WHEN o.without_application THEN 'platform' END
        FROM outcome AS o WHERE o.entitlement_id IS NULL
       ORDER BY o.resident_id, o.code
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM ended)
  $sql$, CASE WHEN residents IS NULL THEN 'liskeban.resident AS r'
              ELSE '(SELECT DISTINCT u.id FROM unnest($2) AS u(id)) AS u JOIN liskeban.resident AS r ON r.resident_id = u.id' END)
    INTO entitled, lapsed USING day, residents, policies;
END
$$;
COMMENT ON FUNCTION liskeban._match(date, bigint[], text[]) IS 'finds and ends entitlements as of a day, of these residents (NULL: all) under these policies; how many of each';
REVOKE ALL ON FUNCTION liskeban._match(date, bigint[], text[]) FROM PUBLIC;

CREATE FUNCTION liskeban._next_changes(residents bigint[], day date) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  UPDATE liskeban.resident AS r SET next_change = n.next_change
    FROM (SELECT k.resident_id, least(liskeban._facts_change(k.facts, p.facts, p.since, p.months, _next_changes.day), CASE WHEN k.gone_on > _next_changes.day THEN k.gone_on END) AS next_change
            FROM liskeban._passing() AS p CROSS JOIN unnest(residents) AS u(id) JOIN liskeban.resident AS k ON k.resident_id = u.id OFFSET 0) AS n
   WHERE n.resident_id = r.resident_id AND n.next_change IS DISTINCT FROM r.next_change
$$;
COMMENT ON FUNCTION liskeban._next_changes(bigint[], date) IS 'the next day after that one on which something changes by time alone, of these residents';
REVOKE ALL ON FUNCTION liskeban._next_changes(bigint[], date) FROM PUBLIC;

CREATE FUNCTION liskeban.match_policies(as_of date DEFAULT NULL, OUT entitled bigint, OUT lapsed bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  day constant date := coalesce(as_of, liskeban._platform_today());
  matched date;
  next date;
  changed text[];
  turned text[];
  others text[];
  residents bigint[] := '{}'::bigint[];
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION '%', liskeban.message('policies are matched under READ COMMITTED only') USING ERRCODE = 'active_sql_transaction';
  END IF;
  -- one at a time
  SELECT s.matched_on INTO matched FROM liskeban.match_state AS s FOR UPDATE;
  IF day > liskeban._platform_today() OR NOT isfinite(day) THEN
    RAISE EXCEPTION '%', liskeban.message('day %s has not come yet', day) USING ERRCODE = 'invalid_parameter_value';
  ELSIF day < matched THEN
    RAISE EXCEPTION '%', liskeban.message('policies have been matched as of %s already', matched) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  entitled := 0;
  lapsed := 0;
  WITH taken AS (DELETE FROM liskeban.match_pending AS p WHERE p.policy IS NOT NULL RETURNING p.policy)
  SELECT coalesce(array_agg(p.code), '{}') INTO changed FROM liskeban.policy AS p
   WHERE matched IS NULL OR p.code IN (SELECT t.policy FROM taken AS t);

  -- Day by day what time alone brings: birthdays, and policies that begin or are over.
  WHILE matched IS NOT NULL LOOP
    next := least((SELECT min(r.next_change) FROM liskeban.resident AS r WHERE r.next_change <= day),
                  (SELECT min(b.turn) FROM liskeban.policy AS p CROSS JOIN LATERAL (VALUES (p.valid_from), (p.valid_to + 1)) AS b(turn)
                    WHERE b.turn > matched AND b.turn <= day AND p.code <> ALL (changed)));
    EXIT WHEN next IS NULL;
    next := greatest(next, matched);
    turned := ARRAY(SELECT p.code FROM liskeban.policy AS p
                     WHERE p.code <> ALL (changed) AND next > matched AND next IN (p.valid_from, p.valid_to + 1));
    others := ARRAY(SELECT p.code FROM liskeban.policy AS p WHERE p.code <> ALL (changed || turned));
    residents := ARRAY(SELECT r.resident_id FROM liskeban.resident AS r WHERE r.next_change <= next);
    IF residents <> '{}' THEN
      SELECT match_policies.entitled + m.entitled, match_policies.lapsed + m.lapsed INTO entitled, lapsed FROM liskeban._match(next, residents, others) AS m;
      PERFORM liskeban._next_changes(residents, next);
    END IF;
    IF turned <> '{}' THEN
      SELECT match_policies.entitled + m.entitled, match_policies.lapsed + m.lapsed INTO entitled, lapsed FROM liskeban._match(next, NULL, turned) AS m;
    END IF;
    matched := next;
  END LOOP;

  -- What was said of residents since, and rules that were changed. The day may be one before that on which it was said.
  IF matched IS NULL THEN
    DELETE FROM liskeban.match_pending AS p WHERE p.resident_id IS NOT NULL;
    PERFORM liskeban._next_changes(ARRAY(SELECT r.resident_id FROM liskeban.resident AS r), day);
  ELSE
    WITH taken AS (DELETE FROM liskeban.match_pending AS p WHERE p.resident_id IS NOT NULL RETURNING p.resident_id)
    SELECT coalesce(array_agg(DISTINCT t.resident_id), '{}') INTO residents FROM taken AS t;
    PERFORM liskeban._next_changes(residents, day);
  END IF;
  IF residents <> '{}' AND cardinality(changed) < (SELECT count(*) FROM liskeban.policy) THEN
    SELECT match_policies.entitled + m.entitled, match_policies.lapsed + m.lapsed INTO entitled, lapsed
      FROM liskeban._match(day, residents, ARRAY(SELECT p.code FROM liskeban.policy AS p WHERE p.code <> ALL (changed))) AS m;
  END IF;
  IF changed <> '{}' THEN
    SELECT match_policies.entitled + m.entitled, match_policies.lapsed + m.lapsed INTO entitled, lapsed FROM liskeban._match(day, NULL, changed) AS m;
  END IF;
  UPDATE liskeban.match_state AS s SET matched_on = day;
END
$$;
COMMENT ON FUNCTION liskeban.match_policies(date) IS '政策找人 find who is entitled to what as of a day (today), and end what no longer holds: residents whose facts changed since it last ran, those of whom a fact changes by time (a birthday, also of 29 February: 28 February where there is none), policies that changed, began or are over; the first time everybody. What time brings begins on its own day also when it is matched later; what was loaded, on the day of the match; death and moving away end it on their day. Any number at once, one after the other. Returns how many were found and lapsed. 22023 a day before the last one, or to come; 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.match_policies(date) FROM PUBLIC;

CREATE FUNCTION liskeban.try_policy(code text, eligibility jsonpath, as_of date DEFAULT NULL)
RETURNS TABLE (change text, area liskeban.area_code, resident_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  day constant date := coalesce(as_of, liskeban._platform_today());
  ruled liskeban.policy;
  beyond text;
BEGIN
  IF try_policy.code IS NULL OR try_policy.eligibility IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('code and eligibility must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_admin('try a policy');
  SELECT p.* INTO ruled FROM liskeban.policy AS p WHERE p.code = try_policy.code;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no policy "%s"', try_policy.code) USING ERRCODE = 'no_data_found';
  END IF;
  beyond := (SELECT string_agg(u.code, ', ' ORDER BY u.code) FROM unnest(liskeban._rule_attributes(try_policy.eligibility)) AS u(code) WHERE u.code <> ALL (ruled.attributes));
  IF beyond IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the rule of policy "%s" reads what it does not declare: %s', try_policy.code, beyond) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Declare it in attributes, and its ground in liskeban.purpose.');
  END IF;
  -- a rule may be written to find out who is what
  PERFORM liskeban._log_access(NULL, try_policy.code, liskeban._without_numbers('try_policy ' || try_policy.eligibility::text));
  RETURN QUERY
  SELECT CASE WHEN q.holds THEN 'gains' ELSE 'loses' END, coalesce(r.area, e.area), r.resident_id
    FROM (SELECT k.resident_id, k.area, k.gone_on, liskeban._facts_on(k.facts, p.facts, p.since, p.months, day) AS facts
            FROM liskeban._passing() AS p CROSS JOIN liskeban.resident AS k OFFSET 0) AS r
   CROSS JOIN LATERAL (SELECT r.area IS NOT NULL AND (r.gone_on <= day) IS NOT TRUE AND day >= ruled.valid_from AND (day <= ruled.valid_to) IS NOT FALSE
                              AND coalesce(r.facts OPERATOR(pg_catalog.@@) try_policy.eligibility, false) AS holds OFFSET 0) AS q
    LEFT JOIN liskeban.entitlement AS e ON e.resident_id = r.resident_id AND e.policy = try_policy.code AND e.until IS NULL
   WHERE q.holds <> (e.entitlement_id IS NOT NULL)
   ORDER BY 1, 3;
END
$$;
COMMENT ON FUNCTION liskeban.try_policy(text, jsonpath, date) IS '政策试算 who would gain and who would lose if this were the rule of the policy, as of a day (today), against what stands; changes nothing. A reading: a row of liskeban.access_log, with the rule. For administrators (42501). P0002 no such policy, 22023 no rule, or one that reads what the policy does not declare, or a day that is none, 22004 NULL, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.try_policy(text, jsonpath, date) FROM PUBLIC;

-- ---- what comes of it ----

-- Of the area, or a department above the policy's, or of the whole district.
CREATE FUNCTION liskeban._resident_in_reach(area liskeban.area_code, policy text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(0 >= liskeban.scope_from(), false) OR coalesce(liskeban.unit_in_scope(_resident_in_reach.area, NULL), false)
         OR EXISTS (SELECT FROM liskeban.policy AS p WHERE p.code = _resident_in_reach.policy AND p.department = ANY (liskeban.scope_answered()))
$$;
COMMENT ON FUNCTION liskeban._resident_in_reach(liskeban.area_code, text) IS 'whether the actor answers for the home of a resident, or for the department of the policy';
REVOKE ALL ON FUNCTION liskeban._resident_in_reach(liskeban.area_code, text) FROM PUBLIC;

CREATE FUNCTION liskeban._entitlement(entitlement_id bigint) RETURNS liskeban.entitlement
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e liskeban.entitlement;
BEGIN
  IF entitlement_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('entitlement_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT k.* INTO e FROM liskeban.entitlement AS k WHERE k.entitlement_id = _entitlement.entitlement_id FOR UPDATE;
  IF e.entitlement_id IS NULL OR NOT liskeban._resident_in_reach(e.area, e.policy) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no entitlement %s', entitlement_id) USING ERRCODE = 'no_data_found';
  END IF;
  RETURN e;
END
$$;
COMMENT ON FUNCTION liskeban._entitlement(bigint) IS 'the entitlement, locked; P0002 none within the actor''s reach, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban._entitlement(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._require_state(e liskeban.entitlement, states text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF e.until IS NOT NULL OR e.state <> ALL (states) THEN
    RAISE EXCEPTION '%', liskeban.message('entitlement %s is %s', e.entitlement_id, CASE WHEN e.until IS NULL THEN e.state ELSE 'over' END)
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = liskeban.message('It must be one of: %s.', array_to_string(states, ', '));
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_state(liskeban.entitlement, text[]) IS '55000 unless the entitlement holds and is in one of these states';
REVOKE ALL ON FUNCTION liskeban._require_state(liskeban.entitlement, text[]) FROM PUBLIC;

CREATE FUNCTION liskeban.notify_entitlement(entitlement_id bigint, note text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_state(liskeban._entitlement(entitlement_id), '{found}');
  UPDATE liskeban.entitlement AS e SET state = 'notified', notified_at = liskeban.liskeban_now(), notified_by = liskeban.actor(), note = liskeban._without_numbers(notify_entitlement.note)
   WHERE e.entitlement_id = notify_entitlement.entitlement_id;
END
$$;
COMMENT ON FUNCTION liskeban.notify_entitlement(bigint, text) IS '告知 the resident has been told. P0002 none within the actor''s reach, 22004 NULL, 55000 not found, or over';
REVOKE ALL ON FUNCTION liskeban.notify_entitlement(bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban.apply_entitlement(entitlement_id bigint, note text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_state(liskeban._entitlement(entitlement_id), '{found,notified}');
  UPDATE liskeban.entitlement AS e SET state = 'applied', applied_at = liskeban.liskeban_now(), applied_by = liskeban.actor(), note = liskeban._without_numbers(apply_entitlement.note)
   WHERE e.entitlement_id = apply_entitlement.entitlement_id;
END
$$;
COMMENT ON FUNCTION liskeban.apply_entitlement(bigint, text) IS '申请 the resident applies. P0002 none within the actor''s reach, 22004 NULL, 55000 applied for already, or over';
REVOKE ALL ON FUNCTION liskeban.apply_entitlement(bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban.apply_scene(resident_id bigint, scene text, note text DEFAULT NULL) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item bigint;
  items integer := 0;
BEGIN
  IF resident_id IS NULL OR scene IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('resident_id and scene must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  FOR item IN
    SELECT e.entitlement_id FROM liskeban.entitlement AS e JOIN liskeban.policy AS p ON p.code = e.policy
     WHERE e.resident_id = apply_scene.resident_id AND p.scene = apply_scene.scene AND e.until IS NULL AND e.state IN ('found', 'notified')
       AND liskeban._resident_in_reach(e.area, e.policy)
     ORDER BY e.entitlement_id
  LOOP
    PERFORM liskeban.apply_entitlement(item, note);
    items := items + 1;
    RETURN NEXT item;
  END LOOP;
  IF items = 0 THEN
    RAISE EXCEPTION '%', liskeban.message('there is nothing in scene "%s" for resident %s to apply for', scene, resident_id) USING ERRCODE = 'no_data_found';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.apply_scene(bigint, text, text) IS '一件事一次办 one application for all that a resident is entitled to in a scene, of whichever department; returns each. P0002 nothing within the actor''s reach, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.apply_scene(bigint, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.decide_entitlement(entitlement_id bigint, granted boolean, note text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e constant liskeban.entitlement := liskeban._entitlement(entitlement_id);
  p liskeban.policy;
  person liskeban.resident;
  facts jsonb;
  today constant date := liskeban._platform_today();
BEGIN
  IF granted IS NULL OR note IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('granted and note must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(note) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('a decision has a reason') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM liskeban._require_state(e, '{applied}');
  IF NOT (coalesce(0 >= liskeban.scope_from(), false) OR coalesce(e.department = ANY (liskeban.scope_answered()), false)) THEN
    RAISE EXCEPTION '%', liskeban.message('entitlement %s is for department "%s" to decide', entitlement_id, e.department) USING ERRCODE = 'insufficient_privilege';
  ELSIF e.applied_by = liskeban.actor() THEN
    RAISE EXCEPTION '%', liskeban.message('who took the application does not decide on it') USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT k.* INTO p FROM liskeban.policy AS k WHERE k.code = e.policy;
  SELECT r.* INTO person FROM liskeban.resident AS r WHERE r.resident_id = e.resident_id;
  facts := (SELECT liskeban._facts_on(person.facts, n.facts, n.since, n.months, today) FROM liskeban._passing() AS n);
  IF granted AND ((facts OPERATOR(pg_catalog.@@) p.eligibility) IS NOT TRUE OR person.gone_on <= today OR person.area IS NULL
                  OR today < p.valid_from OR today > p.valid_to) THEN
    RAISE EXCEPTION '%', liskeban.message('the rule of policy "%s" no longer holds', e.policy) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('match_policies() says why.');
  END IF;
  UPDATE liskeban.entitlement AS k
     SET state = CASE WHEN granted THEN 'granted' ELSE 'refused' END, decided_at = liskeban.liskeban_now(), decided_by = liskeban.actor(), note = liskeban._without_numbers(decide_entitlement.note),
         why = CASE WHEN granted THEN k.why || jsonb_build_object('granted', jsonb_build_object('day', today, 'version', p.version,
                                         'conditions', liskeban._conditions_met(facts, person.claims, p.conditions, true))) ELSE k.why END
   WHERE k.entitlement_id = e.entitlement_id;
END
$$;
COMMENT ON FUNCTION liskeban.decide_entitlement(bigint, boolean, text) IS '决定 grant or refuse what was applied for, with a reason; what it was granted on is kept. By the policy''s department, by another than who took the application (42501). P0002 none within the actor''s reach, 22004 NULL, 22023 no reason, 55000 not applied for, or the rule no longer holds';
REVOKE ALL ON FUNCTION liskeban.decide_entitlement(bigint, boolean, text) FROM PUBLIC;

-- ---- said to a clerk ----

CREATE FUNCTION liskeban._rule_words() RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(a.code, jsonb_strip_nulls(jsonb_build_object('name', a.name, 'kind', a.kind, 'unit', a.unit, 'values', a."values"))), '{}') FROM liskeban.attribute AS a
$$;
COMMENT ON FUNCTION liskeban._rule_words() IS 'the words of _rule_text()';
REVOKE ALL ON FUNCTION liskeban._rule_words() FROM PUBLIC;

CREATE FUNCTION liskeban._fact_text(words jsonb, code text, fact jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(coalesce(words -> code ->> 'name', code),
                CASE jsonb_typeof(fact -> 'value')
                  WHEN 'boolean' THEN CASE WHEN (fact -> 'value')::boolean THEN '：是' ELSE '：否' END
                  WHEN 'number' THEN concat('：', fact ->> 'value', words -> code ->> 'unit')
                  WHEN 'string' THEN concat('：', coalesce(words -> code -> 'values' ->> (fact ->> 'value'), fact ->> 'value'))
                  WHEN 'array' THEN concat('：', (SELECT string_agg(coalesce(words -> code -> 'values' ->> v.value, v.value), '、' ORDER BY v.nth)
                                                    FROM jsonb_array_elements_text(fact -> 'value') WITH ORDINALITY AS v(value, nth)))
                  ELSE '：无记载' END,
                CASE WHEN fact ->> 'source' IS NOT NULL
                     THEN format('，据%s%s记载', (SELECT d.name FROM liskeban.department AS d WHERE d.code = fact ->> 'source'),
                                 to_char((fact ->> 'date')::date, 'YYYY年FMMM月FMDD日')) END)
$$;
COMMENT ON FUNCTION liskeban._fact_text(jsonb, text, jsonb) IS 'a fact of entitlement.why in Chinese';
REVOKE ALL ON FUNCTION liskeban._fact_text(jsonb, text, jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._conditions_text(words jsonb, conditions jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format('%s（%s）', liskeban._rule_text((c.value ->> 'condition')::jsonpath, words),
                           (SELECT string_agg(liskeban._fact_text(words, f.key, f.value), '；' ORDER BY f.key COLLATE "C") FROM jsonb_each(c.value -> 'facts') AS f)), '；' ORDER BY c.nth)
    FROM jsonb_array_elements(conditions) WITH ORDINALITY AS c(value, nth)
$$;
COMMENT ON FUNCTION liskeban._conditions_text(jsonb, jsonb) IS 'the conditions of entitlement.why in Chinese, each with its facts';
REVOKE ALL ON FUNCTION liskeban._conditions_text(jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._explained(e liskeban.entitlement) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(
    format('该居民自%s起符合“%s”（%s），因为：%s。', to_char(e.since, 'YYYY年FMMM月FMDD日'), v.content ->> 'name', v.content ->> 'legal_basis',
           liskeban._conditions_text(w.words, e.why -> 'found' -> 'conditions')),
    CASE WHEN v.content ->> 'amount' IS NOT NULL
         THEN format('标准：%s元／%s%s。', v.content ->> 'amount', CASE v.content ->> 'period' WHEN 'month' THEN '月' WHEN 'year' THEN '年' ELSE '次' END,
                     CASE WHEN (v.content ->> 'amount_is_sample')::boolean THEN '（示例）' ELSE '' END) END,
    CASE WHEN e.why ? 'granted'
         THEN format('%s%s，%s。', to_char((e.why -> 'granted' ->> 'day')::date, 'YYYY年FMMM月FMDD日'),
                     CASE WHEN e.decided_by = 'platform' THEN '免申即享' ELSE '批准享受' END,
                     CASE WHEN e.why -> 'granted' -> 'conditions' = e.why -> 'found' -> 'conditions' THEN '依据同上'
                     ELSE concat('当时：', liskeban._conditions_text(w.words, e.why -> 'granted' -> 'conditions')) END) END,
    CASE WHEN e.state = 'refused' THEN format('%s不予享受，理由：%s。', to_char(e.decided_at AT TIME ZONE p.time_zone, 'YYYY年FMMM月FMDD日'), e.note) END,
    CASE WHEN e.why ? 'lapsed'
         THEN format('自%s起终止，因为：%s。', to_char(e.until, 'YYYY年FMMM月FMDD日'),
                     CASE e.why -> 'lapsed' ->> 'reason' WHEN 'died' THEN '本人已去世' WHEN 'moved_away' THEN '本人已迁出' WHEN 'policy_ended' THEN '政策已终止'
                     ELSE concat('以下条件不再成立：', liskeban._conditions_text(w.words, e.why -> 'lapsed' -> 'conditions')) END) END)
    FROM liskeban.platform AS p CROSS JOIN (SELECT liskeban._rule_words() AS words) AS w
    JOIN liskeban.policy_version AS v ON v.policy = e.policy AND v.version = (e.why -> 'found' ->> 'version')::integer
$$;
COMMENT ON FUNCTION liskeban._explained(liskeban.entitlement) IS 'what explain_entitlement() says';
REVOKE ALL ON FUNCTION liskeban._explained(liskeban.entitlement) FROM PUBLIC;

CREATE FUNCTION liskeban.explain_entitlement(entitlement_id bigint, reason text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e constant liskeban.entitlement := liskeban._entitlement(entitlement_id);
BEGIN
  PERFORM liskeban._require_reading(e.policy, reason);
  PERFORM liskeban._log_access(NULL, e.policy, liskeban._without_numbers(reason), e.resident_id);
  RETURN liskeban._explained(e);
END
$$;
COMMENT ON FUNCTION liskeban.explain_entitlement(bigint, text) IS '待遇说明 why somebody is entitled, was granted it, or no longer is, in Chinese: each condition, the fact that met it, who said so and when; by the rule and the facts as they were then. A reading: a row of liskeban.access_log. P0002 none within the actor''s reach, 22004 NULL, 22023 no reason, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.explain_entitlement(bigint, text) FROM PUBLIC;

-- ---- tickets to the villages ----

CREATE FUNCTION liskeban.raise_policy_tickets(max_tickets integer DEFAULT 1000) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  chosen bigint[];
  made bigint[];
BEGIN
  IF max_tickets IS NULL OR max_tickets < 0 THEN
    RAISE EXCEPTION '%', liskeban.message('max_tickets must not be negative') USING ERRCODE = CASE WHEN max_tickets IS NULL THEN 'null_value_not_allowed' ELSE 'invalid_parameter_value' END;
  END IF;
  chosen := ARRAY(SELECT e.entitlement_id FROM liskeban.entitlement AS e JOIN liskeban.policy AS p ON p.code = e.policy AND p.raises_ticket
                   WHERE e.state = 'found' AND e.ticket_id IS NULL
                   ORDER BY e.since, e.entitlement_id LIMIT max_tickets FOR UPDATE OF e SKIP LOCKED);
  IF chosen = '{}' THEN
    RETURN 0;
  END IF;
  -- the platform's own, beside those of the seed
  INSERT INTO liskeban.source_system (code, name, name_en, kind) VALUES ('policy_match', '政策找人', 'Policy finds people', 'platform') ON CONFLICT DO NOTHING;
  INSERT INTO liskeban.category (code, name, name_en, domain, on_site) VALUES ('policy_visit', '政策找人走访', 'Visit about a policy', 'livelihood', false) ON CONFLICT DO NOTHING;
  WITH ticket AS (
    INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, title, description, geom, extra)
    SELECT 'policy', 'policy_match', e.entitlement_id::text, 'policy_visit', '政策找人：' || p.name,
           concat('本村有居民符合“', p.name, '”（', p.legal_basis, '），请上门告知并协助申请。', '所需材料：' || nullif(array_to_string(p.documents, '、'), '') || '。'),
           (SELECT ST_PointOnSurface(a.geom) FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) e.area AND NOT ST_IsEmpty(a.geom)),
           jsonb_build_object('entitlement_id', e.entitlement_id, 'resident_id', e.resident_id, 'policy', e.policy)
      FROM liskeban.entitlement AS e JOIN liskeban.policy AS p ON p.code = e.policy
     WHERE e.entitlement_id = ANY (chosen) ORDER BY e.entitlement_id
    RETURNING t.ticket_id, t.external_id
  ), linked AS (
    UPDATE liskeban.entitlement AS e SET ticket_id = t.ticket_id FROM ticket AS t WHERE e.entitlement_id = t.external_id::bigint
    RETURNING e.ticket_id
  )
  SELECT array_agg(l.ticket_id) INTO made FROM linked AS l;
  UPDATE liskeban.ticket AS t SET state = 'accepted' WHERE t.ticket_id = ANY (made) AND t.state = 'reported';
  -- unless a rule has dispatched it by then
  UPDATE liskeban.ticket AS t SET state = 'dispatched', responsible_area = e.area, note = '政策找人'
    FROM liskeban.entitlement AS e WHERE e.ticket_id = t.ticket_id AND t.ticket_id = ANY (made) AND t.state = 'accepted';
  RETURN cardinality(made);
END
$$;
COMMENT ON FUNCTION liskeban.raise_policy_tickets(integer) IS '政策走访派单 a ticket of kind policy, dispatched to the village of the home, for each entitlement that was found and has none yet, the oldest first, max_tickets at a time; it names nobody. Returns how many. As the rules of tickets let the caller. 22004 NULL, 22023 negative';
REVOKE ALL ON FUNCTION liskeban.raise_policy_tickets(integer) FROM PUBLIC;

-- ---- clearing ----

CREATE FUNCTION liskeban._clear_residents(before date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  cleared bigint[];
BEGIN
  WITH gone AS (
    UPDATE liskeban.resident AS r
       SET identity_hash = NULL, facts = '{}', claims = '{}', next_change = NULL, cleared_at = liskeban.liskeban_now()
     WHERE r.gone_on < before AND r.cleared_at IS NULL
       AND NOT EXISTS (SELECT FROM liskeban.entitlement AS e WHERE e.resident_id = r.resident_id AND (e.until IS NULL OR e.until >= before))
    RETURNING r.resident_id
  )
  SELECT coalesce(array_agg(g.resident_id), '{}') INTO cleared FROM gone AS g;
  UPDATE liskeban.entitlement AS e SET why = NULL, note = NULL WHERE e.resident_id = ANY (cleared);
  RETURN cardinality(cleared);
END
$$;
COMMENT ON FUNCTION liskeban._clear_residents(date) IS 'clears what is known of residents who died or moved away before that day, and to whom nothing has been due since; how many';
REVOKE ALL ON FUNCTION liskeban._clear_residents(date) FROM PUBLIC;
