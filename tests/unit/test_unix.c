/* AF_UNIX through its system calls: transfer, blocking, limits, files in flight and their garbage.
 */
#include "fs/fdtable.h"
#include "kernel/net/ctl.h"
#include "kernel/net/unix.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

static struct task *task, *peer;
static int sv[2];
static long result;

static void make_pair(int type)
{
	ck_assert_int_eq(CALL(socketpair, AF_UNIX, type, 0, FAKE_BUF(0)), 0);
	memcpy(sv, FAKE_PTR(0), sizeof(sv));
}

static void setup(void)
{
	task = fake_task_create();
	peer = fake_task_create_peer(task);
	current = task;
	make_pair(SOCK_STREAM);
}

static int count_sock(const struct unix_info *info, void *arg)
{
	++*(int *)arg;
	return 0;
}

static int nr_socks(void)
{
	int n = 0;

	unix_for_each(count_sock, &n);
	return n;
}

static void teardown(void)
{
	fake_task_destroy(peer);
	fake_task_destroy(task);
	fake_advance(NSEC_PER_SEC); /* lets a collection run */
	ck_assert_int_eq(nr_socks(), 0);
	fake_fini();
}

static long put(int fd, const char *s)
{
	size_t len = strlen(s);

	memcpy(FAKE_PTR(1), s, len);
	return CALL(write, fd, FAKE_BUF(1), len);
}

static long get(int fd, size_t len)
{
	memset(FAKE_PTR(2), 0, 64);
	return CALL(read, fd, FAKE_BUF(2), len);
}

static long recv_now(int fd, size_t len)
{
	return CALL(recvfrom, fd, FAKE_BUF(2), len, MSG_DONTWAIT, 0, 0);
}

/* An address in guest memory, slot 3; its length is returned. */
static u32 put_addr(const char *path, bool abstract)
{
	struct sockaddr_un *un = FAKE_PTR(3);

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path + abstract, path);
	return (u32)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

