/*
 * message.c: messages in the operator's language (lc_messages): the catalog of the extension, also for what is raised in
 * SQL.
 *
 * extension/po has a catalog a language; extension/po/template draws from the sources what must be in it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(message_format);

/*
 * The catalog's name, bound in this process.  The first message binds it, not _PG_init(): where the library is preloaded,
 * that runs in the postmaster, which knows no database and so no encoding to translate into.
 */
const char *
message_domain(void)
{
	static int	bound_by = 0;

	if (bound_by != MyProcPid)
	{
		pg_bindtextdomain(PG_TEXTDOMAIN("liskeban"));
		bound_by = MyProcPid;
	}
	return PG_TEXTDOMAIN("liskeban");
}

/*
 * message(format text, VARIADIC "any") returns text: format() of what the catalog has for the format.
 */
Datum
message_format(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(translated, FUNC_MAX_ARGS);
	char	   *format;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	/* a constant lies in the caller's frame from one call to the next: that stays as it is */
	memcpy(translated, fcinfo, SizeForFunctionCallInfo(fcinfo->nargs));
	format = text_to_cstring(PG_GETARG_TEXT_PP(0));
	/* the catalog's head stands under the empty string */
	if (format[0] != '\0')
		format = dgettext(message_domain(), format);
	translated->args[0].value = CStringGetTextDatum(format);
	PG_RETURN_DATUM(text_format(translated));
}
