/*
 * Two tasks on two files, each reading and writing its file through a shared mapping of the other's: inside the call
 * each holds its file's glock and faults on the other's. Linux before 5.16 deadlocks when both are there at once.
 */
#include "count.h"

struct side {
	struct options options;
	struct counts counts;
	const char *name;
	struct side *other;
	int buffered, fd;
	char *map;
};

static pthread_barrier_t ready;

static void *work(void *argument)
{
	struct side *side = argument;
	struct options options = side->options;
	char path[4096];
	long round;

	side->counts.tid = syscall(SYS_gettid);
	snprintf(path, sizeof path, "%s/%s", options.directory, side->name);
	side->buffered = make_file(&side->counts, path);
	side->fd = options.direct ? open(path, O_RDWR | O_DIRECT) : side->buffered;
	if (side->fd < 0)
		die(path);
	side->map = map_file(side->buffered);
	pthread_barrier_wait(&ready);
	for (round = 0; round < options.count; round++) {
		if (options.reads) {
			evict(side->other->buffered, side->other->map);
			counted_read(&side->counts, side->fd, options.direct, side->other->map + PAGE, IO_PAGES * PAGE, 0);
		}
		if (options.writes) {
			evict(side->other->buffered, side->other->map);
			counted_write(&side->counts, side->fd, options.direct, side->other->map + PAGE, IO_PAGES * PAGE, 0);
		}
		pause_ms(options.pause);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct side a = { 0 }, b = { 0 };
	pthread_t thread;

	a.options = b.options = parse_options(argc, argv);
	a.name = "cross-a.dat";
	b.name = "cross-b.dat";
	a.other = &b;
	b.other = &a;
	if (pthread_barrier_init(&ready, NULL, 2) != 0 || pthread_create(&thread, NULL, work, &b) != 0)
		die("threads");
	work(&a);
	pthread_join(thread, NULL);
	printf("{\"workload\":\"cross\",\"rounds\":%ld,\"threads\":[", a.options.count);
	print_counts(&a.counts);
	printf(",");
	print_counts(&b.counts);
	printf("]}\n");
	return 0;
}
