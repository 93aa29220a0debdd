-- Residents: one person across the departments that know of him, by a keyed hash of his identity number, which is stored
-- nowhere. What each department says of him stands side by side; what holds is the newest of the most trusted.

CREATE TABLE liskeban.attribute (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  kind       text NOT NULL,
  unit       text,
  "values"   jsonb NOT NULL DEFAULT '{}',
  since      text REFERENCES liskeban.attribute,
  months     integer,
  retired_at timestamptz,
  CONSTRAINT attribute_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT attribute_kind_check CHECK (kind IN ('text', 'number', 'boolean', 'date', 'code', 'list', 'area', 'passed')),
  CONSTRAINT attribute_values_check CHECK (jsonb_typeof("values") = 'object'),
  CONSTRAINT attribute_passed_check CHECK ((kind = 'passed') = (since IS NOT NULL) AND (kind = 'passed') = (months IS NOT NULL) AND months > 0)
);
COMMENT ON TABLE liskeban.attribute IS '居民属性 what may be known of a resident; name, birth_date, home_area, died_on and moved_away_on the platform itself goes by';
COMMENT ON COLUMN liskeban.attribute.code IS '代码 key, as rules call it: $.code';
COMMENT ON COLUMN liskeban.attribute.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.attribute.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.attribute.kind IS '类型 text, number, boolean, date (2026-11-24), code (one of values), list (of values, or of texts), area (a code), passed (full months since a date, over months)';
COMMENT ON COLUMN liskeban.attribute.unit IS '单位 unit of its numbers, as it is printed';
COMMENT ON COLUMN liskeban.attribute."values" IS '取值 what the values of a code or a list are called in Chinese: {"1": "一级"}; of a boolean what one says of whom it is true, and false: {"true": "是孤儿", "false": "不是孤儿"}';
COMMENT ON COLUMN liskeban.attribute.since IS '起算日期 of kind passed: the date it is reckoned from';
COMMENT ON COLUMN liskeban.attribute.months IS '月数 of kind passed: how many months are one of it; 12 for years';
COMMENT ON COLUMN liskeban.attribute.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.attribute_trust (
  attribute text REFERENCES liskeban.attribute,
  source    text REFERENCES liskeban.department,
  rank      integer NOT NULL,
  PRIMARY KEY (attribute, source),
  CONSTRAINT attribute_trust_rank_check CHECK (rank > 0)
);
COMMENT ON TABLE liskeban.attribute_trust IS '属性信任 which departments may say an attribute, and whose word goes first';
COMMENT ON COLUMN liskeban.attribute_trust.attribute IS '属性 attribute';
COMMENT ON COLUMN liskeban.attribute_trust.source IS '来源部门 department';
COMMENT ON COLUMN liskeban.attribute_trust.rank IS '次序 1 is trusted most; among equals the newest holds';

CREATE TABLE liskeban.purpose (
  policy    text,
  attribute text REFERENCES liskeban.attribute,
  basis     text NOT NULL,
  PRIMARY KEY (policy, attribute),
  CONSTRAINT purpose_basis_check CHECK (basis <> '')
);
COMMENT ON TABLE liskeban.purpose IS '用途 which policy may read which attribute of a resident, and on what ground; nothing else reads any';
COMMENT ON COLUMN liskeban.purpose.policy IS '政策 code of the policy, which may be written after it';
COMMENT ON COLUMN liskeban.purpose.attribute IS '属性 attribute';
COMMENT ON COLUMN liskeban.purpose.basis IS '依据 law or consent that it rests on (Personal Information Protection Law, art. 13)';

