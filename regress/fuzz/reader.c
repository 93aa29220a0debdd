/*
 * reader.c: a file cut into records: the same ones however much is read at a time, no byte told twice or left out.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>

static size_t read_chunk;
static size_t max_record;
#define READ_CHUNK read_chunk
#define MAX_RECORD max_record

#include "../../jobs/record_reader.c"
#include "../../jobs/job_common.c"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LARGE_CHUNK (256 * 1024)
#define LARGE_RECORD (8 * 1024 * 1024)

#define EXPECT(condition) \
	((condition) ? (void) 0 : (fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition), abort()))

/* Every record of the file, each as its line, its length, its bytes and its fault; how many, or -1. */
static int
read_all(const char *path, RecordFormat format, JobBuffer *told)
{
	RecordReader *reader = reader_open(path, format);
	Record		record;
	long long	line_no = 0;
	int			n = 0;
	int			got;

	job_buffer_reset(told);
	if (reader == NULL)
		return -1;
	while ((got = reader_next(reader, &record)) > 0)
	{
		char		head[80];
		const unsigned char *p = (const unsigned char *) record.data;
		const unsigned char *end = p + record.len;
		int			len;

		EXPECT(record.len > 0);
		EXPECT(record.line_no > line_no);
		line_no = record.line_no;
		for (; p < end; p += len)
		{
			len = utf8_length(p, end);
			EXPECT(len > 0);
		}
		job_buffer_add(told, head, snprintf(head, sizeof(head), "%lld %zu %s ", record.line_no, record.len,
											record.fault ? record.fault : "-"));
		job_buffer_add(told, record.data, record.len);
		EXPECT(reader_fraction(reader) <= 1);
		n++;
	}
	reader_close(reader);
	return got < 0 ? -1 : n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = {1, 2, 3, 5, 16, 61};
	static int	fd = -1;
	char		path[40];
	RecordFormat format;
	JobBuffer	whole = {0};
	JobBuffer	parts = {0};
	size_t		lines = 1;
	int			n;

	if (fd < 0)
		fd = memfd_create("fuzz", 0);
	if (size == 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data + 1, size - 1, 0) != (ssize_t) size - 1)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	format = data[0] % 3;
	for (size_t i = 1; i < size; i++)
		lines += data[i] == '\n';

	read_chunk = LARGE_CHUNK;
	max_record = LARGE_RECORD;
	n = read_all(path, format, &whole);
	EXPECT(n <= (long long) lines || (size > 2 && data[1] == 0x1f));
	read_chunk = chunks[data[0] / 3 % (sizeof(chunks) / sizeof(chunks[0]))];
	/* what a file looks like is told by what is read first of it */
	if (format != FORMAT_UNKNOWN && read_chunk >= 3)
	{
		EXPECT(read_all(path, format, &parts) == n);
		EXPECT(parts.len == whole.len && (n <= 0 || memcmp(parts.data, whole.data, parts.len) == 0));
	}
	max_record = 7;
	(void) read_all(path, format, &parts);
	job_buffer_free(&whole);
	job_buffer_free(&parts);
	return 0;
}
