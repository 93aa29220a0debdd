/*
 * ticket_move.c: what follows from a change of a ticket: where it lies, who holds it, what its clocks say.
 *
 * Called by the guard once a change is allowed; everything is stamped on the new row, at the event's time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "area_index.h"
#include "category.h"
#include "duplicate.h"
#include "feedback.h"
#include "desk.h"
#include "dispatch.h"
#include "liskeban.h"
#include "maintain.h"
#include "plan.h"
#include "redraw.h"
#include "sla.h"
#include "ticket_change.h"

/* Moves of a lead from which something follows for the tickets merged into it. */
#define LEAD_MOVES ((1u << ACTION_CLOSE) | (1u << ACTION_REWORK) | (1u << ACTION_REOPEN) | (1u << ACTION_WITHDRAW) | \
					(1u << ACTION_REJECT) | (1u << ACTION_MERGE))
#define LATE_ENTRY_AFTER (10 * USECS_PER_MINUTE)

/* ---- errors ---- */

void
change_refuse_time(const Change *change, TicketColumn c, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
			 errmsg("impossible time in column \"%s\"", ticket_columns[c].name),
			 errdetail("%s", why)));
}

void
change_refuse_missing(const Change *change, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(&change->new, TC_TICKET_ID),
					change->move ? change->move->name : "amend"),
			 errdetail("Missing: %s.", what)));
}

void
change_refuse_actor(const Change *change, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not %s ticket " INT64_FORMAT, change->actor->name,
					change->move ? change->move->name : "amend", row_int64(&change->new, TC_TICKET_ID)),
			 errdetail("%s", why)));
}

/* ---- placing and holders ---- */

void
change_place(TicketRow *row)
{
	AreaCode	area;
	Placement	placement = area_place(row_datum(row, TC_GEOM), row_isnull(row, TC_GEOM), &area);

	row_set_enum(row, TC_PLACEMENT, placement);
	if (placement == PLACEMENT_INSIDE || placement == PLACEMENT_SNAPPED)
		row_set(row, TC_AREA, AreaCodeGetDatum(area));
	else
		row_set_null(row, TC_AREA);
}

/*
 * The holder is registered and in force: 23503.  Where a department holds the ticket, the area it was given before, or lies
 * in, may have ended since.
 */
void
change_check_holder(const Change *change)
{
	const TicketRow *row = &change->new;

	if (!row_isnull(row, TC_DEPARTMENT))
		department_check(row_datum(row, TC_DEPARTMENT));
	if (!row_isnull(row, TC_RESPONSIBLE_AREA) && (row_isnull(row, TC_DEPARTMENT) || changed(change, TC_RESPONSIBLE_AREA)))
		area_check_in_force(row_area(row, TC_RESPONSIBLE_AREA));
}

/* The rung of whoever holds the ticket. */
Tier
tier_of_holder(const TicketRow *row)
{
	Unit		unit = {.has_area = true};

	if (!row_isnull(row, TC_DEPARTMENT) || row_isnull(row, TC_RESPONSIBLE_AREA))
		return TIER_TOWN;
	unit.area = row_area(row, TC_RESPONSIBLE_AREA);
	return unit_rung(&unit);
}

/* ---- arrival ---- */

/*
 * Arrival is evidence: when, and by what proof.  Decides the event's time too.
 */
static void
on_arrive(Change *change)
{
	TicketRow  *new = &change->new;
	TimestampTz there;

	if (!in_set_list(change, TC_ON_SITE_AT) || row_isnull(new, TC_ON_SITE_AT))
		set_at(change, TC_ON_SITE_AT, change->at);
	if (!in_set_list(change, TC_ARRIVED_GEOM))
		row_set_null(new, TC_ARRIVED_GEOM);
	if (!in_set_list(change, TC_ARRIVAL_PROOF) || row_isnull(new, TC_ARRIVAL_PROOF))
		row_set_text(new, TC_ARRIVAL_PROOF, "declared");
	there = row_time(new, TC_ON_SITE_AT);

	if (!maintain_history())
	{
		if (strcmp(TextDatumGetCString(row_datum(new, TC_ARRIVAL_PROOF)), "gps") == 0)
		{
			double		metres;

			if (row_isnull(new, TC_ARRIVED_GEOM))
				change_refuse_missing(change, _("arrived_geom, which proof gps is"));
			if (row_isnull(new, TC_GEOM) ||
				!area_point_distance(row_datum(new, TC_GEOM), row_datum(new, TC_ARRIVED_GEOM), &metres))
				change_refuse_missing(change, _("geom, without which arrival cannot be proved by gps"));
			if (metres > platform_get()->arrival_distance)
				change_refuse_missing(change, psprintf(_("arrived_geom within %g m of the ticket; it is %.0f m away"),
												platform_get()->arrival_distance, metres));
		}
		if (!row_isnull(&change->old, TC_DISPATCHED_AT) && there < row_time(&change->old, TC_DISPATCHED_AT))
			change_refuse_time(change, TC_ON_SITE_AT, _("Nobody arrives before the ticket was dispatched."));
		if (there > Max(change->now, change->at))
			change_refuse_time(change, TC_ON_SITE_AT, _("Nobody has arrived in the future."));
		row_set(new, TC_LATE_ENTRY, BoolGetDatum(change->now - there > LATE_ENTRY_AFTER));
	}
	else
		row_set(new, TC_LATE_ENTRY, BoolGetDatum(false));
	change->at = Max(there, row_time(&change->old, TC_UPDATED_AT));
}

