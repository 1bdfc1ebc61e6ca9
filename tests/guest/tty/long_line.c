/* A canonical line holds 4095 characters; what is typed beyond is lost, the newline is not. */
#include "pty.h"

int main(void)
{
	static char in[5000], out[6000];
	size_t have = 0;

	pty_open();
	change(0, 0, 0, 0, 0, ECHO);
	memset(in, 'x', sizeof in);
	type_bytes(in, 4500);
	type("\n");
	have = SYS(read(slave, out, sizeof out));
	CHECK_EQ(have, 4096);
	CHECK_EQ(out[4095], '\n');
	type("next\n");
	READS("next\n");
	return 0;
}
