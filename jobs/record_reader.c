/*
 * record_reader.c: cuts a file into records without looking at what they mean.
 *
 * A CSV record ends at the first end of line outside quotes.  When a quote that spans lines leads to no full record
 * (as many fields as the header has, every quote closed where a field ends) it was never closed: that record then ends
 * at the next line on which a full record begins, so that one stray quote costs one record and not the rest of the
 * file.  Each record that is not UTF-8 is handed out with what is wrong replaced, and a fault.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "job_common.h"
#include "record_reader.h"

/* The fuzzer reads less at a time. */
#ifndef READ_CHUNK
#define READ_CHUNK (256 * 1024)

/* A quoted field longer than this was never closed. */
#define MAX_RECORD (8 * 1024 * 1024)
#endif

struct RecordReader
{
	const char *path;
	gzFile		file;
	int			fd;
	double		file_size;		/* 0 when not known */
	bool		at_end;
	RecordFormat format;
	int			nfields;		/* of the header; 0 before it is read */
	long long	line_no;		/* of the byte at start */
	char	   *buffer;
	size_t		size;
	size_t		start;			/* what is not handed out yet */
	size_t		end;
	JobBuffer	repaired;
};

/* How a record stands at a place in the buffer. */
typedef struct Cut
{
	size_t		len;			/* without the end of its line */
	size_t		next;			/* where the one after it begins */
	int			nfields;
	bool		spans;			/* an end of line lies inside quotes */
	bool		broken;			/* a quote is not closed, or closed where no field ends */
	bool		incomplete;		/* the buffer ends before it does */
} Cut;