/* ---- moves ---- */

static void
stamp_resolved(Change *change)
{
	set_at(change, TC_RESOLVED_AT, change->at);
	row_set_text(&change->new, TC_RESOLVED_BY, change->actor->name);
	sla_on_resolve(&change->new, change->at);
}

/* What the citizen said of an earlier result says nothing of the next. */
static void
clear_answer(Change *change)
{
	feedback_keep_given(change);
	row_set_null(&change->new, TC_SATISFACTION);
	row_set_null(&change->new, TC_SOLVED);
	row_set_null(&change->new, TC_CHECKED_BY);
}

static void
on_reopen(Change *change)
{
	TicketRow  *new = &change->new;

	add_one(change, TC_RUN);
	add_one(change, TC_REOPEN_COUNT);
	row_set_null(new, TC_CLOSED_AT);
	row_set_null(new, TC_ON_SITE_AT);
	row_set_null(new, TC_ARRIVED_GEOM);
	row_set_null(new, TC_ARRIVAL_PROOF);
	row_set_null(new, TC_CONTACTED_AT);
	row_set(new, TC_LATE_ENTRY, BoolGetDatum(false));
	clear_answer(change);
	sla_on_reopen(new, change->at);
}

/* By itself again, with what was left; what its lead had come to is not its own any more. */
static void
on_unmerge(Change *change)
{
	TicketRow  *new = &change->new;

	row_set_null(new, TC_MERGED_INTO);
	row_set_null(new, TC_CLOSED_AT);
	clear_answer(change);
	sla_on_unmerge(new, change->at);
}

/* Work that begins again has somebody to do it, who may be another than before; an answered ticket had nobody yet. */
static void
begin_again(Change *change)
{
	TicketRow  *new = &change->new;
	bool		another = changed(change, TC_RESPONSIBLE_AREA) || changed(change, TC_DEPARTMENT);

	if (!maintain_history())
	{
		if (another)
		{
			change_check_holder(change);
			dispatch_check_no_way_back(change);
		}
		if (row_isnull(new, TC_RESPONSIBLE_AREA) && row_isnull(new, TC_DEPARTMENT))
			change_refuse_missing(change, "responsible_area|department");
	}
	if (row_isnull(&change->old, TC_TIER) || (another && row_enum(&change->old, TC_TIER) <= TIER_TOWN))
		row_set_enum(new, TC_TIER, tier_of_holder(new));
	set_at(change, TC_DISPATCHED_AT, change->at);
}

void
change_apply_move(Change *change)
{
	TicketRow  *new = &change->new;

	/* What follows for those merged into it is done by one statement over them: none may be out of its sight. */
	if (LEAD_MOVES & (1u << change->move->action))
		duplicate_check_snapshot(row_int64(new, TC_TICKET_ID));
	if (state_is_final(row_state(&change->old)) && !state_is_final(row_state(new)) && !maintain_history())
		redraw_follow(change);
	switch (change->move->action)
	{
		case ACTION_ACCEPT:
			if (changed(change, TC_RESPONSIBLE_AREA) || changed(change, TC_DEPARTMENT))
				change_check_holder(change);
			sla_on_accept(new, change->at);
			break;
		case ACTION_REJECT:
			if (!maintain_history() && !row_isnull(new, TC_REJECT_REASON))
			{
				reject_reason_check(row_datum(new, TC_REJECT_REASON));
				if (strcmp(TextDatumGetCString(row_datum(new, TC_REJECT_REASON)), "repeat_final") == 0)
					desk_check_repeat(change);
			}
			break;
		case ACTION_DISPATCH:
		case ACTION_REDISPATCH:
			dispatch_apply(change);
			break;
		case ACTION_RETURN:
			add_one(change, TC_RETURN_COUNT);
			break;
		case ACTION_ARRIVE:
			on_arrive(change);
			break;
		case ACTION_PLAN:
			if (!maintain_active())
				plan_check(&change->old, new, change->at);
			if ((row_time(new, TC_PROMISED_AT) <= change->at || TIMESTAMP_NOT_FINITE(row_time(new, TC_PROMISED_AT))) &&
				!maintain_history())
				change_refuse_time(change, TC_PROMISED_AT, _("A promise lies in the future."));
			sla_on_plan(new, change->at);
			break;
		case ACTION_ANSWER:
		case ACTION_RESOLVE:
			stamp_resolved(change);
			break;
		case ACTION_SUSPEND:
			if (!maintain_active())
				plan_check_suspension(&change->old, change->at, row_time(new, TC_SUSPEND_UNTIL));
			if (row_time(new, TC_SUSPEND_UNTIL) <= change->at || TIMESTAMP_NOT_FINITE(row_time(new, TC_SUSPEND_UNTIL)))
				change_refuse_time(change, TC_SUSPEND_UNTIL, _("A ticket is suspended until a time in the future."));
			row_set_enum(new, TC_SUSPENDED_FROM, row_state(&change->old));
			sla_on_stop(new, change->at);
			break;
		case ACTION_RESUME:
			row_set_null(new, TC_SUSPENDED_FROM);
			row_set_null(new, TC_SUSPEND_UNTIL);
			sla_on_restart(new, sla_restart_at(&change->old, change->actor->platform, change->at));
			break;
		case ACTION_CLOSE:
			set_at(change, TC_CLOSED_AT, change->at);
			break;
		case ACTION_REWORK:
			begin_again(change);
			add_one(change, TC_REWORK_COUNT);
			clear_answer(change);
			sla_on_rework(&change->old, new, change->at);
			break;
		case ACTION_REOPEN:
			if (!maintain_history())
				desk_check_reopen(change);
			begin_again(change);
			on_reopen(change);
			break;
		case ACTION_MERGE:
			duplicate_check_lead(change);
			sla_on_stop(new, change->at);
			break;
		case ACTION_UNMERGE:
			on_unmerge(change);
			break;
		default:
			break;
	}
}

