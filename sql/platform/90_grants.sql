-- Who may touch what. Everything begins revoked; the guard and the definer functions decide the rest, row by row.

REVOKE ALL ON ALL TABLES IN SCHEMA liskeban FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA liskeban FROM PUBLIC;
-- Analysts read liskeban_report alone: figures come through functions.
REVOKE SELECT ON liskeban.stat_daily, liskeban.flow_daily, liskeban.analysed_day, liskeban.observation FROM liskeban_analyst;

-- What policies of row security ask (88_row_security.sql), by whom they bind.
REVOKE ALL ON FUNCTION liskeban.scope_from(), liskeban.scope_low(), liskeban.scope_high(), liskeban.scope_departments(),
  liskeban.scope_sources(), liskeban.scope_held(), liskeban.ticket_in_scope(bigint),
  liskeban.in_scope(liskeban.area_code, liskeban.area_code, text, text[], boolean, text, liskeban.tier),
  liskeban.unit_in_scope(liskeban.area_code, text), liskeban.whistle_in_scope(bigint), liskeban.scope_received(),
  liskeban.scope_issued(), liskeban.scope_name(), liskeban.scope_answered(), liskeban.alarm_in_scope(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION liskeban.scope_from(), liskeban.scope_low(), liskeban.scope_high(), liskeban.scope_departments(),
  liskeban.scope_sources(), liskeban.scope_held(), liskeban.ticket_in_scope(bigint),
  liskeban.in_scope(liskeban.area_code, liskeban.area_code, text, text[], boolean, text, liskeban.tier),
  liskeban.unit_in_scope(liskeban.area_code, text), liskeban.whistle_in_scope(bigint), liskeban.scope_received(),
  liskeban.scope_issued(), liskeban.scope_name(), liskeban.scope_answered(), liskeban.alarm_in_scope(bigint, bigint)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.scope_sources() TO liskeban_source;

GRANT USAGE ON SCHEMA liskeban TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source,
  liskeban_analyst, liskeban_reader, liskeban_backup, liskeban_job;

-- The registry and the rules are open to all who work here: people and phones apart.
GRANT SELECT ON liskeban.platform, liskeban.domain, liskeban.network, liskeban.reject_reason, liskeban.source_system,
  liskeban.indicator, liskeban.area, liskeban.department, liskeban.category, liskeban.transition, liskeban.sla_policy, liskeban.plan_policy,
  liskeban.escalation_policy, liskeban.supervision_policy, liskeban.calendar_day, liskeban.work_shift, liskeban.area_problem
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Tickets.
GRANT SELECT, INSERT, UPDATE ON liskeban.ticket TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT, INSERT, UPDATE ON liskeban.ticket TO liskeban_handler;
-- A source takes back what it sent, and says what the citizen answered.
GRANT SELECT (ticket_id, ticket_no, source, external_id, received_at, state, last_seq, updated_at),
  UPDATE (state, note, satisfaction, solved, checked_by) ON liskeban.ticket TO liskeban_source;
GRANT SELECT ON liskeban.ticket_event, liskeban.worklist, liskeban.request, liskeban.attachment, liskeban.ticket_clock
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT, UPDATE ON liskeban.ticket TO liskeban_job;
GRANT SELECT ON liskeban.worklist, liskeban.request TO liskeban_job;

-- What an admin keeps.
GRANT INSERT, UPDATE ON liskeban.domain, liskeban.network, liskeban.reject_reason, liskeban.source_system, liskeban.indicator, liskeban.area,
  liskeban.department, liskeban.category, liskeban.membership, liskeban.official, liskeban.duty, liskeban.grid_member
  TO liskeban_admin;
GRANT INSERT, UPDATE, DELETE ON liskeban.transition, liskeban.sla_policy, liskeban.plan_policy,
  liskeban.escalation_policy, liskeban.supervision_policy, liskeban.calendar_day, liskeban.work_shift TO liskeban_admin;
GRANT UPDATE (name, ticket_prefix, time_zone, snap_distance, arrival_distance, reopen_within, rework_floor,
  rework_floor_hard, retention) ON liskeban.platform TO liskeban_admin;
GRANT SELECT ON liskeban.membership, liskeban.official, liskeban.duty, liskeban.grid_member TO liskeban_admin, liskeban_dispatcher;

-- Functions: the moves, for those who make them; the guard says which of them each may make.
GRANT EXECUTE ON FUNCTION liskeban.accept(bigint, text), liskeban.answer(bigint, text), liskeban.reject(bigint, text, text),
  liskeban.withdraw(bigint, text), liskeban.dispatch(bigint, liskeban.area_code, text, text),
  liskeban.redispatch(bigint, liskeban.area_code, text, text), liskeban."return"(bigint, text),
  liskeban.arrive(bigint, text, geometry, timestamptz), liskeban.plan(bigint, text, timestamptz),
  liskeban.resolve(bigint, text, text), liskeban.suspend(bigint, timestamptz, text), liskeban.resume(bigint),
  liskeban.close(bigint, text), liskeban.rework(bigint, text), liskeban.reopen(bigint, text),
  liskeban.merge(bigint, bigint), liskeban.unmerge(bigint, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.withdraw(bigint, text), liskeban.close(bigint, text) TO liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.submit(jsonb) TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[])
  TO liskeban_admin, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean),
  liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) TO liskeban_admin, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.load_history(text, jsonb[]),
  liskeban.load_areas(text, text, text, text, integer, text, boolean, timestamptz) TO liskeban_admin;
