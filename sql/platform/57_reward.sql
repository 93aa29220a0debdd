-- Rewards for clues (有奖上报): a citizen's clue is verified or refused; a valid one becomes a hazard ticket and, where it was
-- the first, a reward that is claimed by token within its time, once.
--
-- Who reported stands in liskeban.clue_reporter, which nobody is granted: read_clue_reporter() reads it for an administrator,
-- and each reading is noted. The ledger of rewards knows a token only; it is sealed as alarms are (66_ledger.sql). That
-- nothing is given twice, whoever asks at the same time, rests on its unique indexes, that no budget is passed on the CHECK
-- of the month's row, which each award updates.

CREATE TABLE liskeban.reward_tier (
  code         text PRIMARY KEY,
  name         text NOT NULL,
  name_en      text NOT NULL,
  amount       numeric(12,2) NOT NULL,
  claim_within interval NOT NULL DEFAULT '60 days',
  retired_at   timestamptz,
  CONSTRAINT reward_tier_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT reward_tier_amount_check CHECK (amount > 0),
  CONSTRAINT reward_tier_claim_within_check CHECK (claim_within > interval '0')
);
COMMENT ON TABLE liskeban.reward_tier IS '奖励等级 what a valid clue is worth';
COMMENT ON COLUMN liskeban.reward_tier.code IS '代码 key';
COMMENT ON COLUMN liskeban.reward_tier.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.reward_tier.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.reward_tier.amount IS '金额 yuan';
COMMENT ON COLUMN liskeban.reward_tier.claim_within IS '领取期限 how long after the award it may be claimed';
COMMENT ON COLUMN liskeban.reward_tier.retired_at IS '停用时间 when it was retired; NULL in force';
INSERT INTO liskeban.reward_tier (code, name, name_en, amount) VALUES
  ('minor',    '轻微隐患', 'Minor hazard',       50),
  ('general',  '一般隐患', 'General hazard',    200),
  ('serious',  '较大隐患', 'Serious hazard',   1000),
  ('major',    '重大隐患', 'Major hazard',     5000)
ON CONFLICT DO NOTHING;
CREATE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.reward_tier
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed();
ALTER TABLE liskeban.reward_tier ENABLE ALWAYS TRIGGER registry_kept;

CREATE TABLE liskeban.reward_budget (
  month   date PRIMARY KEY,
  cap     numeric(14,2) NOT NULL,
  awarded numeric(14,2) NOT NULL DEFAULT 0,
  CONSTRAINT reward_budget_month_check CHECK (extract(day FROM month) = 1),
  CONSTRAINT reward_budget_cap_check CHECK (cap >= 0),
  CONSTRAINT reward_budget_awarded_check CHECK (awarded >= 0 AND awarded <= cap)
);
COMMENT ON TABLE liskeban.reward_budget IS '奖励预算 how much may be awarded in a month; nothing where it has no row';
COMMENT ON COLUMN liskeban.reward_budget.month IS '月份 key: its first day, in the platform''s zone';
COMMENT ON COLUMN liskeban.reward_budget.cap IS '上限 yuan; may be lowered to what was awarded';
COMMENT ON COLUMN liskeban.reward_budget.awarded IS '已奖励 yuan awarded in the month (kept by award_clue); what lapses is not given again';

