/* What one thread of a workload issued and got, counted exactly, and printed as JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096L
#define FILE_PAGES 16
#define IO_PAGES 4

/* Every pread and pwrite is one read_iter or write_iter: never retried here, whatever it returns. */
struct counts {
	long tid;
	unsigned long long inode;
	long reads_buffered, reads_direct, writes_buffered, writes_direct;
	long long bytes_read, bytes_written;
	long short_reads, short_writes, failures;
	int last_errno;
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void counted_read(struct counts *counts, int fd, int direct, void *to, size_t length, off_t offset)
{
	ssize_t got = pread(fd, to, length, offset);

	if (direct)
		counts->reads_direct++;
	else
		counts->reads_buffered++;
	if (got < 0) {
		counts->failures++;
		counts->last_errno = errno;
		return;
	}
	counts->bytes_read += got;
	if ((size_t)got < length)
		counts->short_reads++;
}

static void counted_write(struct counts *counts, int fd, int direct, const void *from, size_t length, off_t offset)
{
	ssize_t put = pwrite(fd, from, length, offset);

	if (direct)
		counts->writes_direct++;
	else
		counts->writes_buffered++;
	if (put < 0) {
		counts->failures++;
		counts->last_errno = errno;
		return;
	}
	counts->bytes_written += put;
	if ((size_t)put < length)
		counts->short_writes++;
}

/* A file of FILE_PAGES pages, written with one buffered pwrite that is counted as well. Gives its descriptor. */
static int make_file(struct counts *counts, const char *path)
{
	static char zeros[FILE_PAGES * PAGE];
	struct stat about;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || fstat(fd, &about) < 0)
		die(path);
	counts->inode = about.st_ino;
	counted_write(counts, fd, 0, zeros, sizeof zeros, 0);
	return fd;
}

static char *map_file(int fd)
{
	char *map = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		die("mmap");
	return map;
}

/* Afterwards no page of the file is in memory or in the mapping: touching one faults and reads the disk. */
static void evict(int fd, char *map)
{
	if (fsync(fd) < 0)
		die("fsync");
	if (madvise(map, FILE_PAGES * PAGE, MADV_DONTNEED) < 0)
		die("madvise");
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (errno != 0)
		die("posix_fadvise");
}

static void pause_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	if (ms > 0)
		nanosleep(&time, NULL);
}

static void print_counts(const struct counts *counts)
{
	printf("{\"tid\":%ld,\"inode\":%llu,", counts->tid, counts->inode);
	printf("\"reads\":{\"buffered\":%ld,\"direct\":%ld},", counts->reads_buffered, counts->reads_direct);
	printf("\"writes\":{\"buffered\":%ld,\"direct\":%ld},", counts->writes_buffered, counts->writes_direct);
	printf("\"bytesRead\":%lld,\"bytesWritten\":%lld,", counts->bytes_read, counts->bytes_written);
	printf("\"shortReads\":%ld,\"shortWrites\":%ld,", counts->short_reads, counts->short_writes);
	printf("\"failures\":%ld,\"lastErrno\":%d}", counts->failures, counts->last_errno);
}

/* --count N  --dir PATH  --op read|write|both  --direct  --pause MILLISECONDS */
struct options {
	long count;
	const char *directory;
	int reads, writes, direct;
	long pause;
};

static struct options parse_options(int argc, char **argv)
{
	struct options options = { 10, "/mnt", 1, 1, 0, 0 };
	int i;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--direct") == 0) {
			options.direct = 1;
			continue;
		}
		if (strcmp(argv[i], "--count") == 0)
			options.count = atol(value);
		else if (strcmp(argv[i], "--dir") == 0)
			options.directory = value;
		else if (strcmp(argv[i], "--pause") == 0)
			options.pause = atol(value);
		else if (strcmp(argv[i], "--op") == 0) {
			options.reads = strcmp(value, "write") != 0;
			options.writes = strcmp(value, "read") != 0;
		} else {
			fprintf(stderr, "unknown option %s\n", argv[i]);
			exit(2);
		}
		i++;
	}
	return options;
}