static bool
fill(RecordReader *reader)
{
	int			got;

	if (reader->at_end)
		return true;
	if (reader->start > 0)
	{
		memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	if (reader->end + READ_CHUNK > reader->size)
	{
		reader->size = reader->size * 2 + READ_CHUNK;
		reader->buffer = job_realloc(reader->buffer, reader->size);
	}
	/* as much as has room: a long record is then looked at again few times */
	got = gzread(reader->file, reader->buffer + reader->end, (unsigned) (reader->size - reader->end));
	if (got > 0)
		reader->end += got;
	if (got < 0 || (got == 0 && !gzeof(reader->file)))
	{
		int			errnum;
		const char *message = gzerror(reader->file, &errnum);

		job_complain("could not read \"%s\": %s", reader->path, errnum == Z_ERRNO ? strerror(errno) : message);
		return false;
	}
	if (got == 0)
	{
		int			errnum;

		/* a gzipped file that was cut off ends here too */
		(void) gzerror(reader->file, &errnum);
		if (errnum == Z_BUF_ERROR)
		{
			job_complain("could not read \"%s\": unexpected end of file", reader->path);
			return false;
		}
		reader->at_end = true;
	}
	return true;
}

RecordReader *
reader_open(const char *path, RecordFormat format)
{
	RecordReader *reader = job_malloc(sizeof(RecordReader));
	struct stat status;
	bool		is_stdin = strcmp(path, "-") == 0;

	memset(reader, 0, sizeof(*reader));
	reader->path = is_stdin ? "standard input" : path;
	reader->line_no = 1;
	reader->format = format;
	errno = 0;
	if (!is_stdin && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		errno = EISDIR;
	else
		reader->file = is_stdin ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
	if (reader->file == NULL)
	{
		job_complain("could not open \"%s\": %s", reader->path, errno ? strerror(errno) : "out of memory");
		free(reader);
		return NULL;
	}
	gzbuffer(reader->file, 128 * 1024);
	if (!is_stdin && stat(path, &status) == 0 && S_ISREG(status.st_mode))
		reader->file_size = (double) status.st_size;

	if (!fill(reader))
	{
		reader_close(reader);
		return NULL;
	}
	if (reader->end >= 3 && memcmp(reader->buffer, "\xEF\xBB\xBF", 3) == 0)
		reader->start = 3;
	if (reader->format == FORMAT_UNKNOWN)
	{
		size_t		i = reader->start;

		while (i < reader->end && strchr(" \t\r\n", reader->buffer[i]) != NULL && reader->buffer[i] != '\0')
			i++;
		reader->format = i < reader->end && reader->buffer[i] == '{' ? FORMAT_JSON : FORMAT_CSV;
	}
	return reader;
}

void
reader_close(RecordReader *reader)
{
	gzclose(reader->file);
	free(reader->buffer);
	job_buffer_free(&reader->repaired);
	free(reader);
}

RecordFormat
reader_format(const RecordReader *reader)
{
	return reader->format;
}

double
reader_fraction(const RecordReader *reader)
{
	double		unpacked = (double) gztell(reader->file);

	if (reader->file_size <= 0 || unpacked <= 0)
		return -1;
	/* what lies in the buffer is not read yet, as far as anybody else can tell */
	return gzoffset(reader->file) / reader->file_size * (1 - (reader->end - reader->start) / unpacked);
}

/* The line that begins at a place, whatever stands in it. */
static Cut
cut_line(const RecordReader *reader, size_t at)
{
	const char *begin = reader->buffer + at;
	const char *newline = memchr(begin, '\n', reader->end - at);
	Cut			cut = {0};

	cut.incomplete = newline == NULL && !reader->at_end;
	cut.len = (newline ? newline : reader->buffer + reader->end) - begin;
	cut.next = at + cut.len + (newline != NULL);
	if (cut.len > 0 && begin[cut.len - 1] == '\r')
		cut.len--;
	return cut;
}

/* The CSV record that begins at a place. */
static Cut
cut_csv(const RecordReader *reader, size_t at)
{
	const char *begin = reader->buffer + at;
	const char *end = reader->buffer + reader->end;
	const char *p = begin;
	Cut			cut = {0};

	for (;;)
	{
		/* a field begins at p */
		cut.nfields++;
		if (p < end && *p == '"')
		{
			const char *open = p;

			for (p++;;)
			{
				const char *quote = memchr(p, '"', end - p);

				if (quote == NULL || (quote + 1 == end && !reader->at_end))
				{
					cut.incomplete = !reader->at_end && (size_t) (end - begin) < MAX_RECORD;
					cut.broken = true;
					cut.spans = cut.spans || memchr(open, '\n', end - open) != NULL;
					p = end;
					break;
				}
				p = quote + 1;
				if (p >= end || *p != '"')
				{
					cut.spans = cut.spans || memchr(open, '\n', p - open) != NULL;
					break;
				}
				p++;
			}
			if (cut.broken)
				break;
			if (p + 1 < end && p[0] == '\r' && p[1] == '\n')
				p++;
			else if (p + 1 == end && *p == '\r')
			{
				if (!reader->at_end)
				{
					cut.incomplete = true;
					break;
				}
				p++;
			}
			if (p < end && *p != ',' && *p != '\n')
			{
				cut.broken = true;
				break;
			}
		}
		else
			while (p < end && *p != ',' && *p != '\n')
				p++;
		if (p >= end)
		{
			cut.incomplete = !reader->at_end;
			break;
		}
		if (*p == '\n')
			break;
		p++;
	}
	cut.len = p - begin;
	cut.next = at + cut.len + (p < end && *p == '\n');
	if (cut.len > 0 && begin[cut.len - 1] == '\r')
		cut.len--;
	return cut;
}

static bool
is_full(const RecordReader *reader, const Cut *cut)
{
	return !cut->broken && cut->nfields == reader->nfields && cut->len > 0;
}

/*
 * A record that goes wrong: to the end of its line, or when a quote is open there to the next line on which a full
 * record begins.  False when more must be read first.
 */
static bool
cut_broken(const RecordReader *reader, size_t at, Cut *cut)
{
	Cut			line = cut_line(reader, at);

	if (cut->spans)
		while (!line.incomplete && line.next - at < MAX_RECORD)
		{
			Cut			candidate;
			Cut			more;

			/* the buffer may end where a line does */
			if (line.next == reader->end)
			{
				if (!reader->at_end)
					return false;
				break;
			}
			candidate = cut_csv(reader, line.next);
			if (candidate.incomplete)
				return false;
			if (is_full(reader, &candidate))
				break;
			more = cut_line(reader, line.next);
			if (more.incomplete)
				return false;
			line.len = line.next - at + more.len;
			line.next = more.next;
		}
	if (line.incomplete)
		return false;
	cut->len = line.len;
	cut->next = line.next;
	return true;
}

/* Length of the UTF-8 character at p, or 0 when there is none. */
static int
utf8_length(const unsigned char *p, const unsigned char *end)
{
	unsigned char lowest = 0x80;
	unsigned char highest = 0xBF;
	int			len;

	if (*p >= 0x01 && *p <= 0x7F)
		return 1;
	if (*p >= 0xC2 && *p <= 0xDF)
		len = 2;
	else if (*p >= 0xE0 && *p <= 0xEF)
	{
		len = 3;
		if (*p == 0xE0)
			lowest = 0xA0;
		if (*p == 0xED)
			highest = 0x9F;		/* surrogates */
	}
	else if (*p >= 0xF0 && *p <= 0xF4)
	{
		len = 4;
		if (*p == 0xF0)
			lowest = 0x90;
		if (*p == 0xF4)
			highest = 0x8F;
	}
	else
		return 0;
	if (end - p < len || p[1] < lowest || p[1] > highest)
		return 0;
	for (int i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return len;
}

/* The server takes UTF-8 only, and no NUL. */
static void
check_encoding(RecordReader *reader, Record *record)
{
	const unsigned char *p = (const unsigned char *) record->data;
	const unsigned char *end = p + record->len;
	const unsigned char *good = p;
	int			len = 1;

	while (p < end && (len = utf8_length(p, end)) > 0)
		p += len;
	if (p >= end)
		return;
	job_buffer_reset(&reader->repaired);
	while (p < end)
	{
		len = utf8_length(p, end);
		if (len == 0)
		{
			job_buffer_add(&reader->repaired, (const char *) good, p - good);
			job_buffer_add(&reader->repaired, "\xEF\xBF\xBD", 3);
			good = p + 1;
		}
		p += len ? len : 1;
	}
	job_buffer_add(&reader->repaired, (const char *) good, end - good);
	record->data = reader->repaired.data;
	record->len = reader->repaired.len;
	record->fault = "not valid UTF-8";
}

int
reader_next(RecordReader *reader, Record *record)
{
	for (;;)
	{
		Cut			cut;
		bool		complete;
		long long	line_no = reader->line_no;
		const char *begin;

		if (reader->start >= reader->end)
		{
			if (reader->at_end)
				return 0;
			if (!fill(reader))
				return -1;
			continue;
		}

		if (reader->format == FORMAT_JSON)
			cut = cut_line(reader, reader->start);
		else
			cut = cut_csv(reader, reader->start);
		complete = !cut.incomplete;
		record->fault = NULL;
		if (complete && reader->format == FORMAT_CSV &&
			(cut.broken || (cut.spans && reader->nfields > 0 && cut.nfields != reader->nfields)))
		{
			complete = cut_broken(reader, reader->start, &cut);
			record->fault = cut.spans ? "a quote is not closed" : NULL;
		}
		if (!complete)
		{
			if (!fill(reader))
				return -1;
			continue;
		}

		begin = reader->buffer + reader->start;
		for (const char *p = begin; (p = memchr(p, '\n', reader->buffer + cut.next - p)) != NULL; p++)
			reader->line_no++;
		reader->start = cut.next;
		if (cut.len == 0)
			continue;			/* an empty line is no record */
		if (reader->format == FORMAT_CSV && reader->nfields == 0)
			reader->nfields = cut.nfields;
		record->data = begin;
		record->len = cut.len;
		record->line_no = line_no;
		check_encoding(reader, record);
		return 1;
	}
}

char *
reader_slurp(const char *path, size_t *len)
{
	RecordReader *reader = reader_open(path, FORMAT_CSV);
	char	   *result;

	if (reader == NULL)
		return NULL;
	while (!reader->at_end)
	{
		if (!fill(reader))
		{
			reader_close(reader);
			return NULL;
		}
	}
	*len = reader->end - reader->start;
	result = job_malloc(*len + 1);
	memcpy(result, reader->buffer + reader->start, *len);
	result[*len] = '\0';
	reader_close(reader);
	return result;
}
