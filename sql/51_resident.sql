-- Residents and policies: who somebody is without his number, what departments say, what passes with time, and what a
-- rule reads -- (extension/resident_key.c, resident_claim.c, resident_fact.c, policy_rule.c).

CREATE FUNCTION liskeban._identity_number(given text) RETURNS text
  AS 'MODULE_PATHNAME', 'identity_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._identity_number(text) IS 'an identity number as it is hashed, with a capital X (GB 11643-1999: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, sum modulo 11, 1 0 X 9 8 7 6 5 4 3 2). 22P02 not 17 digits and a check character, 22023 another check character or no date of birth; no message has the number, and the statement is left out of the server''s log';

CREATE FUNCTION liskeban._identity_number_fault(given text) RETURNS text
  AS 'MODULE_PATHNAME', 'identity_number_fault' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._identity_number_fault(text) IS 'what is wrong with an identity number, without it; NULL when nothing is';

CREATE FUNCTION liskeban._identity_key() RETURNS bytea
  AS 'MODULE_PATHNAME', 'identity_key' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._identity_key() IS 'the key by which identity numbers are hashed, from the file that liskeban.identity_key_file names. 58P01 there is none, F0000 it may be read by others, or does not hold 64 hexadecimal digits';

CREATE FUNCTION liskeban.make_identity_key() RETURNS void
  AS 'MODULE_PATHNAME', 'make_identity_key' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.make_identity_key() IS '生成身份密钥 draw the key by which identity numbers are hashed (32 random bytes) and write the file that liskeban.identity_key_file names, readable by the server''s account alone. Once; keep a copy where no dump lies. 42501 no superuser, 58P02 there is one';

CREATE FUNCTION liskeban._without_numbers(given text) RETURNS text
  AS 'MODULE_PATHNAME', 'without_numbers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._without_numbers(text) IS 'the text without what may be an identity number, or a broken one: fifteen digits and more, with blanks or hyphens between';

CREATE FUNCTION liskeban._value_fault(kind text, "values" jsonb, value jsonb) RETURNS text
  AS 'MODULE_PATHNAME', 'value_fault' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._value_fault(text, jsonb, jsonb) IS 'why a value is none of an attribute of that kind; NULL when it is';

CREATE FUNCTION liskeban._merged_claims(claims jsonb, news jsonb, trust jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'merged_claims' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._merged_claims(jsonb, jsonb, jsonb) IS 'the claims with the news, {attribute: {value, source, date}}, of each attribute the one that holds first: nulls last, by trust ({attribute: {source: rank}}), the newest; a claim of the same department that is newer stays. 22023 no claims';

CREATE FUNCTION liskeban._facts_in_force(claims jsonb) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'facts_in_force' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._facts_in_force(jsonb) IS 'of each attribute the value that holds';

CREATE FUNCTION liskeban._facts_on(facts jsonb, passing text[], since text[], months integer[], day date) RETURNS jsonb
  AS 'MODULE_PATHNAME', 'facts_on' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._facts_on(jsonb, text[], text[], integer[], date) IS 'the facts with how often so many months have passed since each date until that day: the same day of the month, or its last (Civil Code, art. 204); a date that has not come adds none. 22023 no object, an infinite day; 2202E arrays of different lengths';

CREATE FUNCTION liskeban._facts_change(facts jsonb, passing text[], since text[], months integer[], day date) RETURNS date
  AS 'MODULE_PATHNAME', 'facts_change' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._facts_change(jsonb, text[], text[], integer[], date) IS 'the next day after that one on which _facts_on() gives something else; NULL never';

CREATE FUNCTION liskeban._rule_attributes(rule jsonpath) RETURNS text[]
  AS 'MODULE_PATHNAME', 'rule_attributes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._rule_attributes(jsonpath) IS 'the attributes that a rule reads. 22023 no predicate, or one that reads a person as a whole, has variables or .datetime(), or reads nothing; 54001 nested too deeply';

CREATE FUNCTION liskeban._rule_conditions(rule jsonpath) RETURNS jsonpath[]
  AS 'MODULE_PATHNAME', 'rule_conditions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._rule_conditions(jsonpath) IS 'the conditions of a rule: it is that all of them hold';

CREATE FUNCTION liskeban._rule_text(rule jsonpath, words jsonb) RETURNS text
  AS 'MODULE_PATHNAME', 'rule_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._rule_text(jsonpath, jsonb) IS 'a condition in Chinese; words say of each attribute its name, its kind, the unit of its numbers and what its values are called. 22023 words are no object';

REVOKE ALL ON FUNCTION liskeban._identity_number(text), liskeban._identity_number_fault(text), liskeban._identity_key(),
  liskeban.make_identity_key(), liskeban._without_numbers(text), liskeban._value_fault(text, jsonb, jsonb),
  liskeban._merged_claims(jsonb, jsonb, jsonb), liskeban._facts_in_force(jsonb), liskeban._facts_on(jsonb, text[], text[], integer[], date),
  liskeban._facts_change(jsonb, text[], text[], integer[], date), liskeban._rule_attributes(jsonpath),
  liskeban._rule_conditions(jsonpath), liskeban._rule_text(jsonpath, jsonb) FROM PUBLIC;