CREATE TABLE liskeban.clue (
  ticket_id   bigint PRIMARY KEY,
  chain       text NOT NULL REFERENCES liskeban.hazard_chain,
  reported_at timestamptz NOT NULL,
  decided_at  timestamptz,
  decided_by  text,
  valid       boolean,
  refusal     text,
  tier        text REFERENCES liskeban.reward_tier,
  hazard_ticket   bigint,
  CONSTRAINT clue_decided_check CHECK (pg_catalog.num_nulls(decided_at, decided_by, valid) IN (0, 3)),
  CONSTRAINT clue_refusal_check CHECK (refusal IN ('untrue', 'known', 'repeat', 'out_of_scope', 'unclear')),
  CONSTRAINT clue_refused_check CHECK ((refusal IS NOT NULL) = (valid IS FALSE)),
  CONSTRAINT clue_valid_check CHECK (pg_catalog.num_nonnulls(tier, hazard_ticket) = CASE WHEN valid THEN 2 ELSE 0 END)
);
CREATE INDEX clue_hazard_ticket_idx ON liskeban.clue (hazard_ticket) WHERE hazard_ticket IS NOT NULL;
CREATE INDEX clue_reported_at_idx ON liskeban.clue (reported_at);
COMMENT ON TABLE liskeban.clue IS '有奖线索 what citizens report of hazards, beside its ticket of kind clue, and what was found';
COMMENT ON COLUMN liskeban.clue.ticket_id IS '工单编号 key: the ticket of kind clue';
COMMENT ON COLUMN liskeban.clue.chain IS '链条 hazard_chain that it belongs to';
COMMENT ON COLUMN liskeban.clue.reported_at IS '上报时间 when the platform received it: the first counts';
COMMENT ON COLUMN liskeban.clue.decided_at IS '核查时间 when it was verified or refused; NULL open';
COMMENT ON COLUMN liskeban.clue.decided_by IS '核查人 who did';
COMMENT ON COLUMN liskeban.clue.valid IS '是否属实 NULL open';
COMMENT ON COLUMN liskeban.clue.refusal IS '不采纳理由 untrue 不属实, known 已掌握, repeat 重复, out_of_scope 不属范围, unclear 线索不清';
COMMENT ON COLUMN liskeban.clue.tier IS '奖励等级 reward_tier of a valid one';
COMMENT ON COLUMN liskeban.clue.hazard_ticket IS '隐患工单 the hazard ticket that a valid one became, or belongs to';

CREATE TABLE liskeban.clue_reporter (
  ticket_id     bigint NOT NULL REFERENCES liskeban.clue,
  nth           integer NOT NULL,
  token         uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  name          text,
  phone         text,
  phone_hash    bytea,
  anonymised_at timestamptz,
  PRIMARY KEY (ticket_id, nth),
  CONSTRAINT clue_reporter_token_key UNIQUE (token),
  CONSTRAINT clue_reporter_nth_check CHECK (nth > 0)
);
COMMENT ON TABLE liskeban.clue_reporter IS '线索上报人 who reported a clue: personal data that read_clue_reporter() alone gives';
COMMENT ON COLUMN liskeban.clue_reporter.ticket_id IS '线索 clue';
COMMENT ON COLUMN liskeban.clue_reporter.nth IS '署名顺序 of a joint report; the reward is the first signer''s';
COMMENT ON COLUMN liskeban.clue_reporter.token IS '领奖码 by which the ledger of rewards knows the reporter, and the reporter claims';
COMMENT ON COLUMN liskeban.clue_reporter.name IS '姓名 personal data; NULL anonymous';
COMMENT ON COLUMN liskeban.clue_reporter.phone IS '电话 personal data; NULL anonymous';
COMMENT ON COLUMN liskeban.clue_reporter.phone_hash IS '电话摘要 SHA-256 of the digits of phone (kept by a trigger)';
COMMENT ON COLUMN liskeban.clue_reporter.anonymised_at IS '匿名化时间 when name and phone were cleared (anonymise_before); NULL while they are there';
CREATE TRIGGER reporter_digest BEFORE INSERT OR UPDATE ON liskeban.clue_reporter
  FOR EACH ROW EXECUTE FUNCTION liskeban._reporter_digest();
ALTER TABLE liskeban.clue_reporter ENABLE ALWAYS TRIGGER reporter_digest;

