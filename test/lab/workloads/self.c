/*
 * One task reads and writes a file through a shared mapping of the same file, with no page of it in memory: the copy
 * faults inside the call, on the very glock that the call holds. Linux before 5.16 stops in BUG() at the first read;
 * later ones drop the glock, fault the pages in and try again.
 *
 * With --direct, a read never ends on Linux 6.1 and 6.12 (seen on both; SIGKILL ends it): taking the glock in DF empties
 * the page cache, so the pages just faulted in are gone when the next attempt wants them. Use --op write there.
 */
#include "count.h"

int main(int argc, char **argv)
{
	struct options options = parse_options(argc, argv);
	struct counts counts = { 0 };
	char path[4096];
	int buffered, fd;
	char *map;
	long round;

	counts.tid = syscall(SYS_gettid);
	snprintf(path, sizeof path, "%s/self.dat", options.directory);
	buffered = make_file(&counts, path);
	fd = options.direct ? open(path, O_RDWR | O_DIRECT) : buffered;
	if (fd < 0)
		die(path);
	map = map_file(buffered);
	for (round = 0; round < options.count; round++) {
		if (options.reads) {
			evict(buffered, map);
			counted_read(&counts, fd, options.direct, map + PAGE, IO_PAGES * PAGE, 0);
		}
		if (options.writes) {
			evict(buffered, map);
			counted_write(&counts, fd, options.direct, map + PAGE, IO_PAGES * PAGE, 0);
		}
		pause_ms(options.pause);
	}
	printf("{\"workload\":\"self\",\"rounds\":%ld,\"threads\":[", options.count);
	print_counts(&counts);
	printf("]}\n");
	return 0;
}
