-- The article's figures beside those of figures.sql, as Markdown. Read by article, which gives article (article.csv), numbers
-- (all numbers in the generator's files) and proof (what prove wrote) as psql variables.

CREATE TEMP TABLE article AS
SELECT split_part(l, ',', 1) AS key, split_part(l, ',', 2)::numeric AS value, split_part(l, ',', 3) AS said
  FROM regexp_split_to_table(:'article', E'\r?\n') WITH ORDINALITY AS t (l, no) WHERE no > 1 AND l <> '';
-- the article's ten months have 305 days; of its storm a part is played or nothing
CREATE TEMP TABLE part AS SELECT least(1, ((:'to_day'::date - :'from_day'::date) + 1) / 305.0) AS days;
CREATE TEMP TABLE number AS SELECT DISTINCT unnest(:'numbers'::numeric[]) AS n;
CREATE TEMP TABLE moved AS
SELECT split_part(l, ',', 2) AS key, count(DISTINCT split_part(l, ',', 5) || '/' || split_part(l, ',', 6)) AS values, count(*) AS seeds
  FROM regexp_split_to_table(:'proof', E'\r?\n') AS l WHERE l ~ '^[0-9]+,' GROUP BY 1;

-- Small numbers stand for minutes, hours and choices everywhere; what is larger, or a share, would be no coincidence.
CREATE FUNCTION pg_temp.refuse_inputs() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  unknown text;
  inputs  text;
BEGIN
  SELECT string_agg(a.key, ', ') INTO unknown FROM pg_temp.article AS a
   WHERE a.key NOT IN (SELECT f.key FROM pg_temp.figure AS f) AND a.key !~ '^storm_';
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'article.csv has figures that are not computed: %', unknown;
  END IF;
  SELECT string_agg(x.what, '; ') INTO inputs
    FROM (SELECT format('%s of the article is a number of the generator: %s', a.key, n.n) AS what
            FROM pg_temp.article AS a JOIN pg_temp.number AS n ON n.n IN (a.value, a.value / 100) AND a.value > 60
          UNION ALL
          SELECT format('%s as computed is the parameter %s: %s', f.key, b.key, b.value)
            FROM pg_temp.figure AS f JOIN demo.behaviour AS b
              ON round(b.value::numeric, 6) IN (CASE WHEN f.den >= 1000 AND f.num NOT IN (0, f.den) THEN round(f.value, 6) END, CASE WHEN f.num > 60 THEN f.num END)) AS x;
  IF inputs IS NOT NULL THEN
    RAISE EXCEPTION 'figures are inputs: %', inputs;
  END IF;
END
$$;
SELECT pg_temp.refuse_inputs() \g /dev/null

CREATE FUNCTION pg_temp.shown(kind text, value numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(CASE kind WHEN 'rate' THEN round(100 * value, 1)::text WHEN 'time' THEN round(value, 1)::text ELSE trim(to_char(value, '999,999,999')) END, '—')
$$;
SELECT format(E'# 文章的表 The article''s table\n\n%s – %s, share %s of the article''s volume, seed %s: played in %s (%s steps of people, %s refused by the rules, '
              '%s alarms, a sweep each %s played minutes), figures as of %s.\n',
              :'from_day', :'to_day', r.share, r.seed, to_char(make_interval(secs => p.seconds::float8), 'HH24:MI:SS'), p.steps, p.refused, p.alarms, r.every, :'as_of')
  FROM (SELECT sum(seconds) AS seconds, sum(steps) AS steps, sum(refused) AS refused, sum(alarms) AS alarms FROM demo.played) AS p, demo.run AS r;
SELECT '| 指标 | figure | 单位 | article | computed | difference | why |' || E'\n|---|---|---|---:|---:|---:|---|';
SELECT format('| %s | %s | %s | %s | %s%s | %s | %s |', f.zh, f.en, f.unit, pg_temp.shown(f.kind, a.value), pg_temp.shown(f.kind, f.value),
              CASE WHEN f.den IS NOT NULL THEN format(' (%s / %s)', f.num, f.den) END,
              CASE WHEN a.value IS NULL OR f.value IS NULL THEN '—'
                   WHEN f.kind = 'volume' THEN to_char(100 * (f.value / (a.value * r.share * CASE WHEN f.key LIKE 'storm%' THEN 1 ELSE q.days END) - 1), 'FMS990.0') || ' %'
                   ELSE to_char(CASE f.kind WHEN 'rate' THEN 100 ELSE 1 END * (f.value - a.value), 'FMS999,990.0') END,
              concat_ws('; ', a.said,
                CASE WHEN a.value IS NULL THEN 'the article''s figure is not at hand; this is what ' || CASE WHEN f.kind IN ('rate', 'time') THEN 'people''s behaviour and the rules made' ELSE 'came of the rest' END
                     WHEN f.kind = 'volume' THEN concat('drawn at the article''s intensity, so near it and never it', CASE WHEN r.share <> 1 OR q.days <> 1 THEN '; difference against that part of it that was played' END)
                     WHEN f.kind = 'time' THEN 'the article states the limit; this is the middle of what people took' END,
                CASE WHEN m.seeds > 0 THEN format('%s values with %s seeds', m.values, m.seeds) END))
  FROM figure AS f CROSS JOIN demo.run AS r CROSS JOIN part AS q LEFT JOIN article AS a USING (key) LEFT JOIN moved AS m USING (key) ORDER BY f.no;
SELECT format(E'\n## 规则拒绝 What people tried and the rules refused\n\n| step | SQLSTATE | message | times |\n|---|---|---|---:|\n%s',
              coalesce(string_agg(format('| %s | %s | %s | %s |', step, sqlstate, message, times), E'\n' ORDER BY times DESC, step), '| — | — | — | 0 |')) FROM demo.refused;
SELECT format(E'\n## 行为参数 The generator''s parameters\n\nNone of them is a figure above, nor does a number of its files equal one of the article''s (checked, else there is no table).\n\n'
              '| parameter | value | unit | 说明 |\n|---|---:|---|---|\n%s', string_agg(format('| %s | %s | %s | %s |', key, value, unit, note), E'\n' ORDER BY key)) FROM demo.behaviour;