CREATE TABLE liskeban.reward (
  reward_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  at         timestamptz NOT NULL,
  ticket_id  bigint NOT NULL REFERENCES liskeban.clue,
  kind       text NOT NULL,
  token      uuid NOT NULL,
  tier       text NOT NULL,
  amount     numeric(12,2) NOT NULL,
  month      date NOT NULL,
  hazard_ticket  bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  actor      text NOT NULL,
  login      text NOT NULL,
  CONSTRAINT reward_kind_check CHECK (kind IN ('award', 'payment', 'expiry')),
  CONSTRAINT reward_amount_check CHECK (amount > 0),
  CONSTRAINT reward_paid_in_time_check CHECK (kind <> 'payment' OR at < expires_at),
  CONSTRAINT reward_expired_check CHECK (kind <> 'expiry' OR at >= expires_at)
);
CREATE UNIQUE INDEX reward_one_a_clue ON liskeban.reward (ticket_id) WHERE kind = 'award';
CREATE UNIQUE INDEX reward_one_a_hazard ON liskeban.reward (hazard_ticket) WHERE kind = 'award';
CREATE UNIQUE INDEX reward_one_end ON liskeban.reward (ticket_id) WHERE kind <> 'award';
CREATE INDEX reward_token_idx ON liskeban.reward (token);
CREATE INDEX reward_month_idx ON liskeban.reward (month);
COMMENT ON TABLE liskeban.reward IS '奖励台账 the ledger: a row for each award, and one for its payment or its expiry; never changed or deleted, and sealed';
COMMENT ON COLUMN liskeban.reward.reward_id IS '编号 key, in the district''s range, in the order drawn';
COMMENT ON COLUMN liskeban.reward.at IS '时间 when';
COMMENT ON COLUMN liskeban.reward.ticket_id IS '线索 clue: one award, one payment or expiry';
COMMENT ON COLUMN liskeban.reward.kind IS '类别 award 奖励, payment 兑付, expiry 逾期作废';
COMMENT ON COLUMN liskeban.reward.token IS '领奖码 of the first signer';
COMMENT ON COLUMN liskeban.reward.tier IS '奖励等级 reward_tier';
COMMENT ON COLUMN liskeban.reward.amount IS '金额 yuan';
COMMENT ON COLUMN liskeban.reward.month IS '预算月份 month of the award';
COMMENT ON COLUMN liskeban.reward.hazard_ticket IS '隐患工单 the hazard: one award';
COMMENT ON COLUMN liskeban.reward.expires_at IS '领取截止 when the claim lapses';
COMMENT ON COLUMN liskeban.reward.actor IS '操作人 identity acted for (act_as), else the role; of an expiry the job''s';
COMMENT ON COLUMN liskeban.reward.login IS '登录名 session_user';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.reward
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.reward ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban._make_clue(ticket_id bigint, chain text, reporters jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  token uuid;
BEGIN
  IF NOT EXISTS (SELECT FROM liskeban.hazard_chain AS h WHERE h.code = _make_clue.chain) THEN
    RAISE EXCEPTION '%', liskeban.message('chain "%s" is not registered', chain) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.hazard_chain.');
  END IF;
  IF jsonb_typeof(reporters) <> 'array'
     OR EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof(reporters) = 'array' THEN reporters ELSE '[]' END) AS r(who) WHERE jsonb_typeof(r.who) <> 'object') THEN
    RAISE EXCEPTION '%', liskeban.message('reporters is no list of {"name", "phone"}') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO liskeban.clue (ticket_id, chain, reported_at)
  SELECT t.ticket_id, _make_clue.chain, t.received_at FROM liskeban.ticket AS t WHERE t.ticket_id = _make_clue.ticket_id;
  INSERT INTO liskeban.clue_reporter (ticket_id, nth, name, phone)
  SELECT _make_clue.ticket_id, r.nth, nullif(btrim(r.who ->> 'name'), ''), nullif(btrim(r.who ->> 'phone'), '')
    FROM jsonb_array_elements(CASE WHEN reporters = '[]' THEN '[{}]' ELSE reporters END) WITH ORDINALITY AS r(who, nth);
  SELECT r.token INTO STRICT token FROM liskeban.clue_reporter AS r WHERE r.ticket_id = _make_clue.ticket_id AND r.nth = 1;
  RETURN token;