GRANT SELECT ON liskeban.intake_reject TO liskeban_admin, liskeban_dispatcher;
GRANT UPDATE (resolved_at) ON liskeban.intake_reject TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT ON liskeban.ticket_intake, liskeban.ticket_message TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.retry_reject(bigint, jsonb) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.begin_move(bigint, text), liskeban.begin_redispatch(bigint, liskeban.area_code, text), liskeban.contact(bigint, text),
  liskeban.ask(bigint, text, text, timestamptz), liskeban.decide(bigint, boolean, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.alarm, liskeban.platform_alarm TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.sweep(timestamptz, bigint) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON PROCEDURE liskeban.run_sweep(timestamptz) TO liskeban_admin, liskeban_job;
GRANT SELECT ON liskeban.source_heartbeat TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.heartbeat(text) TO liskeban_admin, liskeban_source, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.check_platform() TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.check_invariants(), liskeban.make_partitions(integer), liskeban.cut_history(bigint, interval) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.note_watermark(), liskeban.seal_history() TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.verify_history(bigint) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.last_final_event() TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.watermark, liskeban.seal TO liskeban_admin, liskeban_job;
GRANT SELECT ON liskeban.archive TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.archive_candidates(timestamptz), liskeban._archive_seals(bigint, bigint),
  liskeban._archive_let_go(text, bigint, bigint, timestamptz, bigint, bigint, bytea, bytea), liskeban._archive_begin_return(bigint, bigint),
  liskeban._archive_end_return(bigint), liskeban.outbox_candidates(timestamptz),
  liskeban._outbox_let_go(bigint, bigint, timestamptz, bigint) TO liskeban_admin;

-- Notifications out: the functions say who reads as whom.
GRANT SELECT ON liskeban.outbox, liskeban.outbox_consumer, liskeban.outbox_backlog TO liskeban_admin, liskeban_job;
GRANT UPDATE (outbox_retention, outbox_archived, audit_retention, history_span, small_count) ON liskeban.platform TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean),
  liskeban.drop_outbox_consumer(text) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.take_outbox(text, integer), liskeban.ack_outbox(text, bigint)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.public_state(liskeban.ticket_state)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.notify_outbox(), liskeban.drop_outbox(timestamptz) TO liskeban_admin, liskeban_job;

-- Feedback, duplicates, reverts.
GRANT SELECT ON liskeban.feedback TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text),
  liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.revert(bigint, text) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.begin_merge(bigint, bigint)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision),
  liskeban._similar_tickets(bigint, double precision, double precision),
  liskeban._text_similarity(text, text), liskeban._point_distance(geometry, geometry)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- The ladder.