/* ---- reclassification ---- */

void
change_check_category(const TicketRow *row)
{
	const Category *category = row_isnull(row, TC_CATEGORY) ? NULL : category_find_datum(row_datum(row, TC_CATEGORY));

	if (row_isnull(row, TC_CATEGORY))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("a ticket needs a category"),
				 errhint("See liskeban.category; \"uncategorised\" is one.")));
	if (category == NULL || category->retired)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("category \"%s\" is not registered, or retired", TextDatumGetCString(row_datum(row, TC_CATEGORY))),
				 errhint("See liskeban.category.")));
}

/*
 * Category or difficulty changed.  Unless given, the difficulty follows the category where it was the old category's.
 */
void
change_apply_category(Change *change)
{
	TicketRow  *new = &change->new;

	if (changed(change, TC_CATEGORY))
	{
		const Category *was = category_find_datum(row_datum(&change->old, TC_CATEGORY));

		change_check_category(new);
		if (!in_set_list(change, TC_DIFFICULTY) && was != NULL &&
			was->difficulty == row_enum(&change->old, TC_DIFFICULTY))
			row_set_enum(new, TC_DIFFICULTY, category_find_datum(row_datum(new, TC_CATEGORY))->difficulty);
	}
	if (changed(change, TC_DIFFICULTY) && !maintain_active() &&
		row_enum(new, TC_DIFFICULTY) > row_enum(&change->old, TC_DIFFICULTY))
	{
		TicketColumn due = row_isnull(&change->old, TC_RESOLVE_DUE) ? TC_PLAN_DUE : TC_RESOLVE_DUE;

		if (!actor_has_role(change->actor, ROLE_DISPATCHER, &change->old))
			change_refuse_actor(change, _("Only a dispatcher raises the difficulty."));
		if (!change->has_note)
			change_refuse_missing(change, _("note, which raising the difficulty needs"));
		if (!row_isnull(&change->old, due) && row_isnull(&change->old, TC_CLOCKS_STOPPED_AT) &&
			row_time(&change->old, due) < change->at)
			change_refuse_missing(change, psprintf(_("%s still ahead, before which difficulty is raised"), ticket_columns[due].name));
	}
	if (changed(change, TC_CATEGORY) || changed(change, TC_DIFFICULTY))
		sla_on_reclassify(&change->old, new, change->at);
}

/* A changed position places an open ticket anew; before dispatch the responsible area follows. */
void
change_apply_position(Change *change)
{
	TicketRow  *new = &change->new;
	TicketState state = row_state(&change->old);

	change_place(new);
	if ((state == STATE_REPORTED || state == STATE_ACCEPTED) && !changed(change, TC_RESPONSIBLE_AREA))
	{
		row_datum(new, TC_RESPONSIBLE_AREA) = row_datum(new, TC_AREA);
		row_isnull(new, TC_RESPONSIBLE_AREA) = row_isnull(new, TC_AREA);
	}
}

/* contact: a step that only liskeban.contact() takes. */
void
change_apply_contact(Change *change)
{
	TicketState state = row_state(&change->old);

	if (state != STATE_DISPATCHED && state != STATE_ON_SITE && state != STATE_PLANNED)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT " is \"%s\": there is nobody to contact the citizen",
						row_int64(&change->old, TC_TICKET_ID), state_labels[state])));
	if (!actor_has_role(change->actor, ROLE_HANDLER | ROLE_DISPATCHER, &change->old))
		change_refuse_actor(change, _("Contact is the handler's, or the desk's."));
	if (row_isnull(&change->old, TC_CONTACTED_AT))
		set_at(change, TC_CONTACTED_AT, change->at);
}
