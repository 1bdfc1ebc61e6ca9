/*
 * Control messages of AF_UNIX: parsing what a sender gives, with its permission checks, and
 * handing files and credentials to a receiver. Called by unix_stream.c and unix_dgram.c; accounting
 * of files in flight is unix_gc.c's. A struct scm owns one reference to each of its files until
 * scm_recv or scm_fini takes it over. unix(7), credentials(7).
 */
#include "kernel/net/scm.h"

#include "fs/fdtable.h"
#include "kernel/cred.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static void scm_fds_free(struct scm_fds *fds)
{
	if (!fds)
		return;
	for (unsigned i = 0; i < fds->nr; i++)
		file_put(fds->file[i]);
	free(fds);
}

void scm_fini(struct scm *scm)
{
	scm_fds_free(scm->fds);
	scm->fds = NULL;
}

/* Adds the files of one SCM_RIGHTS message: fd numbers at data, unaligned. */
static int scm_add_fds(struct scm *scm, const u8 *data, size_t len)
{
	size_t nr = len / sizeof(int);
	struct scm_fds *fds = scm->fds;

	if (!nr)
		return 0;
	if (nr > ABI_SCM_MAX_FD || (fds && nr > ABI_SCM_MAX_FD - fds->nr))
		return -EINVAL;
	if (!fds) {
		fds = malloc(sizeof(*fds) + ABI_SCM_MAX_FD * sizeof(fds->file[0]));
		if (!fds)
			return -ENOMEM;
		fds->nr = 0;
		fds->uid = current->cred->uid;
		scm->fds = fds;
	}
	for (size_t i = 0; i < nr; i++) {
		struct file *f;
		int fd;

		memcpy(&fd, data + i * sizeof(int), sizeof(fd));
		f = fd_file_raw(fd);
		if (!f)
			return -EBADF;
		fds->file[fds->nr++] = f;
	}
	return 0;
}

/* Ids are the caller's, and the kernel's afterwards. */
static int scm_check_cred(struct ucred *uc)
{
	const struct cred *c = current->cred;

	uc->pid = pid_in(uc->pid);
	uc->uid = uid_in(uc->uid);
	uc->gid = gid_in(uc->gid);
	if (uc->uid == ID_INVALID || uc->gid == ID_INVALID)
		return -EINVAL;
	if (uc->pid != current->tg->pid) {
		if (!cred_has(c, CAP_SYS_ADMIN))
			return -EPERM;
		if (uc->pid <= 0 || !tgroup_find(uc->pid))
			return -ESRCH;
	}
	if (uc->uid != c->uid && uc->uid != c->euid && uc->uid != c->suid &&
		!cred_has(c, CAP_SETUID))
		return -EPERM;
	if (uc->gid != c->gid && uc->gid != c->egid && uc->gid != c->sgid &&
		!cred_has(c, CAP_SETGID))
		return -EPERM;
	return 0;
}

static int scm_parse_one(struct scm *scm, const struct cmsghdr *h, const u8 *data, size_t len)
{
	struct ucred uc;
	int err;

	switch (h->cmsg_type) {
	case SCM_RIGHTS:
		return scm_add_fds(scm, data, len);
	case SCM_CREDENTIALS:
		if (len != sizeof(uc))
			return -EINVAL;
		memcpy(&uc, data, sizeof(uc));
		err = scm_check_cred(&uc);
		if (!err)
			scm->cred = uc;
		return err;
	default:
		return -EINVAL;
	}
}

/* An unused tail of the array that scm_add_fds made is not worth keeping for a queued message. */
static void scm_fds_trim(struct scm *scm)
{
	struct scm_fds *t;

	if (!scm->fds)
		return;
	t = realloc(scm->fds, sizeof(*t) + scm->fds->nr * sizeof(t->file[0]));
	if (t)
		scm->fds = t;
}

int scm_send(const struct sock_msg *m, struct scm *scm)
{
	const u8 *p = m->control;
	size_t left = m->control_len;
	int err = 0;

	*scm = (struct scm){.has_cred = true};
	scm->cred.pid = current->tg->pid;
	scm->cred.uid = current->cred->uid;
	scm->cred.gid = current->cred->gid;
	while (left >= sizeof(struct cmsghdr) && !err) {
		struct cmsghdr h;
		size_t step;

		memcpy(&h, p, sizeof(h));
		if (h.cmsg_len < sizeof(h) || h.cmsg_len > left)
			err = -EINVAL;
		else if (h.cmsg_level == SOL_SOCKET)
			err = scm_parse_one(scm, &h, p + sizeof(h), h.cmsg_len - sizeof(h));
		step = MIN(CMSG_ALIGN(h.cmsg_len), left);
		if (err)
			break;
		p += step;
		left -= step;
	}
	if (err)
		scm_fini(scm);
	else
		scm_fds_trim(scm);
	return err;
}

/* Installs as many files as the control buffer and the descriptor table have room for. */
static int scm_put_fds(struct sock_msg *m, const struct scm_fds *fds)
{
	size_t room = m->ucontrol_left;
	bool cloexec = m->flags & MSG_CMSG_CLOEXEC;
	struct cmsghdr h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	unsigned max = 0, i;
	int err = 0;

	if (m->ucontrol && room >= sizeof(h))
		max = (unsigned)MIN((room - sizeof(h)) / sizeof(int), (size_t)fds->nr);
	for (i = 0; i < max; i++) {
		int fd = fd_install(file_get(fds->file[i]), 0, cloexec);

		if (fd < 0) {
			file_put(fds->file[i]);
			break;
		}
		err = put_user_u32(m->ucontrol + CMSG_LEN(i * sizeof(int)), (u32)fd);
		if (err < 0) {
			fd_close(fd);
			break;
		}
	}
	if (i > 0) {
		size_t space = MIN(CMSG_SPACE(i * sizeof(int)), room);

		h.cmsg_len = CMSG_LEN(i * sizeof(int));
		err = copy_to_user(m->ucontrol, &h, sizeof(h));
		m->ucontrol += space;
		m->ucontrol_left -= space;
	}
	if (i < fds->nr)
		m->out_flags |= MSG_CTRUNC;
	return err;
}

int scm_recv(struct sock *sk, struct sock_msg *m, struct scm *scm, bool peek)
{
	int err = 0;

	if (sk->passcred && m->ucontrol) {
		struct ucred uc = {0, ID_OVERFLOW, ID_OVERFLOW};

		if (scm->has_cred)
			uc = (struct ucred){pid_out(scm->cred.pid), uid_out(scm->cred.uid),
				gid_out(scm->cred.gid)};

		err = sock_put_cmsg(m, SOL_SOCKET, SCM_CREDENTIALS, &uc, sizeof(uc));
	} else if (sk->passcred) {
		m->out_flags |= MSG_CTRUNC;
	}
	if (scm->fds && !err) {
		err = scm_put_fds(m, scm->fds);
	}
	if (!peek)
		scm_fini(scm);
	return err;
}