CREATE TABLE liskeban.resident (
  resident_id   bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  identity_hash bytea UNIQUE,
  area          liskeban.area_code REFERENCES liskeban.area,
  gone_on       date,
  next_change   date,
  facts         jsonb NOT NULL DEFAULT '{}',
  claims        jsonb NOT NULL DEFAULT '{}',
  updated_at    timestamptz NOT NULL,
  cleared_at    timestamptz,
  CONSTRAINT resident_identity_hash_check CHECK (length(identity_hash) = 32),
  CONSTRAINT resident_cleared_check CHECK ((identity_hash IS NULL) = (cleared_at IS NOT NULL))
);
CREATE INDEX resident_next_change_idx ON liskeban.resident (next_change) WHERE next_change IS NOT NULL;
CREATE INDEX resident_area_idx ON liskeban.resident (area);
COMMENT ON TABLE liskeban.resident IS '居民 persons, known by a hash; read through read_resident() alone';
COMMENT ON COLUMN liskeban.resident.resident_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.resident.identity_hash IS '身份散列 HMAC-SHA256 of the identity number by the key that _identity_key() reads; NULL once cleared';
COMMENT ON COLUMN liskeban.resident.area IS '住所区域 the area of the district that home_area names; NULL outside';
COMMENT ON COLUMN liskeban.resident.gone_on IS '离开日期 the earlier of died_on and moved_away_on: from then on nothing is due';
COMMENT ON COLUMN liskeban.resident.next_change IS '下次变化 the next day on which a fact changes by time alone (a birthday), or somebody goes; kept by match_policies()';
COMMENT ON COLUMN liskeban.resident.facts IS '事实 what holds, personal data: {attribute: value}';
COMMENT ON COLUMN liskeban.resident.claims IS '来源记载 what each department says, personal data: {attribute: [{value, source, date}]}, the one that holds first; a null says that there is none';
COMMENT ON COLUMN liskeban.resident.updated_at IS '更新时间 when a claim last changed';
COMMENT ON COLUMN liskeban.resident.cleared_at IS '清除时间 when anonymise_before() cleared it';

CREATE TABLE liskeban.resident_reject (
  reject_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text NOT NULL REFERENCES liskeban.department,
  at          timestamptz NOT NULL,
  row_no      integer NOT NULL,
  raw         jsonb,
  reason      text NOT NULL,
  resolved_at timestamptz
);
CREATE INDEX resident_reject_at_idx ON liskeban.resident_reject USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX resident_reject_open_idx ON liskeban.resident_reject (source, at) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.resident_reject IS '居民数据隔离 rows that load_residents() could not take in, without the identity number';
COMMENT ON COLUMN liskeban.resident_reject.reject_id IS '编号 key';
COMMENT ON COLUMN liskeban.resident_reject.source IS '来源部门 department that sent it';
COMMENT ON COLUMN liskeban.resident_reject.at IS '时间 when';
COMMENT ON COLUMN liskeban.resident_reject.row_no IS '行号 which row of its batch, from 1';
COMMENT ON COLUMN liskeban.resident_reject.raw IS '原文 the row with whatever may be part of an identity number masked; personal data';
COMMENT ON COLUMN liskeban.resident_reject.reason IS '理由 why';
COMMENT ON COLUMN liskeban.resident_reject.resolved_at IS '处理时间 when somebody dealt with it';

CREATE TABLE liskeban.identity_check (
  one        boolean PRIMARY KEY DEFAULT true,
  key_check  bytea NOT NULL,
  CONSTRAINT identity_check_one_check CHECK (one)
);
COMMENT ON TABLE liskeban.identity_check IS '密钥校验 by which another key is told from the one that residents are known by';
COMMENT ON COLUMN liskeban.identity_check.one IS '唯一 true';
COMMENT ON COLUMN liskeban.identity_check.key_check IS '校验值 the hash of "liskeban"; it says nothing of the key';

