/* Output processing: newline and carriage return mapping, tabs, columns; OPOST off. */
#include "pty.h"

#define WRITE(s) CHECK_EQ(write(slave, s, sizeof(s) - 1), sizeof(s) - 1)

int main(void)
{
	pty_open();
	WRITE("a\nb\n");
	SHOWN("a\r\nb\r\n");
	change(0, 0, OCRNL, ONLCR, 0, 0);
	WRITE("a\rb\n");
	SHOWN("a\nb\n");
	change(0, 0, XTABS, OCRNL, 0, 0);
	WRITE("\rab\tc\t\r\tx");
	SHOWN("\rab      c       \r        x");
	change(0, 0, ONOCR, XTABS, 0, 0);
	WRITE("\r");
	SHOWN("\r");
	WRITE("\r");
	WRITE("z");
	SHOWN("z");
	change(0, 0, OLCUC, ONOCR, 0, 0);
	WRITE("abC");
	SHOWN("ABC");
	change(0, 0, 0, OPOST, 0, 0);
	WRITE("abc\n\r\t");
	SHOWN("abc\n\r\t");
	NOTHING_SHOWN();
	return 0;
}
