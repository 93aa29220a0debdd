-- What each figure of kpi() means, said once: the comments of kpi() and of kpi_daily are made of these rows, the report's
-- footnotes are these rows, and README's table is held against them by a test.

CREATE VIEW liskeban_report.kpi_definition WITH (security_barrier) AS
  SELECT v.figure, v.nth, v.name, v.name_en, v.counted, v.counted_en, v.out_of, v.out_of_en
    FROM (VALUES
      ('received', 1, '受理量', 'received', '按接收日计入的全部工单，含并案和不予受理；子工单不与父工单重复计数', 'all tickets by day of receipt, merged and rejected ones too; children never beside their parent', NULL, NULL),
      ('reported', 2, '应计量', 'reported', '受理量中除去并案、不予受理、以及首次红灯（办结或方案）前撤回的', 'received without merged, rejected, and withdrawn before the first red of resolve or plan', NULL, NULL),
      ('self_handled', 3, '自采自办', 'self-handled', '巡查发现且每次办结都由发现人完成的；不计入各率', 'patrol findings, every resolve of which is by who reported them; outside the rates', NULL, NULL),
      ('due', 4, '应办结量', 'due', '应计量中曾办结的，或办结时限（疑难未出方案的为方案时限）在计时中已过的', 'reported, and ever resolved, or resolve_due (hard without a plan: plan_due) passed while its clock ran', NULL, NULL),
      ('completion', 5, '办结率', 'completion', '应办结且已办结或已关闭', 'due, and resolved or closed', '应办结量', 'due'),
      ('on_time', 6, '按期办结率', 'on time', '已办结，且每一轮的每次办结都不晚于当时有效的时限', 'complete, and every resolve of every run at or before the due then in force', '应办结量', 'due'),
      ('on_time_original', 7, '按原时限办结率', 'on time without extensions', '同上，按延期前的时限', 'the same against resolve_due_original', '应办结量', 'due'),
      ('response', 8, '响应率', 'response', '首次到场不晚于响应时限', 'first arrival (on_site_at) at or before respond_due', '需到场事项第一轮：已到场，或在答复、并案、撤回之前响应时限已过', 'on_site categories, first run: arrived, or respond_due passed before a direct answer, merge or withdrawal'),
      ('response_proven', 9, '有凭证响应量', 'response proven', '按时响应中有定位或照片、且不是补录的', 'of the responses on time, those by gps or photo, no late entry', NULL, NULL),
      ('answered', 10, '回访率', 'answered', '答复满意、一般或不满意的诉求人', 'reporters who said satisfied, neutral or dissatisfied', '已关闭工单的诉求人，并案的计在主单下', 'reporters of closed tickets, a merged ticket''s under its lead'),
      ('unreachable', 11, '联系不上', 'unreachable', '已关闭工单中联系不上的诉求人', 'reporters of closed tickets who could not be reached', NULL, NULL),
      ('solved', 12, '解决率', 'solved', '说已经解决的', 'those who say that it is solved', '有答复的诉求人', 'reporters who answered'),
      ('satisfaction', 13, '满意率', 'satisfaction', '满意的', 'those who are satisfied', '有答复的诉求人', 'reporters who answered'),
      ('rework', 14, '返工率', 'rework', '曾返工或重办的', 'ever reworked or reopened', '曾办结的', 'ever resolved'),
      ('first_time', 15, '一次办结率', 'first time', '没有退单、改派、返工、重办的', 'resolved with no return, redispatch, rework or reopen', '曾办结的', 'ever resolved'),
      ('plan', 16, '方案及时率', 'plan in time', '首个方案不晚于方案时限', 'first plan at or before plan_due', '疑难事项：已出方案、已办结，或方案时限在计时中已过', 'hard, and planned, resolved, or plan_due passed while its clock ran'),
      ('promise', 17, '承诺兑现率', 'promise kept', '出方案后首次办结不晚于首个承诺', 'first resolve after the first plan at or before its promise', '此后已办结，或该承诺在计时中已过', 'resolved since, or that promise passed while the clock ran'),
      ('whistle', 18, '吹哨办结率', 'whistles solved', '工单已办结且此后未重办', 'those whose ticket is solved and was not reopened since', '期内由村社区吹响的哨（不论工单何时受理），除去退哨成立的：申诉再被退，或一个工作日内无人申诉', 'whistles that villages blew in the span (whenever their tickets were received) but for those whose decline was upheld: by the decline of its appeal, or by a working day without one'),
      ('breach', 19, '超期次数', 'breaches', '办结时限在计时中过去的次数，每次重新设定各计一次', 'how often resolve_due passed while its clock ran, once for each time it was set', NULL, NULL),
      ('co', 20, '协办量', 'co-handled', '按部门统计时由该部门协办的受理量', 'by department only: received tickets that it co-handles', NULL, NULL)
    ) AS v(figure, nth, name, name_en, counted, counted_en, out_of, out_of_en);
COMMENT ON VIEW liskeban_report.kpi_definition IS '指标口径 what each figure of kpi() counts, in Chinese and English; the comments of kpi() and kpi_daily and the footnotes of the report are made of it; key figure';
COMMENT ON COLUMN liskeban_report.kpi_definition.figure IS '指标代码 key; of a rate R kpi() gives R_num, R_den and R, of breach and co R_num, of response_proven response_proven_num';
COMMENT ON COLUMN liskeban_report.kpi_definition.nth IS '次序 order in which they are told';
COMMENT ON COLUMN liskeban_report.kpi_definition.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_definition.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban_report.kpi_definition.counted IS '计数口径 what is counted; of a rate, its numerator';
COMMENT ON COLUMN liskeban_report.kpi_definition.counted_en IS '计数口径英文 the same in English';
COMMENT ON COLUMN liskeban_report.kpi_definition.out_of IS '分母口径 out of what; NULL: a number, no rate';
COMMENT ON COLUMN liskeban_report.kpi_definition.out_of_en IS '分母口径英文 the same in English';
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.kpi_definition OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;

DO $$
DECLARE
  kpi constant regprocedure := 'liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])';
  d   record;
BEGIN
  FOR d IN
    SELECT a.attname, CASE WHEN a.attname = f.figure || '_den' THEN f.name || '分母 ' || f.out_of || ' – ' || f.out_of_en
                           WHEN a.attname = f.figure AND f.out_of IS NOT NULL THEN f.name || ' ' || f.figure || '_num / ' || f.figure || '_den'
                           ELSE f.name || CASE WHEN f.out_of IS NULL THEN ' ' ELSE '分子 ' END || f.counted || ' – ' || f.counted_en END AS comment
      FROM liskeban_report.kpi_definition AS f
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = 'liskeban_report.kpi_daily'::regclass
       AND a.attname IN (f.figure, f.figure || '_num', f.figure || '_den')
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN liskeban_report.kpi_daily.%I IS %L', d.attname, d.comment);
  END LOOP;
  -- what the comment of kpi() says before its figures stands with it
  EXECUTE pg_catalog.format('COMMENT ON FUNCTION %s IS %L', kpi,
    pg_catalog.split_part(pg_catalog.obj_description(kpi, 'pg_proc'), E'\nFigures:', 1) || E'\nFigures:' ||
      (SELECT pg_catalog.string_agg(E'\n' || f.figure || ' ' || f.name || ': ' || pg_catalog.concat_ws(' / ', f.counted_en, f.out_of_en), '' ORDER BY f.nth)
         FROM liskeban_report.kpi_definition AS f));
END
$$;
