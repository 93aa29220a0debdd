/*
 * now.c: the one clock source of the platform.
 *
 * Every rule asks liskeban_now(), so that a replay, a test or a history can be played at its own time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "liskeban.h"

static char *now_setting = NULL;
static bool now_is_set = false;
static TimestampTz now_value = 0;

PG_FUNCTION_INFO_V1(liskeban_now_sql);

/*
 * Check hook: parse the instant once, and keep it in UTC so that it means the same in a parallel worker whatever the
 * worker's TimeZone is at that moment.
 */
static bool
now_check(char **newval, void **extra, GucSource source)
{
	char	   *str = *newval;
	char		workbuf[MAXDATELEN + MAXDATEFIELDS];
	char	   *field[MAXDATEFIELDS];
	int			ftype[MAXDATEFIELDS];
	struct pg_tm tt;
	fsec_t		fsec;
	int			nf;
	int			dtype;
	int			tz = 0;
	TimestampTz value;
	TimestampTz *parsed;
	char		canonical[MAXDATELEN + 1];

	if (str == NULL || str[0] == '\0')
		return true;

	if (ParseDateTime(str, workbuf, sizeof(workbuf), field, ftype, MAXDATEFIELDS, &nf) != 0 ||
		compat_decode_datetime(field, ftype, nf, &dtype, &tt, &fsec, &tz) != 0 ||
		dtype != DTK_DATE ||
		tm2timestamp(&tt, fsec, &tz, &value) != 0)
	{
		GUC_check_errdetail("The value must be a date and time, such as 2024-09-16 08:30:00+08, or empty for the server's clock.");
		return false;
	}

	parsed = (TimestampTz *) compat_guc_malloc(sizeof(TimestampTz));
	if (parsed == NULL)
		return false;
	*parsed = value;

	tz = 0;
	if (timestamp2tm(value, NULL, &tt, &fsec, NULL, NULL) != 0)
	{
		compat_guc_free(parsed);
		return false;
	}
	tt.tm_isdst = 0;			/* else the zone is left out */
	EncodeDateTime(&tt, fsec, true, 0, "UTC", USE_ISO_DATES, canonical);
	str = compat_guc_strdup(canonical);
	if (str == NULL)
	{
		compat_guc_free(parsed);
		return false;
	}
	compat_guc_free(*newval);
	*newval = str;
	*extra = parsed;
	return true;
}

static void
now_assign(const char *newval, void *extra)
{
	now_is_set = extra != NULL;
	now_value = extra != NULL ? *(TimestampTz *) extra : 0;
}

void
now_init(void)
{
	DefineCustomStringVariable("liskeban.now",
							   "The time the platform goes by, for replays, tests and histories.",
							   "Empty means the time at which the statement began.",
							   &now_setting, "", PGC_SUSET, 0,
							   now_check, now_assign, NULL);
}

/*
 * The setting, or the start of the statement; never the wall clock in between, for rules that ask twice must agree.
 */
TimestampTz
liskeban_now(void)
{
	return now_is_set ? now_value : GetCurrentStatementStartTimestamp();
}

Datum
liskeban_now_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(liskeban_now());
}