-- pgcrypto's schema is the DBA's, so the body is bound to it now.
DO $$
BEGIN
  EXECUTE pg_catalog.format('CREATE OR REPLACE FUNCTION liskeban._keyed_hash(given text, key bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE '
                            'RETURN %I.hmac(pg_catalog.convert_to(given, ''UTF8''), key, ''sha256'')',
                            (SELECT n.nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto'));
END
$$;
COMMENT ON FUNCTION liskeban._keyed_hash(text, bytea) IS 'HMAC-SHA256 (RFC 2104, by pgcrypto) of a text';
REVOKE ALL ON FUNCTION liskeban._keyed_hash(text, bytea) FROM PUBLIC;

CREATE FUNCTION liskeban._resident_key(first boolean) RETURNS bytea
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  key constant bytea := liskeban._identity_key();
  checked constant bytea := liskeban._keyed_hash('liskeban', key);
BEGIN
  IF first THEN
    INSERT INTO liskeban.identity_check (key_check) VALUES (checked) ON CONFLICT DO NOTHING;
  END IF;
  IF EXISTS (SELECT FROM liskeban.identity_check AS c WHERE c.key_check <> checked) THEN
    RAISE EXCEPTION '%', liskeban.message('the identity key is another than the one that residents are known by') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Put the old file where liskeban.identity_key_file says.');
  END IF;
  RETURN key;
END
$$;
COMMENT ON FUNCTION liskeban._resident_key(boolean) IS 'the key of the hash; a loader''s first use notes which it is. 55000 another key, 58P01, F0000 as _identity_key()';
REVOKE ALL ON FUNCTION liskeban._resident_key(boolean) FROM PUBLIC;

-- ---- what passes with time, of the attributes in force ----

CREATE FUNCTION liskeban._passing(OUT facts text[], OUT since text[], OUT months integer[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(a.code ORDER BY a.code), '{}'), coalesce(array_agg(a.since ORDER BY a.code), '{}'), coalesce(array_agg(a.months ORDER BY a.code), '{}')
    FROM liskeban.attribute AS a WHERE a.kind = 'passed' AND a.retired_at IS NULL
$$;
COMMENT ON FUNCTION liskeban._passing() IS 'the attributes that pass with time, as _facts_on() takes them';
REVOKE ALL ON FUNCTION liskeban._passing() FROM PUBLIC;

CREATE FUNCTION liskeban._platform_today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date FROM liskeban.platform AS p
$$;
COMMENT ON FUNCTION liskeban._platform_today() IS 'the day that it is in the platform''s zone';
REVOKE ALL ON FUNCTION liskeban._platform_today() FROM PUBLIC;

-- ---- loading ----

CREATE FUNCTION liskeban._masked_row(given jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE jsonb_typeof(given)
    WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(liskeban._without_numbers(m.key),
                                          CASE WHEN m.key = 'identity_number' THEN to_jsonb(CASE WHEN m.value #>> '{}' ~ '^[0-9]{6}' THEN left(m.value #>> '{}', 6) ELSE '' END || '************')
                                               ELSE liskeban._masked_row(m.value) END), '{}') FROM jsonb_each(given) AS m)
    WHEN 'array' THEN (SELECT coalesce(jsonb_agg(liskeban._masked_row(m.value) ORDER BY m.nth), '[]') FROM jsonb_array_elements(given) WITH ORDINALITY AS m(value, nth))
    ELSE CASE WHEN liskeban._without_numbers(given #>> '{}') <> given #>> '{}' THEN to_jsonb(liskeban._without_numbers(given #>> '{}')) ELSE given END END;
END
$$;
COMMENT ON FUNCTION liskeban._masked_row(jsonb) IS 'a row as it may be kept: of identity_number the six digits of the place, elsewhere nothing that may be one';
REVOKE ALL ON FUNCTION liskeban._masked_row(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._trust() RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(t.attribute, t.ranks), '{}')
    FROM (SELECT k.attribute, jsonb_object_agg(k.source, k.rank) AS ranks FROM liskeban.attribute_trust AS k GROUP BY k.attribute) AS t
$$;
COMMENT ON FUNCTION liskeban._trust() IS 'attribute_trust as _merged_claims() takes it';
REVOKE ALL ON FUNCTION liskeban._trust() FROM PUBLIC;

CREATE FUNCTION liskeban._gone_on(facts jsonb) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT least((facts ->> 'died_on')::date, (facts ->> 'moved_away_on')::date)
$$;
COMMENT ON FUNCTION liskeban._gone_on(jsonb) IS 'the day from which on nothing is due to somebody: of death, or of moving away';
REVOKE ALL ON FUNCTION liskeban._gone_on(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._homes(OUT said text, OUT area liskeban.area_code) RETURNS SETOF record
LANGUAGE sql STABLE ROWS 500 SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.code::text, CASE WHEN a.valid_to IS NULL THEN a.code ELSE liskeban.successor_area(a.code) END FROM liskeban.area AS a
$$;
COMMENT ON FUNCTION liskeban._homes() IS 'of each code that home_area may name within the district the area that it is by now, for departments go on saying the code of then';
REVOKE ALL ON FUNCTION liskeban._homes() FROM PUBLIC;

CREATE FUNCTION liskeban.load_residents(source text, rows jsonb[],
    OUT read bigint, OUT created bigint, OUT changed bigint, OUT unchanged bigint, OUT rejected bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  today constant date := liskeban._platform_today();
  -- whatever the session's DateStyle
  today_said constant text := to_char(today, 'YYYY-MM-DD');
  trust constant jsonb := liskeban._trust();
  passing record;
  secret bytea;
  hashes bytea[];
  news jsonb[];
  inserted bytea[];
  touched bigint[];
BEGIN
  IF source IS NULL OR rows IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('source and rows must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_resident_source(source);
  secret := liskeban._resident_key(true);
  SELECT p.* INTO passing FROM liskeban._passing() AS p;
  read := cardinality(rows);

  WITH given AS MATERIALIZED (
    SELECT u.ord, u.given, x.number, x.attributes, x.as_of,
           CASE WHEN jsonb_typeof(u.given) IS DISTINCT FROM 'object' THEN 'the row is no JSON object'
                WHEN x.number IS NULL THEN 'identity_number is missing'
                WHEN liskeban._identity_number_fault(x.number) IS NOT NULL THEN liskeban._identity_number_fault(x.number)
                WHEN jsonb_typeof(x.attributes) IS DISTINCT FROM 'object' THEN 'attributes are no JSON object'
                WHEN liskeban._value_fault('date', '{}', to_jsonb(x.as_of)) IS NOT NULL THEN 'as_of is no date like 2026-11-24'
                WHEN x.as_of > today_said THEN 'as_of has not come yet'
                WHEN u.given - '{identity_number,as_of,attributes}'::text[] <> '{}' THEN 'the row has another key than identity_number, as_of and attributes'
           END AS fault
      FROM unnest(rows) WITH ORDINALITY AS u(given, ord)
     CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(u.given) = 'object' THEN u.given ->> 'identity_number' END AS number,
                                CASE WHEN jsonb_typeof(u.given) = 'object' THEN u.given -> 'attributes' END AS attributes,
                                CASE WHEN jsonb_typeof(u.given) = 'object' THEN coalesce(u.given ->> 'as_of', today_said) END AS as_of) AS x
  ), claim AS MATERIALIZED (
    SELECT g.ord, c.key, c.value,
           CASE WHEN a.code IS NULL THEN 'attribute is not registered: ' || left(liskeban._without_numbers(c.key), 64)
                WHEN t.attribute IS NULL AND a.kind <> 'passed' THEN format('attribute %s is not for %s to say', c.key, load_residents.source)
                WHEN f.fault IS NOT NULL THEN format('attribute %s %s', c.key, f.fault)
                -- the nation's codes end at twelve digits; what is longer, and no area of the district, may be a number
                WHEN a.kind = 'area' AND h.code IS NULL AND c.value <> 'null'
                     AND (length(c.value #>> '{}') > 12 OR starts_with(c.value #>> '{}', (SELECT p.district::text FROM liskeban.platform AS p)))
                THEN format('attribute %s is not registered', c.key)
                WHEN c.key IN ('birth_date', 'died_on') AND c.value #>> '{}' > today_said THEN format('attribute %s has not come yet', c.key) END AS fault
      FROM given AS g
     CROSS JOIN LATERAL jsonb_each(g.attributes) AS c
      LEFT JOIN liskeban.attribute AS a ON a.code = c.key AND a.retired_at IS NULL
      LEFT JOIN liskeban.attribute_trust AS t ON t.attribute = c.key AND t.source = load_residents.source
      LEFT JOIN liskeban.area AS h ON a.kind = 'area' AND h.code::text = c.value #>> '{}'
     CROSS JOIN LATERAL (SELECT liskeban._value_fault(a.kind, a."values", c.value) AS fault) AS f
     WHERE g.fault IS NULL
  ), judged AS MATERIALIZED (
    SELECT g.ord, g.given, g.number, g.as_of, coalesce(g.fault, f.fault) AS fault
      FROM given AS g
      LEFT JOIN (SELECT c.ord, min(c.fault) AS fault FROM claim AS c WHERE c.fault IS NOT NULL GROUP BY c.ord) AS f USING (ord)
  ), quarantined AS (
    INSERT INTO liskeban.resident_reject (source, at, row_no, raw, reason)
    SELECT load_residents.source, now, j.ord, liskeban._masked_row(j.given), j.fault FROM judged AS j WHERE j.fault IS NOT NULL ORDER BY j.ord
    RETURNING 1
  ), person AS (
    SELECT DISTINCT ON (j.hash, c.key) j.hash, c.key, jsonb_build_object('value', c.value, 'source', load_residents.source, 'date', j.as_of) AS claim
      FROM (SELECT j.ord, liskeban._keyed_hash(liskeban._identity_number(j.number), secret) AS hash, j.as_of FROM judged AS j WHERE j.fault IS NULL OFFSET 0) AS j
      JOIN claim AS c USING (ord)
     ORDER BY j.hash, c.key, j.as_of DESC, j.ord DESC
  ), grouped AS (
    SELECT p.hash, jsonb_object_agg(p.key, p.claim) AS news FROM person AS p GROUP BY p.hash
  )
  SELECT (SELECT count(*) FROM quarantined), array_agg(g.hash ORDER BY g.hash), array_agg(g.news ORDER BY g.hash)
    INTO rejected, hashes, news FROM grouped AS g;

  -- Who is new; whoever another load makes at the same time is updated below.
  WITH fresh AS MATERIALIZED (
    SELECT n.hash, c.claims, f.facts, liskeban._gone_on(f.facts) AS gone_on
      FROM unnest(hashes, news) AS n(hash, news)
     CROSS JOIN LATERAL (SELECT liskeban._merged_claims('{}', n.news, trust) AS claims OFFSET 0) AS c
     CROSS JOIN LATERAL (SELECT liskeban._facts_in_force(c.claims) AS facts OFFSET 0) AS f
     WHERE NOT EXISTS (SELECT FROM liskeban.resident AS r WHERE r.identity_hash = n.hash)
  ), made AS (
    INSERT INTO liskeban.resident (identity_hash, area, gone_on, next_change, facts, claims, updated_at)
    SELECT f.hash, a.area, f.gone_on,
           least(liskeban._facts_change(f.facts, passing.facts, passing.since, passing.months, today), CASE WHEN f.gone_on > today THEN f.gone_on END),
           f.facts, f.claims, now
      FROM fresh AS f LEFT JOIN liskeban._homes() AS a ON a.said = f.facts ->> 'home_area'
     ORDER BY f.hash
    ON CONFLICT (identity_hash) DO NOTHING
    RETURNING resident_id, identity_hash
  )
  SELECT count(*), coalesce(array_agg(m.identity_hash), '{}'), coalesce(array_agg(m.resident_id), '{}') INTO created, inserted, touched FROM made AS m;

  -- Who is known: locked in one order, then seen as the last writer left him.
  IF created < cardinality(hashes) THEN
    PERFORM FROM liskeban.resident AS r
      JOIN unnest(hashes) AS h(hash) ON r.identity_hash = h.hash
     WHERE created = 0 OR NOT h.hash = ANY (inserted) ORDER BY r.identity_hash FOR UPDATE OF r;
    WITH known AS MATERIALIZED (
      SELECT r.resident_id, r.facts AS facts_before, m.claims, f.facts, liskeban._gone_on(f.facts) AS gone_on
        FROM unnest(hashes, news) AS n(hash, news)
        JOIN liskeban.resident AS r ON r.identity_hash = n.hash
       CROSS JOIN LATERAL (SELECT liskeban._merged_claims(r.claims, n.news, trust) AS claims OFFSET 0) AS m
       CROSS JOIN LATERAL (SELECT liskeban._facts_in_force(m.claims) AS facts OFFSET 0) AS f
       WHERE (created = 0 OR NOT n.hash = ANY (inserted)) AND m.claims <> r.claims
    ), written AS (
      UPDATE liskeban.resident AS r
         SET claims = k.claims, facts = k.facts, updated_at = now, gone_on = k.gone_on, area = a.area,
             next_change = least(liskeban._facts_change(k.facts, passing.facts, passing.since, passing.months, today),
                                 CASE WHEN k.gone_on > today THEN k.gone_on END,
                                 -- what has passed and was not matched yet
                                 CASE WHEN r.next_change <= today THEN r.next_change END)
        FROM known AS k LEFT JOIN liskeban._homes() AS a ON a.said = k.facts ->> 'home_area'
       WHERE r.resident_id = k.resident_id
      RETURNING r.resident_id, k.facts IS DISTINCT FROM k.facts_before AS other
    )
    SELECT count(*), touched || coalesce(array_agg(w.resident_id) FILTER (WHERE w.other), '{}') INTO changed, touched FROM written AS w;
  END IF;
  INSERT INTO liskeban.match_pending (resident_id) SELECT u FROM unnest(touched) AS u;
  changed := coalesce(changed, 0);
  unchanged := read - rejected - created - changed;
END
$$;
COMMENT ON FUNCTION liskeban.load_residents(text, jsonb[]) IS '居民数据接入 take in what a department says of persons, a row each: {"identity_number": "…", "as_of": "2026-11-01" (today), "attributes": {code: value}}; a value null says that there is none. An older word of the same department changes nothing. Whatever cannot be read is kept in resident_reject, without the number. read = created + changed + unchanged + rejected; rows of one person count as one that is new or changed, the rest as unchanged. 42501 not for that department, 22004 NULL, 58P01, F0000, 55000 as the key is missing, open to others, or another';
REVOKE ALL ON FUNCTION liskeban.load_residents(text, jsonb[]) FROM PUBLIC;

CREATE FUNCTION liskeban._require_resident_source(source text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM liskeban.membership AS m
                  WHERE m.role_name = liskeban.actor() AND m.duty = 'source' AND m.department = _require_resident_source.source AND m.retired_at IS NULL AND NOT m.gateway) THEN
    PERFORM liskeban._require_admin('load residents');
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.department AS d WHERE d.code = _require_resident_source.source AND d.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('department "%s" is not registered, or retired', source) USING ERRCODE = 'foreign_key_violation';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_resident_source(text) IS '42501 unless the caller reports for the department (a membership of duty source that names it) or administers the platform; 23503 no such department';
REVOKE ALL ON FUNCTION liskeban._require_resident_source(text) FROM PUBLIC;

-- ---- reading ----

CREATE FUNCTION liskeban._require_purpose(policy text, attributes text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  beyond constant text := (SELECT string_agg(u.code, ', ' ORDER BY u.code) FROM unnest(attributes) AS u(code)
                            WHERE NOT EXISTS (SELECT FROM liskeban.attribute AS a
                                               WHERE a.code = u.code
                                                 AND EXISTS (SELECT FROM liskeban.purpose AS p
                                                              WHERE p.policy = _require_purpose.policy AND p.attribute = a.code)));
BEGIN
  IF beyond IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('policy "%s" may not read: %s', policy, beyond) USING ERRCODE = 'insufficient_privilege',
      HINT = liskeban.message('Rows of liskeban.purpose say what each policy may read.');
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_purpose(text, text[]) IS '42501 where one of the attributes is beyond what the policy may read';
REVOKE ALL ON FUNCTION liskeban._require_purpose(text, text[]) FROM PUBLIC;

CREATE FUNCTION liskeban._require_reading(policy text, reason text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF policy IS NULL OR reason IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('policy and reason must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(reason) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('personal data is read for a purpose and a reason') USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Say why; the purpose is a policy.');
  ELSIF NOT EXISTS (SELECT FROM liskeban.policy AS p WHERE p.code = _require_reading.policy) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no policy "%s"', policy) USING ERRCODE = 'no_data_found';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_reading(text, text) IS '22004 NULL, 22023 no reason, P0002 no such policy';
REVOKE ALL ON FUNCTION liskeban._require_reading(text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.read_resident(resident_id bigint, policy text, reason text, attributes text[] DEFAULT NULL)
RETURNS TABLE (attribute text, name text, value jsonb, source text, date date, in_force boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  person liskeban.resident;
BEGIN
  IF read_resident.resident_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('resident_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_reading(read_resident.policy, read_resident.reason);
  PERFORM liskeban._require_purpose(read_resident.policy, read_resident.attributes);
  SELECT r.* INTO person FROM liskeban.resident AS r WHERE r.resident_id = read_resident.resident_id AND r.cleared_at IS NULL;
  IF person.resident_id IS NULL OR NOT liskeban._resident_in_reach(person.area, read_resident.policy) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no resident %s', read_resident.resident_id) USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM liskeban._log_access(NULL, read_resident.policy, liskeban._without_numbers(read_resident.reason), person.resident_id);
  RETURN QUERY
  WITH passing AS (SELECT p.* FROM liskeban._passing() AS p),
  facts AS (SELECT liskeban._facts_on(person.facts, p.facts, p.since, p.months, liskeban._platform_today()) AS now FROM passing AS p)
  SELECT a.code, a.name, CASE WHEN a.kind = 'passed' THEN f.now -> a.code ELSE c.claim -> 'value' END,
         c.claim ->> 'source', (c.claim ->> 'date')::date, c.nth = 1 AND c.claim -> 'value' <> 'null'
    FROM facts AS f CROSS JOIN liskeban.attribute AS a
   CROSS JOIN LATERAL jsonb_array_elements(person.claims -> coalesce(a.since, a.code)) WITH ORDINALITY AS c(claim, nth)
   WHERE EXISTS (SELECT FROM liskeban.purpose AS p WHERE p.policy = read_resident.policy AND p.attribute = a.code)
     AND (read_resident.attributes IS NULL OR a.code = ANY (read_resident.attributes)) AND (a.kind <> 'passed' OR c.nth = 1)
   ORDER BY a.code COLLATE "C", c.nth;
END
$$;
COMMENT ON FUNCTION liskeban.read_resident(bigint, text, text, text[]) IS '查阅居民 what is known of a resident for a policy and a reason: the attributes that rows of purpose let the policy read (all of them, or those named), what each department says of each, the one in force first. Each reading is a row of liskeban.access_log and a line of the server''s log. P0002 no such resident within the actor''s reach, or no such policy; 42501 an attribute beyond the purpose; 22004 NULL, 22023 no reason, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.read_resident(bigint, text, text, text[]) FROM PUBLIC;

CREATE FUNCTION liskeban.find_resident(identity_number text, policy text, reason text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  person liskeban.resident;
BEGIN
  IF identity_number IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('identity_number must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_reading(policy, reason);
  SELECT r.* INTO person FROM liskeban.resident AS r
   WHERE r.identity_hash = liskeban._keyed_hash(liskeban._identity_number(find_resident.identity_number), liskeban._resident_key(false));
  IF NOT liskeban._resident_in_reach(person.area, policy) THEN
    person.resident_id := NULL;
  END IF;
  -- also where nobody was found: who tries numbers is seen
  PERFORM liskeban._log_access(NULL, policy, liskeban._without_numbers(reason), person.resident_id);
  RETURN person.resident_id;
END
$$;
COMMENT ON FUNCTION liskeban.find_resident(text, text, text) IS '按身份证号查找 the resident who has the identity number, for a policy and a reason; NULL where none within the actor''s reach has. A row of liskeban.access_log, also then. Give the number as a parameter, not in the text of the statement. 22P02, 22023 no identity number, or no reason; P0002 no such policy, 22004 NULL, 58P01, F0000, 55000 as of the key, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.find_resident(text, text, text) FROM PUBLIC;
