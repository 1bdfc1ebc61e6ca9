/* Canonical mode: lines, editing characters, echo in its variants, end of file, literal next. */
#include "pty.h"
#include <sys/wait.h>

int main(void)
{
	char buf[100];

	pty_open();
	type("hello");
	SHOWN("hello");
	NOTHING_TO_READ();
	type("\r"); /* ICRNL */
	SHOWN("\r\n");
	READS("hello\n");
	type("abc\177d\n");
	SHOWN("abc\b \bd\r\n");
	READS("abd\n");
	type("foo bar\027baz\n"); /* ^W */
	SHOWN("foo bar\b \b\b \b\b \bbaz\r\n");
	READS("foo baz\n");
	type("xyz\025k\n"); /* ^U */
	SHOWN("xyz\b \b\b \b\b \bk\r\n");
	READS("k\n");
	type("a\001b\177\177\n"); /* a control character is erased as two */
	SHOWN("a^Ab\b \b\b \b\b \b\r\n");
	READS("a\n");
	type("ab\022\n"); /* ^R */
	SHOWN("ab^R\r\nab\r\n");
	READS("ab\n");
	type("q\026\003\n"); /* ^V ^C */
	SHOWN("q^\b^C\r\n");
	READS("q\003\n");
	type("12\t3\177\177x\n"); /* erasing a tab goes back to column 2 */
	SHOWN("12\t3\b \b\b\b\b\b\b\bx\r\n");
	READS("12x\n");
	type("part\004");
	READS("part");
	SHOWN("part");
	type("\004");
	READS("");
	type("exact\004");
	AWAIT(readable(slave));
	CHECK_EQ(read(slave, buf, 5), 5); /* the ^D goes with it */
	NOTHING_TO_READ();
	SHOWN("exact");
	type("one\ntwo\n");
	AWAIT(waiting() == 8);
	CHECK_EQ(read(slave, buf, 2), 2);
	READS("e\n");
	READS("two\n");
	SHOWN("one\r\ntwo\r\n");

	change(0, 0, 0, 0, 0, ECHOE);
	type("ab\177\n");
	SHOWN("ab^?\r\n");
	READS("a\n");
	change(0, 0, 0, 0, ECHOE, ECHOKE);
	type("ab\025c\n");
	SHOWN("ab^U\r\nc\r\n");
	READS("c\n");
	change(0, 0, 0, 0, ECHOPRT, 0);
	type("abc\177\177d\n");
	SHOWN("abc\\cb/d\r\n");
	READS("ad\n");
	change(0, 0, 0, 0, ECHOKE, ECHOPRT | ECHOCTL);
	type("\001\n");
	SHOWN("\001\r\n");
	READS("\001\n");
	change(0, 0, 0, 0, ECHONL | ECHOCTL, ECHO);
	type("secret\n");
	SHOWN("\r\n");
	READS("secret\n");
	change(0, 0, 0, 0, ECHO, ECHONL);

	set_cc(VEOL, ';');
	type("x;y\n");
	SHOWN("x;y\r\n");
	READS("x;");
	READS("y\n");
	set_cc(VEOL, 0);
	change(IUTF8, 0, 0, 0, 0, 0);
	type("a\303\244\177b\n");
	SHOWN("a\303\244\b \bb\r\n");
	READS("ab\n");
	change(INLCR | IGNCR, ICRNL, 0, 0, 0, 0);
	type("a\rb\n\004");
	SHOWN("ab^M");
	READS("ab\r");
	change(ICRNL | ISTRIP | IUCLC, INLCR | IGNCR, 0, 0, 0, 0);
	type("A\302\n");
	SHOWN("ab\r\n");
	READS("ab\n");
	return 0;
}
