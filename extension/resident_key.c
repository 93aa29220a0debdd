/*
 * resident_key.c: what a person is known by across sources: the identity number, checked, and the key of its hash.
 *
 * The number is 17 digits and a check character (GB 11643-1999).  It is hashed at once (HMAC-SHA256, by pgcrypto) and never
 * stored; nor is it told in a message, and a statement that is refused for its number is left out of the server's log.  The
 * key lies in a file of the server's, outside every table, so that no dump has it: who has the hashes and the key finds the
 * numbers by trying, for there are not many.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/string.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"

#include "liskeban.h"

PG_FUNCTION_INFO_V1(identity_number);
PG_FUNCTION_INFO_V1(identity_number_fault);
PG_FUNCTION_INFO_V1(identity_key);
PG_FUNCTION_INFO_V1(make_identity_key);

#define NUMBER_LENGTH 18
#define KEY_BYTES 32

static char *identity_key_file = NULL;

/*
 * What is wrong with a number, in its form (22P02) or in what it says (22023); NULL when nothing is, and then number[] holds
 * it as it is hashed, with a capital X.
 */
static const char *
number_fault(const text *given, char *number, int *code)
{
	static const int weight[NUMBER_LENGTH - 1] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	static const char check[] = "10X98765432";
	const char *digits = VARDATA_ANY(given);
	int			sum = 0;
	int			year;
	int			month;
	int			day;

	*code = ERRCODE_INVALID_TEXT_REPRESENTATION;
	if (VARSIZE_ANY_EXHDR(given) != NUMBER_LENGTH)
		return _("identity number has not 18 characters");
	for (int i = 0; i < NUMBER_LENGTH - 1; i++)
	{
		if (digits[i] < '0' || digits[i] > '9')
			return _("identity number is not 17 digits and a check character");
		sum += (digits[i] - '0') * weight[i];
	}
	memcpy(number, digits, NUMBER_LENGTH);
	number[NUMBER_LENGTH - 1] = pg_toupper((unsigned char) digits[NUMBER_LENGTH - 1]);
	if (strchr("0123456789X", number[NUMBER_LENGTH - 1]) == NULL)
		return _("identity number is not 17 digits and a check character");

	*code = ERRCODE_INVALID_PARAMETER_VALUE;
	if (number[NUMBER_LENGTH - 1] != check[sum % 11])
		return _("identity number has another check character");
	year = pg_strtoint32(pnstrdup(digits + 6, 4));
	month = pg_strtoint32(pnstrdup(digits + 10, 2));
	day = pg_strtoint32(pnstrdup(digits + 12, 2));
	if (year < 1850 || month < 1 || month > 12 || day < 1 || day > day_tab[isleap(year)][month - 1])
		return _("identity number has no date of birth");
	return NULL;
}

/*
 * _identity_number(given text) returns text: the number as it is hashed; 22P02 where its form is wrong, 22023 where its
 * check character or its date is.
 */
Datum
identity_number(PG_FUNCTION_ARGS)
{
	text	   *given = PG_GETARG_TEXT_PP(0);
	char		number[NUMBER_LENGTH];
	int			code;
	const char *fault = number_fault(given, number, &code);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(code),
				 errmsg_internal("%s", fault),
				 errhint("It is 17 digits and a check character by GB 11643."),
				 errhidestmt(true), errhidecontext(true)));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(number, NUMBER_LENGTH));
}

/* _identity_number_fault(given text) returns text: what is wrong with a number, without it; NULL when nothing is. */
Datum
identity_number_fault(PG_FUNCTION_ARGS)
{
	char		number[NUMBER_LENGTH];
	int			code;
	const char *fault = number_fault(PG_GETARG_TEXT_PP(0), number, &code);

	if (fault == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(fault));
}

/*
 * _identity_key() returns bytea: the key, 64 hexadecimal digits in the file that liskeban.identity_key_file names.  Nobody
 * but the server's account may read the file, or its group where root owns it, as PostgreSQL asks of ssl_key_file.
 */
Datum
identity_key(PG_FUNCTION_ARGS)
{
	int			fd = OpenTransientFile(identity_key_file, O_RDONLY | PG_BINARY);
	char		digits[2 * KEY_BYTES + 3];
	struct stat st;
	int			n;
	bytea	   *key;

	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open the file of the identity key: %m"),
				 errhint("SELECT liskeban.make_identity_key() makes it, once; after a restore put the old one in its place.")));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		(st.st_mode & (st.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("the file of the identity key is open to others"),
				 errdetail("It must have permissions u=rw (0600) or less, or u=rw,g=r (0640) or less where root owns it.")));
	n = read(fd, digits, sizeof(digits) - 1);
	if (n < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read the file of the identity key: %m")));
	CloseTransientFile(fd);
	digits[n] = '\0';
	n = pg_strip_crlf(digits);
	if (n != 2 * KEY_BYTES || strspn(digits, "0123456789abcdefABCDEF") != 2 * KEY_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("the file of the identity key does not hold %d hexadecimal digits", 2 * KEY_BYTES)));
	key = palloc(VARHDRSZ + KEY_BYTES);
	SET_VARSIZE(key, VARHDRSZ + KEY_BYTES);
	(void) hex_decode(digits, n, VARDATA(key));
	explicit_bzero(digits, sizeof(digits));
	PG_RETURN_BYTEA_P(key);
}

/* make_identity_key(): draw the key and write its file; 58P02 where there is one. */
Datum
make_identity_key(PG_FUNCTION_ARGS)
{
	uint8		key[KEY_BYTES];
	char		digits[2 * KEY_BYTES + 1];
	int			fd;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only a superuser can make the identity key")));
	if (!pg_strong_random(key, KEY_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not draw random bytes")));
	(void) hex_encode((char *) key, KEY_BYTES, digits);
	digits[2 * KEY_BYTES] = '\n';
	fd = OpenTransientFilePerm(identity_key_file, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, S_IRUSR | S_IWUSR);
	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not make the file of the identity key: %m")));
	if (write(fd, digits, sizeof(digits)) != sizeof(digits) || pg_fsync(fd) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write the file of the identity key: %m")));
	CloseTransientFile(fd);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(digits, sizeof(digits));
	PG_RETURN_VOID();
}

void
resident_key_init(void)
{
	DefineCustomStringVariable("liskeban.identity_key_file",
							   "The file that holds the key by which identity numbers are hashed.",
							   "A relative path begins at the data directory.",
							   &identity_key_file, "liskeban_identity.key", PGC_SUSET, GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);
}