END
$$;
COMMENT ON FUNCTION liskeban._make_clue(bigint, text, jsonb) IS 'the clue of a ticket and who reported it; returns the first signer''s token. 23503 no such chain, 22023 reporters is no list';
REVOKE ALL ON FUNCTION liskeban._make_clue(bigint, text, jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.report_clue(chain text, description text, geom geometry DEFAULT NULL, reporters jsonb DEFAULT '[]', category text DEFAULT 'uncategorised',
  address text DEFAULT NULL, source text DEFAULT NULL, OUT ticket_id bigint, OUT token uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  from_source text;
  problem text;
BEGIN
  IF num_nulls(chain, description, reporters, category) > 0 THEN
    RAISE EXCEPTION '%', liskeban.message('chain, description, reporters and category must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(description) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('a clue is described') USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Say in description what was seen.');
  END IF;
  SELECT s.source, s.reason INTO from_source, problem FROM liskeban._intake_source(report_clue.source) AS s;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.category AS c WHERE c.code = report_clue.category AND c.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('category "%s" is not registered, or retired', category) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.category.');
  END IF;
  INSERT INTO liskeban.ticket AS t (kind, source, category, confidential, title, description, address, geom)
  VALUES ('clue', from_source, report_clue.category, true, left(btrim(report_clue.description), 60), report_clue.description, report_clue.address, report_clue.geom)
  RETURNING t.ticket_id INTO ticket_id;
  token := liskeban._make_clue(ticket_id, chain, reporters);
END
$$;
COMMENT ON FUNCTION liskeban.report_clue(text, text, geometry, jsonb, text, text, text) IS '有奖上报 take in a clue to a hazard of a chain: a confidential ticket of kind clue, whose reporters ([{"name", "phone"}, …] in the order of signing; [] anonymous) stand apart from it. Returns ticket_id and the first signer''s token, by which the reward is claimed. source as in submit(). 22004 NULL, 22023 nothing is described, or reporters is no list, 23503 no such chain or category, 42501 not a reporter for that source';
REVOKE ALL ON FUNCTION liskeban.report_clue(text, text, geometry, jsonb, text, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.register_clue(ticket_id bigint, chain text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._reachable_ticket(ticket_id, 'register as a clue');
  token uuid;
BEGIN
  IF chain IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('chain must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF ticket.kind <> 'clue' THEN
    RAISE EXCEPTION '%', liskeban.message('ticket %s is no clue', ticket_id) USING ERRCODE = 'object_not_in_prerequisite_state', HINT = liskeban.message('Its kind is clue from the beginning.');
  ELSIF EXISTS (SELECT FROM liskeban.clue AS c WHERE c.ticket_id = register_clue.ticket_id) THEN
    RAISE EXCEPTION '%', liskeban.message('clue %s is registered already', ticket_id) USING ERRCODE = 'unique_violation';
  END IF;
  token := liskeban._make_clue(ticket_id, chain, coalesce((SELECT jsonb_build_array(jsonb_build_object('name', r.name, 'phone', r.phone))
                                                             FROM liskeban.reporter AS r WHERE r.ticket_id = register_clue.ticket_id), '[]'));
  -- From here on it stands where an administrator alone reads it.
  UPDATE liskeban.reporter AS r SET name = NULL, phone = NULL, phone_hash = NULL, anonymised_at = liskeban.liskeban_now()
   WHERE r.ticket_id = register_clue.ticket_id AND r.anonymised_at IS NULL;
  RETURN token;
END
$$;
COMMENT ON FUNCTION liskeban.register_clue(bigint, text) IS '线索登记 let a ticket of kind clue that came another way take part in rewards: its reporter is kept apart from it from now on; returns the token. 22004 NULL, P0002 no such ticket, 42501 not within the actor''s reach, 55000 it is no clue, 23505 registered already, 23503 no such chain';
REVOKE ALL ON FUNCTION liskeban.register_clue(bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban._open_clue(ticket_id bigint) RETURNS liskeban.clue
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c liskeban.clue;
BEGIN
  SELECT k.* INTO c FROM liskeban.clue AS k WHERE k.ticket_id = _open_clue.ticket_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no clue %s', ticket_id) USING ERRCODE = 'no_data_found', HINT = liskeban.message('See register_clue().');
  ELSIF c.decided_at IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('clue %s was decided already', ticket_id) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN c;
END
$$;
COMMENT ON FUNCTION liskeban._open_clue(bigint) IS 'the clue, locked; P0002 there is none, 55000 it was verified or refused';
REVOKE ALL ON FUNCTION liskeban._open_clue(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.verify_clue(ticket_id bigint, tier text, hazard_ticket bigint DEFAULT NULL, category text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._reachable_ticket(ticket_id, 'verify');
  c constant liskeban.clue := liskeban._open_clue(ticket_id);
  hazard bigint := hazard_ticket;
BEGIN
  IF tier IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('tier must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT EXISTS (SELECT FROM liskeban.reward_tier AS r WHERE r.code = verify_clue.tier AND r.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('reward tier "%s" is not registered, or retired', tier) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.reward_tier.');
  ELSIF hazard IS NOT NULL AND NOT EXISTS (SELECT FROM liskeban.ticket AS t WHERE t.ticket_id = hazard AND t.kind = 'hazard') THEN
    RAISE EXCEPTION '%', liskeban.message('there is no hazard %s', hazard) USING ERRCODE = 'no_data_found', HINT = liskeban.message('Give the ticket of kind hazard that the clue belongs to, or none.');
  ELSIF category IS NOT NULL AND NOT EXISTS (SELECT FROM liskeban.category AS g WHERE g.code = verify_clue.category AND g.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('category "%s" is not registered, or retired', category) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.category.');
  END IF;
  IF hazard IS NULL THEN
    INSERT INTO liskeban.ticket AS t (kind, source, category, title, description, address, geom, discovered_at, extra)
    VALUES ('hazard', liskeban._own_source('clue', '有奖线索', 'Clues of citizens'), coalesce(verify_clue.category, ticket.category), ticket.title, ticket.description,
            ticket.address, ticket.geom, c.reported_at, jsonb_build_object('chain', c.chain, 'clue', c.ticket_id))
    RETURNING t.ticket_id INTO hazard;
    PERFORM liskeban.accept(hazard);
    IF (SELECT t.state FROM liskeban.ticket AS t WHERE t.ticket_id = hazard) = 'accepted' THEN
      PERFORM liskeban.dispatch(hazard, department => (SELECT h.department FROM liskeban.hazard_chain AS h WHERE h.code = c.chain),
                                note => concat('clue ', c.ticket_id));
    END IF;
  END IF;
  UPDATE liskeban.clue AS k
     SET valid = true, tier = verify_clue.tier, hazard_ticket = hazard, decided_at = liskeban.liskeban_now(), decided_by = liskeban.actor()
   WHERE k.ticket_id = c.ticket_id;
  PERFORM liskeban.answer(c.ticket_id, '经核查属实，已转隐患工单处置。');
  RETURN hazard;
END
$$;
COMMENT ON FUNCTION liskeban.verify_clue(bigint, text, bigint, text) IS '线索核查属实 a clue is true, and of which reward tier; it becomes a hazard ticket, dispatched at once to the department of its chain, or belongs to the one that is given. The clue''s own ticket is answered. Returns the hazard''s ticket_id. 22004 NULL, P0002 no such ticket, clue or hazard, 55000 decided already, 23503 no such tier or category, 42501 not a dispatcher''s within reach';
REVOKE ALL ON FUNCTION liskeban.verify_clue(bigint, text, bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban.refuse_clue(ticket_id bigint, refusal text, reply text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c liskeban.clue;
BEGIN
  PERFORM liskeban._reachable_ticket(ticket_id, 'refuse');
  IF refusal IS NULL OR reply IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('refusal and reply must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF refusal NOT IN ('untrue', 'known', 'repeat', 'out_of_scope', 'unclear') OR btrim(reply) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('a clue is refused for a reason and with a reply') USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('The reason is untrue, known, repeat, out_of_scope or unclear.');
  END IF;
  c := liskeban._open_clue(ticket_id);
  UPDATE liskeban.clue AS k SET valid = false, refusal = refuse_clue.refusal, decided_at = liskeban.liskeban_now(), decided_by = liskeban.actor()
   WHERE k.ticket_id = c.ticket_id;
  PERFORM liskeban.answer(c.ticket_id, reply);
END
$$;
COMMENT ON FUNCTION liskeban.refuse_clue(bigint, text, text) IS '线索不采纳 refuse a clue for a reason, and tell its reporter. 22004 NULL, 22023 another reason or an empty reply, P0002 no such ticket or clue, 55000 decided already, 42501 not a dispatcher''s within reach';
REVOKE ALL ON FUNCTION liskeban.refuse_clue(bigint, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban._chain_departments(chain text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg(d.department) FROM (SELECT h.department FROM liskeban.hazard_chain AS h WHERE h.code = _chain_departments.chain
                                       UNION SELECT s.department FROM liskeban.hazard_step AS s WHERE s.chain = _chain_departments.chain) AS d
$$;
COMMENT ON FUNCTION liskeban._chain_departments(text) IS 'the departments that lead a chain, or one of its steps';
REVOKE ALL ON FUNCTION liskeban._chain_departments(text) FROM PUBLIC;

-- The first signer is on duty for the chain: of its departments, or of the grid's safety network where the clue lies, when it came.
CREATE FUNCTION liskeban._clue_of_staff(c liskeban.clue) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM liskeban.clue_reporter AS r
      JOIN (SELECT d.person, d.phone FROM liskeban.duty AS d
             WHERE d.department = ANY (liskeban._chain_departments(c.chain)) AND d.begins_at <= c.reported_at AND (d.ends_at IS NULL OR d.ends_at > c.reported_at)
            UNION ALL
            SELECT g.person, g.phone FROM liskeban.grid_member AS g
              JOIN liskeban.ticket AS t ON t.ticket_id = c.ticket_id AND t.area OPERATOR(liskeban.<@) g.area
             WHERE g.network = 'safety' AND g.begins_at <= c.reported_at AND (g.ends_at IS NULL OR g.ends_at > c.reported_at)) AS s
        ON CASE WHEN s.phone IS NULL THEN s.person = r.name
                ELSE sha256(convert_to(nullif(regexp_replace(s.phone, '[^0-9]', '', 'g'), ''), 'UTF8')) = r.phone_hash END
     WHERE r.ticket_id = c.ticket_id AND r.nth = 1)
$$;
COMMENT ON FUNCTION liskeban._clue_of_staff(liskeban.clue) IS 'whether the first signer of a clue was on duty, when it came, for a department of its chain, or as a member of the safety network where it lies: by telephone, by name where the roster has none';
REVOKE ALL ON FUNCTION liskeban._clue_of_staff(liskeban.clue) FROM PUBLIC;

CREATE FUNCTION liskeban.award_clue(ticket_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c liskeban.clue;
  r liskeban.reward_tier;
  now constant timestamptz := liskeban.liskeban_now();
  this_month constant date := (SELECT date_trunc('month', now AT TIME ZONE p.time_zone)::date FROM liskeban.platform AS p);
  refused text;
BEGIN
  IF ticket_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('ticket_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  -- All clues to the same hazard, so that one at a time is asked whether it was the first.
  PERFORM FROM liskeban.clue AS k
    WHERE k.ticket_id = award_clue.ticket_id OR k.hazard_ticket = (SELECT x.hazard_ticket FROM liskeban.clue AS x WHERE x.ticket_id = award_clue.ticket_id)
    ORDER BY k.ticket_id FOR UPDATE;
  SELECT k.* INTO c FROM liskeban.clue AS k WHERE k.ticket_id = award_clue.ticket_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no clue %s', ticket_id) USING ERRCODE = 'no_data_found';
  END IF;
  IF c.decided_by = liskeban.actor() THEN
    RAISE EXCEPTION '%', liskeban.message('who verified a clue does not award it') USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT x.* INTO r FROM liskeban.reward_tier AS x WHERE x.code = c.tier;
  refused := CASE
    WHEN c.valid IS NOT TRUE THEN liskeban.message('It is not verified.')
    WHEN EXISTS (SELECT FROM liskeban.reward AS w WHERE w.ticket_id = c.ticket_id AND w.kind = 'award') THEN liskeban.message('It has been.')
    WHEN EXISTS (SELECT FROM liskeban.reward AS w WHERE w.hazard_ticket = c.hazard_ticket AND w.kind = 'award')
         OR EXISTS (SELECT FROM liskeban.clue AS k WHERE k.hazard_ticket = c.hazard_ticket AND (k.reported_at, k.ticket_id) < (c.reported_at, c.ticket_id))
      THEN liskeban.message('Another clue reported the hazard before.')
    WHEN (SELECT t.received_at FROM liskeban.ticket AS t WHERE t.ticket_id = c.hazard_ticket) < c.reported_at THEN liskeban.message('The hazard was known before.')
    WHEN liskeban._clue_of_staff(c) THEN liskeban.message('Its first signer was on duty for the chain.') END;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('clue %s cannot be awarded', ticket_id) USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = refused;
  END IF;
  UPDATE liskeban.reward_budget AS b SET awarded = b.awarded + r.amount WHERE b.month = this_month AND b.awarded + r.amount <= b.cap;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('the budget of %s does not allow %s more', to_char(this_month, 'YYYY-MM'), r.amount) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('See liskeban.reward_budget; the clue may be awarded in another month.');
  END IF;
  RETURN liskeban._append_ledger('reward', jsonb_build_object('ticket_id', c.ticket_id, 'kind', 'award', 'tier', r.code, 'amount', r.amount, 'month', this_month,
    'hazard_ticket', c.hazard_ticket, 'expires_at', now + r.claim_within,
    'token', (SELECT k.token FROM liskeban.clue_reporter AS k WHERE k.ticket_id = c.ticket_id AND k.nth = 1)));
END
$$;
COMMENT ON FUNCTION liskeban.award_clue(bigint) IS '给予奖励 award the reward of its tier to a valid clue: the first that reported its hazard, which nobody knew before, and whose first signer was not on duty for the chain (duty of its departments, safety network of the cell) when it came; within the budget of the month, by another administrator than verified it. Returns reward_id. 22004 NULL, P0002 no such clue, 42501 who verified it, 55000 any of these is not so (DETAIL says which), or the budget does not allow it';
REVOKE ALL ON FUNCTION liskeban.award_clue(bigint) FROM PUBLIC;

-- What ends an award, in the same words.
CREATE FUNCTION liskeban._end_reward(award liskeban.reward, kind text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._append_ledger('reward', to_jsonb(award) || jsonb_build_object('kind', _end_reward.kind))
$$;
COMMENT ON FUNCTION liskeban._end_reward(liskeban.reward, text) IS 'appends the payment or the expiry of an award; returns reward_id';
REVOKE ALL ON FUNCTION liskeban._end_reward(liskeban.reward, text) FROM PUBLIC;

CREATE FUNCTION liskeban.pay_reward(token uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  award liskeban.reward;
BEGIN
  IF token IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('token must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT w.* INTO award FROM liskeban.reward AS w WHERE w.token = pay_reward.token AND w.kind = 'award';
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('no reward was awarded to this token') USING ERRCODE = 'no_data_found';
  ELSIF award.actor = liskeban.actor() THEN
    RAISE EXCEPTION '%', liskeban.message('who awarded a reward does not pay it') USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- One claim at a time.
  PERFORM FROM liskeban.clue AS c WHERE c.ticket_id = award.ticket_id FOR UPDATE;
  IF EXISTS (SELECT FROM liskeban.reward AS w WHERE w.ticket_id = award.ticket_id AND w.kind = 'payment') THEN
    RAISE EXCEPTION '%', liskeban.message('the reward was paid already') USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF award.expires_at <= liskeban.liskeban_now() THEN
    RAISE EXCEPTION '%', liskeban.message('the claim lapsed') USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('It could be claimed until %s.', (SELECT to_char(award.expires_at AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI') FROM liskeban.platform AS p));
  END IF;
  RETURN liskeban._end_reward(award, 'payment');
END
$$;
COMMENT ON FUNCTION liskeban.pay_reward(uuid) IS '兑付奖励 pay the reward to whoever brings the token, once and within its time, by another administrator than awarded it; returns reward_id. 22004 NULL, P0002 nothing was awarded to it, 42501 who awarded it, 55000 paid already, or lapsed';
REVOKE ALL ON FUNCTION liskeban.pay_reward(uuid) FROM PUBLIC;

CREATE FUNCTION liskeban.expire_rewards() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  award liskeban.reward;
  expired bigint := 0;
BEGIN
  FOR award IN
    SELECT w.* FROM liskeban.reward AS w
     WHERE w.kind = 'award' AND w.expires_at <= liskeban.liskeban_now()
       AND NOT EXISTS (SELECT FROM liskeban.reward AS x WHERE x.ticket_id = w.ticket_id AND x.kind <> 'award')
     ORDER BY w.ticket_id
  LOOP
    PERFORM FROM liskeban.clue AS c WHERE c.ticket_id = award.ticket_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM liskeban.reward AS x WHERE x.ticket_id = award.ticket_id AND x.kind <> 'award') THEN
      PERFORM liskeban._end_reward(award, 'expiry');
      expired := expired + 1;
    END IF;
  END LOOP;
  RETURN expired;
END
$$;
COMMENT ON FUNCTION liskeban.expire_rewards() IS '奖励逾期作废 end the claims that lapsed; returns how many. For a job, daily; any number at once';
REVOKE ALL ON FUNCTION liskeban.expire_rewards() FROM PUBLIC;

CREATE FUNCTION liskeban.read_clue_reporter(token uuid, reason text, OUT ticket_id bigint, OUT nth integer, OUT name text, OUT phone text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF token IS NULL OR reason IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('token and reason must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(reason) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('personal data is read for a purpose and a reason') USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Say why.');
  END IF;
  SELECT r.ticket_id, r.nth, r.name, r.phone INTO ticket_id, nth, name, phone FROM liskeban.clue_reporter AS r WHERE r.token = read_clue_reporter.token;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('no reporter has this token') USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM liskeban._log_access(ticket_id, 'verify', reason);
END
$$;
COMMENT ON FUNCTION liskeban.read_clue_reporter(uuid, text) IS '查阅线索上报人 who has a token of a clue, for an administrator and a reason: each reading is a row of liskeban.access_log (purpose verify), and a line of the server''s log. NULL where it was anonymous, or was cleared. 22004 NULL, 22023 no reason, P0002 no such token, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.read_clue_reporter(uuid, text) FROM PUBLIC;

CREATE FUNCTION liskeban._reward_problems() RETURNS TABLE (ticket_id bigint, problem text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT NULL, format('%s were awarded in %s, the ledger says %s', b.awarded, to_char(coalesce(b.month, w.month), 'YYYY-MM'), w.amount)
    FROM liskeban.reward_budget AS b
    FULL JOIN (SELECT x.month, sum(x.amount) AS amount FROM liskeban.reward AS x WHERE x.kind = 'award' GROUP BY x.month) AS w ON w.month = b.month
   WHERE coalesce(b.awarded, 0) <> coalesce(w.amount, 0)
  UNION ALL
  SELECT w.ticket_id, format('reward %s is a %s that its award is not', w.reward_id, w.kind)
    FROM liskeban.reward AS w
    LEFT JOIN liskeban.reward AS a ON a.ticket_id = w.ticket_id AND a.kind = 'award'
   WHERE w.kind <> 'award' AND (w.token, w.amount, w.month, w.hazard_ticket, w.expires_at) IS DISTINCT FROM (a.token, a.amount, a.month, a.hazard_ticket, a.expires_at)
  UNION ALL
  SELECT w.ticket_id, format('reward %s is of a clue that is not valid, or of another hazard', w.reward_id)
    FROM liskeban.reward AS w JOIN liskeban.clue AS c ON c.ticket_id = w.ticket_id
   WHERE w.kind = 'award' AND (c.valid, c.hazard_ticket) IS DISTINCT FROM (true, w.hazard_ticket)
$$;
COMMENT ON FUNCTION liskeban._reward_problems() IS 'budgets that are not what was awarded, payments and expiries unlike their awards, awards of clues that are not valid';
REVOKE ALL ON FUNCTION liskeban._reward_problems() FROM PUBLIC;
