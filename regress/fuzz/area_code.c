/*
 * area_code.c: the text and the binary form of an area's code: what is taken comes out as it went in.
 */
#include "server.h"

#include "../../extension/area_code.c"

static void
check_code(AreaCode code)
{
	const char *detail;
	char	   *text = area_code_to_cstring(code);
	AreaLevel	level = area_code_level(code);
	AreaCode	again;

	FUZZ_EXPECT(strlen(text) == (size_t) level_digits[level]);
	FUZZ_EXPECT(area_code_parse(text, &again, &detail) && again == code);
	for (int above = AREA_PROVINCE; above <= (int) level; above++)
	{
		AreaCode	parent = area_code_parent(code, (AreaLevel) above);

		FUZZ_EXPECT(area_code_level(parent) == (AreaLevel) above);
		FUZZ_EXPECT(area_code_contains(parent, code));
		FUZZ_EXPECT(area_code_contains(code, parent) == (parent == code));
		FUZZ_EXPECT(strncmp(area_code_to_cstring(parent), text, level_digits[above]) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char	   *text = palloc0(size + 1);
	StringInfoData message = {(char *) data, (int) size, (int) size, 0};
	LOCAL_FCINFO(fcinfo, 1);
	const char *detail = NULL;
	AreaCode	code;

	memcpy(text, data, size);
	if (area_code_parse(text, &code, &detail))
	{
		/* zeros at the end are padding, nothing else is lost */
		char	   *out = area_code_to_cstring(code);

		FUZZ_EXPECT(strncmp(out, text, strlen(out)) == 0);
		FUZZ_EXPECT(strspn(text + strlen(out), "0") == strlen(text) - strlen(out));
		check_code(code);
	}
	else
		FUZZ_EXPECT(detail != NULL);

	memset(fcinfo, 0, SizeForFunctionCallInfo(1));
	fcinfo->args[0].value = PointerGetDatum(&message);
	if (FUZZ_TRY())
		check_code(DatumGetAreaCode(area_code_recv(fcinfo)));
	else
		FUZZ_EXPECT(fuzz_sqlstate == ERRCODE_INVALID_BINARY_REPRESENTATION ||
					(fuzz_sqlstate == ERRCODE_PROTOCOL_VIOLATION && size < sizeof(AreaCode)));
	fuzz_reset();
	return 0;
}
