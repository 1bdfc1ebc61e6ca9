/* Process accounting: acct(2), acct(5). */
#ifndef SKIFF_KERNEL_ACCT_H
#define SKIFF_KERNEL_ACCT_H

struct task;

/* The last thread of a process ends: a record goes to the file, if there is one. Sleeps. */
void acct_process(struct task *t);

#endif