/* One byte with files. */
static long send_fds(int sock, const int *fds, unsigned nr)
{
	struct msghdr *h = FAKE_PTR(4);
	struct iovec *iov = FAKE_PTR(5);
	struct cmsghdr *c = FAKE_PTR(6);

	*iov = (struct iovec){(void *)FAKE_BUF(1), 1};
	memset(h, 0, sizeof(*h));
	h->msg_iov = (void *)FAKE_BUF(5);
	h->msg_iovlen = 1;
	h->msg_control = (void *)FAKE_BUF(6);
	h->msg_controllen = CMSG_SPACE(nr * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy((char *)FAKE_PTR(6) + sizeof(*c), fds, nr * sizeof(int));
	return CALL(sendmsg, sock, FAKE_BUF(4), 0);
}

/* Receives a message; the files it brought go to fds. Their number. */
static int recv_fds(int sock, int *fds, unsigned max)
{
	struct msghdr *h = FAKE_PTR(4);
	struct iovec *iov = FAKE_PTR(5);
	struct cmsghdr *c = FAKE_PTR(6);
	size_t n;

	*iov = (struct iovec){(void *)FAKE_BUF(2), 64};
	memset(h, 0, sizeof(*h));
	h->msg_iov = (void *)FAKE_BUF(5);
	h->msg_iovlen = 1;
	h->msg_control = (void *)FAKE_BUF(6);
	h->msg_controllen = CMSG_LEN(max * sizeof(int));
	ck_assert_int_ge(CALL(recvmsg, sock, FAKE_BUF(4), MSG_DONTWAIT), 0);
	if (!h->msg_controllen)
		return 0;
	n = (c->cmsg_len - sizeof(*c)) / sizeof(int);
	memcpy(fds, (char *)FAKE_PTR(6) + sizeof(*c), n * sizeof(int));
	return (int)n;
}

/* ---- streams ---- */

START_TEST(a_read_crosses_writes)
{
	ck_assert_int_eq(put(sv[0], "hello "), 6);
	ck_assert_int_eq(put(sv[0], "world"), 5);
	ck_assert_int_eq(get(sv[1], 3), 3);
	ck_assert_int_eq(get(sv[1], 100), 8);
	ck_assert_str_eq(FAKE_PTR(2), "lo world");
	ck_assert_int_eq(recv_now(sv[1], 1), -EAGAIN);
}
END_TEST

START_TEST(close_with_unread_bytes_resets_the_peer)
{
	put(sv[0], "x");
	CALL(close, sv[1]);
	ck_assert_int_eq(get(sv[0], 1), -ECONNRESET);
	ck_assert_int_eq(get(sv[0], 1), 0);
}
END_TEST

START_TEST(write_to_a_closed_peer_gives_epipe_and_sigpipe)
{
	CALL(close, sv[1]);
	ck_assert_int_eq(CALL(sendto, sv[0], FAKE_BUF(1), 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
	ck_assert(!(signal_pending_set(task) & SIGBIT(SIGPIPE)));
	ck_assert_int_eq(put(sv[0], "x"), -EPIPE);
	ck_assert(signal_pending_set(task) & SIGBIT(SIGPIPE));
}
END_TEST

START_TEST(a_fault_takes_nothing_from_a_stream)
{
	put(sv[0], "abc");
	ck_assert_int_eq(CALL(read, sv[1], 8, 3), -EFAULT);
	ck_assert_int_eq(CALL(write, sv[0], 8, 3), -EFAULT);
	ck_assert_int_eq(get(sv[1], 10), 3);
}
END_TEST

static void reader(void *arg)
{
	result = CALL(read, sv[1], FAKE_BUF(2), 100);
}

static void big_writer(void *arg)
{
	result = 0;
	for (int i = 0; i < 20; i++)
		result += CALL(write, sv[0], FAKE_BUF(1), 30000);
}

START_TEST(a_reader_sleeps_until_bytes_come)
{
	ck_assert(!fake_run(task, reader, NULL));
	put(sv[0], "late");
	fake_run_all();
	ck_assert_int_eq(result, 4);
}
END_TEST

START_TEST(a_reader_sleeps_until_the_peer_leaves)
{
	result = -1;
	ck_assert(!fake_run(task, reader, NULL));
	CALL(close, sv[0]);
	fake_run_all();
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(a_writer_sleeps_at_the_send_buffer_and_goes_on)
{
	long got = 0, n;

	ck_assert(!fake_run(task, big_writer, NULL));
	ck_assert_int_lt(result, net_ctl.wmem_default + 30000);
	while ((n = recv_now(sv[1], 30000)) > 0) {
		got += n;
		fake_run_all();
	}
	ck_assert_int_eq(got, 600000);
	ck_assert_int_eq(result, 600000);
}
END_TEST

START_TEST(a_time_limit_ends_the_sleep)
{
	struct timeval tv = {1, 0};

	memcpy(FAKE_PTR(1), &tv, sizeof(tv));
	CALL(setsockopt, sv[1], SOL_SOCKET, SO_RCVTIMEO, FAKE_BUF(1), sizeof(tv));
	result = 0;
	ck_assert(!fake_run(task, reader, NULL));
	fake_advance(NSEC_PER_SEC / 2);
	fake_run_all();
	ck_assert_int_eq(result, 0);
	fake_advance(NSEC_PER_SEC);
	fake_run_all();
	ck_assert_int_eq(result, -EAGAIN);
}
END_TEST

/* ---- connections ---- */

static int listener, client;
static u32 addr_len;

static int make_listener(const char *name, bool abstract, int backlog)
{
	int fd = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);

	addr_len = put_addr(name, abstract);
	ck_assert_int_eq(CALL(bind, fd, FAKE_BUF(3), addr_len), 0);
	ck_assert_int_eq(CALL(listen, fd, backlog), 0);
	return fd;
}

static void connector(void *arg)
{
	result = CALL(connect, client, FAKE_BUF(3), addr_len);
}

START_TEST(a_full_backlog_holds_a_connect_until_accept)
{
	listener = make_listener("l", true, 0);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	connector(NULL);
	ck_assert_int_eq(result, 0);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connector(NULL);
	ck_assert_int_eq(result, -EAGAIN);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	result = 1;
	ck_assert(!fake_run(task, connector, NULL));
	ck_assert_int_eq(result, 1);
	ck_assert_int_ge(CALL(accept, listener, 0, 0), 0);
	fake_run_all();
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(a_waiting_connect_is_refused_when_the_listener_closes)
{
	listener = make_listener("l", true, 0);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	connector(NULL);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	ck_assert(!fake_run(task, connector, NULL));
	CALL(close, listener);
	fake_run_all();
	ck_assert_int_eq(result, -ECONNREFUSED);
}
END_TEST

START_TEST(a_pathname_outlives_its_socket_and_then_refuses)
{
	listener = make_listener("/sock", false, 1);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	connector(NULL);
	ck_assert_int_eq(result, 0);
	CALL(close, listener);
	client = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	connector(NULL);
	ck_assert_int_eq(result, -ECONNREFUSED);
	ck_assert_int_eq(CALL(bind, client, FAKE_BUF(3), addr_len), -EADDRINUSE);
	ck_assert_int_eq(CALL(unlink, fake_str("/sock")), 0);
	connector(NULL);
	ck_assert_int_eq(result, -ENOENT);
}
END_TEST

START_TEST(an_unlinked_inode_keeps_its_socket_until_close)
{
	listener = make_listener("/sock", false, 1);
	ck_assert_int_eq(CALL(unlink, fake_str("/sock")), 0);
	ck_assert_int_eq(CALL(close, listener), 0);
}
END_TEST

START_TEST(a_second_bind_leaves_no_inode_behind)
{
	listener = make_listener("/one", false, 1);
	addr_len = put_addr("/two", false);
	ck_assert_int_eq(CALL(bind, listener, FAKE_BUF(3), addr_len), -EINVAL);
	ck_assert_int_eq(CALL(access, fake_str("/two"), 0), -ENOENT);
}
END_TEST

/* ---- datagrams ---- */

static int dgram_to(const char *name)
{
	int s = (int)CALL(socket, AF_UNIX, SOCK_DGRAM, 0);

	addr_len = put_addr(name, true);
	ck_assert_int_eq(CALL(connect, s, FAKE_BUF(3), addr_len), 0);
	return s;
}

static int dgram_bound(const char *name)
{
	int s = (int)CALL(socket, AF_UNIX, SOCK_DGRAM, 0);

	addr_len = put_addr(name, true);
	ck_assert_int_eq(CALL(bind, s, FAKE_BUF(3), addr_len), 0);
	return s;
}

static void sender(void *arg)
{
	result = CALL(sendto, client, FAKE_BUF(1), 1, 0, 0, 0);
}

static int fill(int s)
{
	int n = 0;

	while (CALL(sendto, s, FAKE_BUF(1), 1, MSG_DONTWAIT, 0, 0) == 1)
		n++;
	return n;
}

START_TEST(a_full_datagram_queue_holds_the_sender)
{
	int r = dgram_bound("r");

	client = dgram_to("r");
	ck_assert_int_eq(fill(client), net_ctl.max_dgram_qlen + 1);
	result = 0;
	ck_assert(!fake_run(task, sender, NULL));
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(get(r, 10), 1);
	fake_run_all();
	ck_assert_int_eq(result, 1);
}
END_TEST

START_TEST(a_held_sender_is_refused_when_the_receiver_closes)
{
	int r = dgram_bound("r");

	client = dgram_to("r");
	fill(client);
	ck_assert(!fake_run(task, sender, NULL));
	CALL(close, r);
	fake_run_all();
	ck_assert_int_eq(result, -ECONNREFUSED);
}
END_TEST

START_TEST(datagrams_keep_their_borders)
{
	make_pair(SOCK_DGRAM);
	put(sv[0], "first");
	put(sv[0], "second");
	ck_assert_int_eq(get(sv[1], 2), 2);
	ck_assert_int_eq(get(sv[1], 100), 6);
	ck_assert_int_eq(CALL(sendto, sv[0], FAKE_BUF(1), 300000, 0, 0, 0), -EMSGSIZE);
}
END_TEST

/* ---- files in flight ---- */

static int pfd[2];

static void make_pipe(void)
{
	ck_assert_int_eq(CALL(pipe2, FAKE_BUF(0), O_NONBLOCK), 0);
	memcpy(pfd, FAKE_PTR(0), sizeof(pfd));
}

START_TEST(a_file_travels_and_is_the_same_file)
{
	int got[2];

	make_pipe();
	ck_assert_int_eq(send_fds(sv[0], &pfd[1], 1), 1);
	CALL(close, pfd[1]);
	ck_assert_int_eq(get(pfd[0], 1), -EAGAIN); /* the writer is in flight */
	ck_assert_int_eq(recv_fds(sv[1], got, 2), 1);
	ck_assert_int_eq(put(got[0], "via"), 3);
	CALL(close, got[0]);
	ck_assert_int_eq(get(pfd[0], 10), 3);
	ck_assert_int_eq(get(pfd[0], 10), 0);
}
END_TEST

START_TEST(files_of_a_queue_close_with_it)
{
	make_pipe();
	send_fds(sv[0], &pfd[1], 1);
	CALL(close, pfd[1]);
	CALL(close, sv[1]);
	ck_assert_int_eq(get(pfd[0], 1), 0);
}
END_TEST

START_TEST(a_read_without_control_buffer_drops_the_files)
{
	make_pipe();
	send_fds(sv[0], &pfd[1], 1);
	CALL(close, pfd[1]);
	ck_assert_int_eq(get(sv[1], 1), 1);
	ck_assert_int_eq(get(pfd[0], 1), 0);
}
END_TEST

START_TEST(a_socket_in_its_own_queue_is_collected)
{
	int fds[2];

	make_pipe();
	fds[0] = sv[1];
	fds[1] = pfd[1];
	ck_assert_int_eq(send_fds(sv[0], fds, 2), 1);
	CALL(close, pfd[1]);
	CALL(close, sv[1]);
	CALL(close, sv[0]);
	fake_advance(1);
	ck_assert_int_eq(get(pfd[0], 1), 0);
	ck_assert_int_eq(nr_socks(), 0);
}
END_TEST

START_TEST(sockets_in_a_ring_are_collected_and_reachable_ones_are_not)
{
	int a[2] = {sv[0], sv[1]}, keep[2], got[2];

	make_pair(SOCK_STREAM);
	memcpy(keep, sv, sizeof(keep));
	make_pipe();
	send_fds(a[0], &a[0], 1); /* a[0] waits in the queue of a[1] */
	send_fds(a[0], &pfd[1], 1);
	send_fds(keep[0], &a[1], 1); /* and a[1] in a queue that we can read */
	CALL(close, pfd[1]);
	CALL(close, a[0]);
	CALL(close, a[1]);
	CALL(close, CALL(socket, AF_UNIX, SOCK_STREAM, 0)); /* any close looks for garbage */
	fake_advance(1);
	ck_assert_int_eq(get(pfd[0], 1), -EAGAIN);
	ck_assert_int_eq(recv_fds(keep[1], got, 2), 1);
	send_fds(keep[0], &got[0], 1);
	CALL(close, got[0]);
	CALL(close, keep[0]);
	CALL(close, keep[1]); /* now nobody can */
	fake_advance(1);
	ck_assert_int_eq(get(pfd[0], 1), 0);
	ck_assert_int_eq(nr_socks(), 0);
}
END_TEST

START_TEST(a_listener_in_the_queue_of_its_embryo_is_collected)
{
	int s, l = make_listener("l", true, 3);

	make_pipe();
	s = (int)CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(CALL(connect, s, FAKE_BUF(3), addr_len), 0);
	ck_assert_int_eq(send_fds(s, (int[]){l, pfd[1]}, 2), 1);
	CALL(close, pfd[1]);
	CALL(close, l);
	CALL(close, s);
	fake_advance(1);
	ck_assert_int_eq(get(pfd[0], 1), 0);
}
END_TEST

START_TEST(a_long_chain_of_sockets_is_freed_without_recursion)
{
	int in;

	make_pipe();
	in = pfd[1];
	for (int i = 0; i < 20000; i++) {
		make_pair(SOCK_DGRAM);
		ck_assert_int_eq(send_fds(sv[0], &in, 1), 1);
		CALL(close, sv[0]);
		CALL(close, in);
		in = sv[1];
	}
	CALL(close, in);
	fake_advance(1);
	ck_assert_int_eq(get(pfd[0], 1), 0);
}
END_TEST

START_TEST(bad_descriptors_leave_nothing_in_flight)
{
	ck_assert_int_eq(send_fds(sv[0], (int[]){sv[0], 999}, 2), -EBADF);
	ck_assert_int_eq(recv_now(sv[1], 1), -EAGAIN);
}
END_TEST

START_TEST(a_name_is_printed_as_proc_net_unix_has_it)
{
	struct unix_info info = {
		.refs = 2, .flags = 0x10000, .type = 1, .state = 1, .ino = 77, .name = "@x"};
	char buf[128];

	unix_info_format(&info, buf, sizeof(buf));
	ck_assert_str_eq(buf, "0000000000000000: 00000002 00000000 00010000 0001 01    77 @x");
}
END_TEST

Suite *suite_unix(void)
{
	Suite *s = suite_create("unix");
	TCase *t = tcase_create("unix");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_read_crosses_writes);
	tcase_add_test(t, close_with_unread_bytes_resets_the_peer);
	tcase_add_test(t, write_to_a_closed_peer_gives_epipe_and_sigpipe);
	tcase_add_test(t, a_fault_takes_nothing_from_a_stream);
	tcase_add_test(t, a_reader_sleeps_until_bytes_come);
	tcase_add_test(t, a_reader_sleeps_until_the_peer_leaves);
	tcase_add_test(t, a_writer_sleeps_at_the_send_buffer_and_goes_on);
	tcase_add_test(t, a_time_limit_ends_the_sleep);
	tcase_add_test(t, a_full_backlog_holds_a_connect_until_accept);
	tcase_add_test(t, a_waiting_connect_is_refused_when_the_listener_closes);
	tcase_add_test(t, a_pathname_outlives_its_socket_and_then_refuses);
	tcase_add_test(t, an_unlinked_inode_keeps_its_socket_until_close);
	tcase_add_test(t, a_second_bind_leaves_no_inode_behind);
	tcase_add_test(t, a_full_datagram_queue_holds_the_sender);
	tcase_add_test(t, a_held_sender_is_refused_when_the_receiver_closes);
	tcase_add_test(t, datagrams_keep_their_borders);
	tcase_add_test(t, a_file_travels_and_is_the_same_file);
	tcase_add_test(t, files_of_a_queue_close_with_it);
	tcase_add_test(t, a_read_without_control_buffer_drops_the_files);
	tcase_add_test(t, a_socket_in_its_own_queue_is_collected);
	tcase_add_test(t, sockets_in_a_ring_are_collected_and_reachable_ones_are_not);
	tcase_add_test(t, a_listener_in_the_queue_of_its_embryo_is_collected);
	tcase_add_test(t, a_long_chain_of_sockets_is_freed_without_recursion);
	tcase_add_test(t, bad_descriptors_leave_nothing_in_flight);
	tcase_add_test(t, a_name_is_printed_as_proc_net_unix_has_it);
	suite_add_tcase(s, t);
	return s;
}