GRANT SELECT ON liskeban.whistle, liskeban.task_force, liskeban.subject_clock
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE, DELETE ON liskeban.task_force TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.blow_whistle(bigint, text), liskeban.sign_whistle(bigint),
  liskeban.decline_whistle(bigint, text), liskeban.appeal_whistle(bigint, text), liskeban.hand_down(bigint, text),
  liskeban.set_task_force(bigint, text, text[]) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Jobs, as pg_cron runs them.
GRANT SELECT ON liskeban.job, liskeban.platform TO liskeban_job;
GRANT SELECT ON liskeban.job TO liskeban_admin;
GRANT UPDATE (daily_at, active) ON liskeban.job TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban._begin_job(text), liskeban._run_step(text, date),
  liskeban._end_job(text, timestamptz, text, boolean), liskeban._missed_jobs(), liskeban._unlock_job(text) TO liskeban_job;
GRANT EXECUTE ON PROCEDURE liskeban.run_job(text), liskeban.run_missed_jobs() TO liskeban_job;

-- Cameras, flood points, supplies. A camera is registered, and its state told, by the video platform's administrator.
GRANT SELECT ON liskeban.camera_kind, liskeban.flood_point, liskeban.camera, liskeban.watch_log, liskeban.flood_point_watch, liskeban.flood_point_unwatched,
  liskeban.supply_item, liskeban.supply_depot, liskeban.supply_stock, liskeban.supply_move TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE ON liskeban.camera_kind, liskeban.supply_item TO liskeban_admin;
GRANT INSERT (code, name, name_en, kind, reach, department, geom, retired_at), UPDATE (name, name_en, kind, reach, department, geom, retired_at)
  ON liskeban.flood_point TO liskeban_admin;
GRANT INSERT (code, name, kind, status, geom, retired_at), UPDATE (code, name, kind, status, geom, retired_at) ON liskeban.camera TO liskeban_admin;
GRANT UPDATE (status) ON liskeban.camera TO liskeban_dispatcher;
GRANT INSERT (code, name, name_en, department, phone, geom, retired_at), UPDATE (name, name_en, department, phone, geom, retired_at)
  ON liskeban.supply_depot TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban._box(geometry, double precision) TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_reader, liskeban_backup;
GRANT EXECUTE ON FUNCTION liskeban.cameras_near(geometry, double precision, text), liskeban.camera_playlist(bigint, integer),
  liskeban.watch_camera(bigint, integer, bigint), liskeban.nearest_supplies(bigint, text, bigint), liskeban.issue_supplies(bigint, text, bigint),
  liskeban.return_supplies(bigint, bigint) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.report_from_camera(bigint, text, text), liskeban.receive_supplies(text, text, bigint) TO liskeban_admin, liskeban_dispatcher;

-- Rewards: the desk verifies, administrators award and pay; nobody reads who reported but by read_clue_reporter().
GRANT SELECT ON liskeban.reward_tier, liskeban.clue TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.reward_budget, liskeban.reward TO liskeban_admin;
GRANT INSERT, UPDATE ON liskeban.reward_tier TO liskeban_admin;
GRANT INSERT (month, cap), UPDATE (cap) ON liskeban.reward_budget TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.report_clue(text, text, geometry, jsonb, text, text, text) TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.register_clue(bigint, text), liskeban.verify_clue(bigint, text, bigint, text), liskeban.refuse_clue(bigint, text, text)
  TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.award_clue(bigint), liskeban.pay_reward(uuid), liskeban.read_clue_reporter(uuid, text) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.expire_rewards() TO liskeban_admin, liskeban_job;

-- Areas redrawn, and who serves on the grid.
GRANT SELECT ON liskeban.area_redraw, liskeban.area_succession TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.redraw_area(liskeban.area_code[], liskeban.area_code[], timestamptz, liskeban.area_code) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.successor_area(liskeban.area_code)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT SELECT ON liskeban.grid_roster, liskeban.grid_gap TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.serving_at(liskeban.area_code, timestamptz) TO liskeban_admin, liskeban_dispatcher;

