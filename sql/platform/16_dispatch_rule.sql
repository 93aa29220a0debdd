-- Dispatch rules: what goes to whom as soon as it is accepted. extension/dispatch.c applies them.

CREATE TABLE liskeban.dispatch_rule (
  rule_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  priority         integer NOT NULL DEFAULT 100,
  category         text REFERENCES liskeban.category,
  domain           text REFERENCES liskeban.domain,
  area             liskeban.area_code REFERENCES liskeban.area,
  source           text REFERENCES liskeban.source_system,
  kind             liskeban.ticket_kind,
  words            text[],
  responsible_area liskeban.area_code REFERENCES liskeban.area,
  department       text REFERENCES liskeban.department,
  note             text,
  retired_at       timestamptz,
  CONSTRAINT dispatch_rule_words_check CHECK (words <> '{}' AND pg_catalog.array_position(words, NULL) IS NULL
                                              AND pg_catalog.array_position(words, '') IS NULL)
);
COMMENT ON TABLE liskeban.dispatch_rule IS '派单规则 whom an accepted ticket goes to at once: of the rules in force that match, the one with the lowest priority, then rule_id, holds; none ships';
COMMENT ON COLUMN liskeban.dispatch_rule.rule_id IS '编号 key';
COMMENT ON COLUMN liskeban.dispatch_rule.priority IS '次序 the lowest number is tried first';
COMMENT ON COLUMN liskeban.dispatch_rule.category IS '事项 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.domain IS '领域 of its category; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.area IS '区域 in which it lies; NULL anywhere, also the pool';
COMMENT ON COLUMN liskeban.dispatch_rule.source IS '来源系统 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.kind IS '类型 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.words IS '关键词 one of which stands in title, description or address, however large or wide it is written; NULL whatever they say';
COMMENT ON COLUMN liskeban.dispatch_rule.responsible_area IS '承办区域 area it goes to';
COMMENT ON COLUMN liskeban.dispatch_rule.department IS '承办部门 department it goes to; without either, whom the category''s lead and the duty roster name, which reaches no ticket in the pool';
COMMENT ON COLUMN liskeban.dispatch_rule.note IS '备注 why; added to the note of the dispatch';
COMMENT ON COLUMN liskeban.dispatch_rule.retired_at IS '停用时间 when it was retired; NULL in force';

-- What a rule in force names as its target, itself or by its category's lead, and is gone.
CREATE VIEW liskeban.dispatch_rule_problem WITH (security_invoker) AS
SELECT r.rule_id, min(p.since) AS since, string_agg(p.problem, ', ' ORDER BY p.problem) AS problem
  FROM liskeban.dispatch_rule AS r
  LEFT JOIN liskeban.category AS c
    ON c.code = r.category AND c.lead = 'department' AND r.responsible_area IS NULL AND r.department IS NULL
  LEFT JOIN liskeban.department AS d ON d.code = coalesce(r.department, c.department) AND d.retired_at IS NOT NULL
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) r.responsible_area AND a.valid_to <= liskeban.liskeban_now()
 CROSS JOIN LATERAL (SELECT d.retired_at, pg_catalog.format('department %s is retired', d.code) WHERE d.code IS NOT NULL
                     UNION ALL
                     SELECT a.valid_to, pg_catalog.format('area %s is no longer in force', a.code) WHERE a.code IS NOT NULL) AS p(since, problem)
 WHERE r.retired_at IS NULL
 GROUP BY r.rule_id;
COMMENT ON VIEW liskeban.dispatch_rule_problem IS '失效派单规则 rules in force whose target no longer is: they are passed over, and stand in platform_alarm';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.rule_id IS '编号 the rule';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.since IS '时间 since when';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.problem IS '问题 what is gone';
