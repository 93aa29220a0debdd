-- What create_platform() brings as rows: lists, transitions, policies, office hours, departments, sources, categories.
CREATE DATABASE regress_liskeban_seed TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_seed
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';

-- Lists
SELECT code, name, name_en FROM liskeban.domain ORDER BY code;
SELECT code, name, name_en FROM liskeban.network ORDER BY code;
SELECT code, name, name_en FROM liskeban.reject_reason ORDER BY code;

-- Transitions
SELECT action, from_state, to_state, array_to_string(roles, ' ') AS roles, array_to_string(requires, ' ') AS requires
  FROM liskeban.transition ORDER BY action, from_state, to_state;
SELECT action, count(*) FROM liskeban.transition GROUP BY action ORDER BY action;
-- a final state is left by these alone
SELECT from_state, to_state, action FROM liskeban.transition
 WHERE from_state IN ('closed', 'rejected', 'withdrawn', 'merged') ORDER BY from_state, to_state;

-- Policies
SELECT difficulty, clock, within, basis, valid_from FROM liskeban.sla_policy ORDER BY difficulty, clock;
SELECT * FROM liskeban.plan_policy ORDER BY tier;
SELECT * FROM liskeban.escalation_policy ORDER BY tier;
SELECT clock, level, kind, reply_within, basis FROM liskeban.supervision_policy ORDER BY level, clock;

-- Office hours and calendar
SELECT weekday, starts, ends FROM liskeban.work_shift WHERE weekday IN (1, 7) ORDER BY weekday, starts;
SELECT count(*), count(DISTINCT weekday) FROM liskeban.work_shift;
SELECT extract(year FROM day)::integer AS year, count(*) FILTER (WHERE NOT is_working) AS off, count(*) FILTER (WHERE is_working) AS make_up
  FROM liskeban.calendar_day GROUP BY 1 ORDER BY 1;
-- a make-up day falls on a weekend but for the Monday after the prolonged spring festival
SELECT day, name FROM liskeban.calendar_day WHERE is_working AND extract(isodow FROM day) < 6 ORDER BY day;

-- Departments and sources
SELECT count(*) BETWEEN 25 AND 32 AS some_thirty, bool_and(name_en <> '' AND level = 'district' AND area IS NULL) AS complete,
       count(DISTINCT name) = count(*) AS distinct_names
  FROM liskeban.department;
SELECT count(*), count(DISTINCT name), count(DISTINCT name_en), bool_and(code ~ '^[a-z0-9_]+$') AS plain, count(*) FILTER (WHERE reads_back) AS reads_back
  FROM liskeban.source_system;
SELECT kind, count(*) FROM liskeban.source_system GROUP BY kind ORDER BY kind;

-- Categories
SELECT listed, count(*), count(DISTINCT name), count(DISTINCT name_en) FROM liskeban.category GROUP BY listed ORDER BY listed;
SELECT domain, count(*) FROM liskeban.category WHERE listed GROUP BY domain ORDER BY domain;
SELECT difficulty, count(*) >= 15 AS spread FROM liskeban.category WHERE listed GROUP BY difficulty ORDER BY difficulty;
SELECT lead, count(*) >= 15 AS spread FROM liskeban.category WHERE listed GROUP BY lead ORDER BY lead;
SELECT count(*) FILTER (WHERE on_site) > count(*) / 2 AS mostly_on_site FROM liskeban.category WHERE listed;
SELECT code, name, listed, lead, department, difficulty FROM liskeban.category WHERE NOT listed ORDER BY code;
SELECT code, lead FROM liskeban.category WHERE about_staff ORDER BY code;
SELECT code FROM liskeban.category WHERE needs_photo ORDER BY code;

-- none of these may return a row
SELECT code FROM liskeban.category
 WHERE name = '' OR coalesce(name_en, '') = '' OR department IS NULL OR coalesce(reply_template, '') = '' OR cardinality(steps) < 3;
SELECT code FROM liskeban.category WHERE listed
   AND (SELECT count(DISTINCT w) FROM unnest(words) AS w WHERE length(w) >= 2 OR w ~ '^[A-Z0-9]+$') < greatest(3, cardinality(words));
SELECT lead, domain, words FROM liskeban.category WHERE listed GROUP BY lead, domain, words HAVING count(*) > 1;
SELECT w, array_agg(code ORDER BY code) FROM liskeban.category, unnest(words) AS w GROUP BY w HAVING count(*) > 1;
SELECT s, array_agg(code ORDER BY code) FROM liskeban.category, unnest(steps) AS s GROUP BY s HAVING count(*) > 1;
SELECT code FROM liskeban.category WHERE position('{ticket_no}' IN reply_template) = 0;
SELECT code, field[1] FROM liskeban.category, regexp_matches(reply_template, '\{([^}]*)\}', 'g') AS field
 WHERE field[1] NOT IN ('ticket_no', 'place', 'on_site_at', 'contacted_at', 'finding', 'action', 'promised_at', 'department', 'phone');
-- a reply speaks of arrival only where somebody arrives
SELECT code FROM liskeban.category WHERE NOT on_site AND position('{on_site_at}' IN reply_template) > 0;

-- Whatever ships has its name in both languages; the district's own name is the user's to translate.
CREATE FUNCTION pg_temp.one_language_only(OUT relation name, OUT rows bigint, OUT unnamed bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR relation IN SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                   WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'name_en' ORDER BY 1 LOOP
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE name IS NULL OR name_en IS NULL OR name_en = name OR name_en ~ %L) FROM liskeban.%I', '[一-龥]', relation)
      INTO rows, unnamed;
    IF unnamed > 0 THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT * FROM pg_temp.one_language_only();
-- names that have no English column: of persons, files, keys and what a district calls its own
SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'name'
   AND NOT EXISTS (SELECT FROM pg_attribute AS e WHERE e.attrelid = c.oid AND e.attname = 'name_en') ORDER BY 1;

\c postgres
DROP DATABASE regress_liskeban_seed;