-- Open311: a gateway reads as an analyst, and reports as a source.
GRANT EXECUTE ON FUNCTION liskeban.open311_services(), liskeban.open311_service(text) TO liskeban_admin, liskeban_dispatcher, liskeban_source, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.open311_requests(jsonb), liskeban.open311_request(bigint) TO liskeban_admin, liskeban_dispatcher, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.open311_submit(jsonb), liskeban._open311_category(text), liskeban._open311_error(integer, text), liskeban._open311_given(jsonb)
  TO liskeban_admin, liskeban_dispatcher, liskeban_source;

-- Services: public knowledge; an administrator keeps it.
GRANT SELECT ON liskeban.service_item, liskeban.service_point, liskeban.service_offer
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source;
GRANT INSERT, UPDATE ON liskeban.service_item, liskeban.service_point, liskeban.service_offer TO liskeban_admin;
GRANT UPDATE (queue, queue_at) ON liskeban.service_offer TO liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.open_minutes(text), liskeban.closes_at(text, text, timestamptz),
  liskeban.nearest_service(text, geometry, timestamptz, integer) TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.service_coverage(double precision)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Dispatch and the desk.
GRANT SELECT ON liskeban.dispatch_rule, liskeban.dispatch_rule_problem TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE ON liskeban.dispatch_rule TO liskeban_admin;
GRANT SELECT ON liskeban.final_answer TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, reply, reason) ON liskeban.final_answer TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.note(bigint, text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.urge(bigint, text), liskeban.final_answer(bigint, text, text) TO liskeban_admin, liskeban_dispatcher;
-- The situation.
GRANT SELECT ON liskeban.signal, liskeban.risk_item, liskeban.risk_outcome, liskeban.measure TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE, DELETE ON liskeban.measure, liskeban.score_policy TO liskeban_admin;
GRANT SELECT ON liskeban.score_policy, liskeban.score_appeal TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, rate, reason) ON liskeban.score_appeal TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.order_from_risk(bigint, text, text) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.situation_now() TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]), liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]),
  liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]), liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.observation TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

GRANT EXECUTE ON FUNCTION liskeban._risk_outcome(text, boolean, boolean, boolean, boolean, liskeban.ticket_state)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
REVOKE ALL ON liskeban.risk_outcome FROM liskeban_reader;

-- Maps.
GRANT EXECUTE ON FUNCTION liskeban._safety_tile(geometry, geometry, text[], jsonb), liskeban._camera_tile(geometry, geometry, text),
  liskeban._swath_tile(geometry, geometry, text, integer)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.tile(integer, integer, integer, jsonb)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban._visible_ticket(bigint), liskeban._require_reach(record, text),
  liskeban.attach(bigint, text, text, bytea, timestamptz, geometry), liskeban.draft_reply(bigint), liskeban.dispatch_team(bigint),
  liskeban.find_tickets(text, text, text, geometry, double precision, integer), liskeban._tickets_of_phone(text),
  liskeban._tickets_of_number(text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.my_list TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
-- The wall, for all who work here.
GRANT USAGE ON SCHEMA liskeban_report TO liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban_report.open_by_tier, liskeban_report.overdue, liskeban_report.due_soon, liskeban_report.whistles_open,
  liskeban_report.directives_open, liskeban_report.workload, liskeban_report.supervisions_open, liskeban_report.backlog_by_age
  TO liskeban_dispatcher, liskeban_handler;

-- Days.
GRANT EXECUTE ON FUNCTION liskeban.roll_up(), liskeban.analyse_day(date), liskeban.analyse_late(), liskeban.fill_days() TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.flow(date, date)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.stat_daily, liskeban.flow_daily, liskeban.figure_daily, liskeban.analysed_day
  TO liskeban_admin, liskeban_dispatcher, liskeban_job;
GRANT SELECT ON liskeban.roll_up_state TO liskeban_admin, liskeban_job;
-- run by whoever reads liskeban_report.kpi_daily
GRANT EXECUTE ON FUNCTION liskeban._kpi_corrections() TO liskeban_reader, liskeban_backup, liskeban_admin, liskeban_analyst;

-- Directives: whoever works here may ask; the guards say whose each is to issue, and to answer.
GRANT SELECT ON liskeban.directive, liskeban.directive_target, liskeban.directive_pending, liskeban.directive_status
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (title, body, issued_by, reply_due, expand), UPDATE (revoked_at, revoke_reason)
  ON liskeban.directive TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (directive_id, area, department, within), UPDATE (signed_at, reply, done_at, note)
  ON liskeban.directive_target TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean),
  liskeban._address_directive(bigint, liskeban.area_code[], text[]), liskeban.sign_directive(bigint),
  liskeban.reply_directive(bigint, text), liskeban.directive_done(bigint, text), liskeban.revoke_directive(bigint, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Joint handling, and the progress of plans. An attachment is taken down when it is.
GRANT SELECT ON liskeban.party, liskeban.progress TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT INSERT (ticket_id, department, area, role, due, note),
  UPDATE (due, done_at, refused_at, refused_reason, note) ON liskeban.party TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text),
  liskeban.party_done(bigint, text), liskeban.refuse_party(bigint, text), liskeban.progress(bigint, text, integer)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
REVOKE INSERT ON liskeban.attachment FROM liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, stage, uri, sha256, taken_at, geom) ON liskeban.attachment
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Supervision: likewise.
GRANT SELECT ON liskeban.supervision, liskeban.supervision_open TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, kind, reason, basis, reply_due, issued_by), UPDATE (reply, struck_at, note)
  ON liskeban.supervision TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.supervise(bigint, text, text, interval), liskeban.reply_supervision(bigint, text),
  liskeban.strike_off(bigint, text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Safety chains: what signals are held against is open, the register and the hazards by duty, signals to the desk.
GRANT SELECT ON liskeban.theme, liskeban.hazard_chain, liskeban.hazard_step, liskeban.hazard_rule, liskeban.hazard_object,
  liskeban.hazard, liskeban.hazard_task TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE ON liskeban.theme, liskeban.hazard_chain, liskeban.hazard_rule TO liskeban_admin;
GRANT INSERT, UPDATE, DELETE ON liskeban.hazard_step TO liskeban_admin;
GRANT INSERT (chain, code, name, address, area, geom, department, devices, facts),
  UPDATE (name, address, area, geom, department, devices, facts, retired_at) ON liskeban.hazard_object TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT ON liskeban.hazard_signal, liskeban.hazard_signal_day TO liskeban_admin, liskeban_dispatcher;
GRANT UPDATE (signal_retention) ON liskeban.platform TO liskeban_admin;
GRANT SELECT ON liskeban.hazard_signal_count TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT ON liskeban.hazard_listed TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.receive_signal(text, jsonb) TO liskeban_admin, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.begin_hazard(bigint, text, bigint, text, integer[]), liskeban.list_hazard(bigint),
  liskeban.delist_hazard(bigint) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.drop_hazard_signals(timestamptz) TO liskeban_admin, liskeban_job;

-- Emergencies, storms and the weather: open to all who work here, declared and fed by the desk; the guard says who declares.
GRANT SELECT ON liskeban.emergency, liskeban.emergency_kind, liskeban.emergency_sla, liskeban.storm, liskeban.storm_track,
  liskeban_report.storm_point, liskeban.weather TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.declare_emergency(text, text, liskeban.area_code, timestamptz, timestamptz),
  liskeban.end_emergency(bigint) TO liskeban_admin, liskeban_dispatcher;
GRANT INSERT, UPDATE ON liskeban.emergency_kind TO liskeban_admin;
GRANT INSERT, UPDATE, DELETE ON liskeban.emergency_sla TO liskeban_admin;
GRANT INSERT (kind, level, area, begins_at, ends_at), UPDATE (level, ends_at) ON liskeban.emergency TO liskeban_admin, liskeban_dispatcher;
GRANT INSERT ON liskeban.storm, liskeban.storm_track, liskeban.weather TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.load_storm(text, text, text, jsonb) TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.storm_swath(text, integer), liskeban.storm_impact(text, integer)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;

-- Residents and policies: nobody reads residents but through functions; what somebody is entitled to without why.
GRANT SELECT ON liskeban.attribute, liskeban.attribute_trust, liskeban.purpose, liskeban.scene, liskeban.policy, liskeban.policy_version
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE ON liskeban.attribute, liskeban.scene, liskeban.policy TO liskeban_admin;
GRANT INSERT, UPDATE, DELETE ON liskeban.attribute_trust, liskeban.purpose TO liskeban_admin;
GRANT SELECT (entitlement_id, resident_id, policy, area, department, since, until, state, ticket_id, notified_at, notified_by, applied_at, applied_by,
  decided_at, decided_by) ON liskeban.entitlement TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.resident_reject, liskeban.match_state TO liskeban_admin;
GRANT UPDATE (resolved_at) ON liskeban.resident_reject TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.load_residents(text, jsonb[]) TO liskeban_admin, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.read_resident(bigint, text, text, text[]), liskeban.find_resident(text, text, text),
  liskeban.notify_entitlement(bigint, text), liskeban.apply_entitlement(bigint, text), liskeban.apply_scene(bigint, text, text),
  liskeban.decide_entitlement(bigint, boolean, text), liskeban.explain_entitlement(bigint, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.match_policies(date), liskeban.raise_policy_tickets(integer) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.try_policy(text, jsonpath, date) TO liskeban_admin;
-- the guard of policies runs as who writes them
GRANT EXECUTE ON FUNCTION liskeban._rule_attributes(jsonpath), liskeban._rule_conditions(jsonpath), liskeban._require_purpose(text, text[])
  TO liskeban_admin;

-- A backup reads everything there is, and nothing else.
GRANT USAGE ON SCHEMA liskeban_report TO liskeban_backup, liskeban_admin, liskeban_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA liskeban TO liskeban_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA liskeban TO liskeban_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA liskeban_report TO liskeban_backup, liskeban_admin, liskeban_analyst;

-- Personal data: written by the desk, read through read_reporter() alone; whoever else is to read the table as it stands is
-- given that by a superuser. A ticket's key is needed to say whose reporter is meant.
REVOKE SELECT, INSERT, UPDATE ON liskeban.reporter FROM liskeban_admin, liskeban_dispatcher;
GRANT SELECT (ticket_id), INSERT (ticket_id, name, phone), UPDATE (name, phone) ON liskeban.reporter TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.mask_name(text), liskeban.mask_phone(text), liskeban.masked_reporter(bigint),
  liskeban.read_reporter(bigint, text, text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.ticket_reporter TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.access_log TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.anonymise_before(date) TO liskeban_admin, liskeban_job;
GRANT SELECT ON liskeban.ledger, liskeban.ledger_seal TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.seal_ledgers(), liskeban.verify_ledgers() TO liskeban_admin, liskeban_job;

-- How the platform does: a view calls its function as whoever reads it.
GRANT SELECT ON liskeban.health_measure TO liskeban_admin;
GRANT UPDATE (threshold, critical) ON liskeban.health_measure TO liskeban_admin;
GRANT USAGE ON SCHEMA liskeban_report TO liskeban_monitor;
GRANT SELECT ON liskeban_report.health TO liskeban_monitor;
GRANT EXECUTE ON FUNCTION liskeban._health_values() TO liskeban_reader, liskeban_backup, liskeban_admin, liskeban_analyst, liskeban_monitor;
GRANT EXECUTE ON FUNCTION liskeban.doctor(), liskeban._platform_findings() TO liskeban_admin;

-- Who may connect; a dump carries no rights on the database itself.
DO $$
BEGIN
  EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO liskeban_backup, liskeban_admin, liskeban_dispatcher, liskeban_handler, '
                            'liskeban_source, liskeban_analyst, liskeban_job, liskeban_monitor', current_database());
END
$$;
