/* What the system calls about keys share: taking arguments from the caller, updating a key. */
#ifndef SKIFF_KERNEL_KEYS_SYS_KEYS_H
#define SKIFF_KERNEL_KEYS_SYS_KEYS_H

#include "kernel/abi.h"

struct key_ref;
struct key_type;

#define KEY_TYPE_NAME_MAX 32 /* with its NUL */

/* A type's name: -EINVAL if empty or too long, -EPERM if it begins with a dot. */
int key_get_type_name(uaddr_t src, char name[KEY_TYPE_NAME_MAX]);
/* Text of at most KEY_DESC_MAX - 1 bytes, malloc'ed: -EINVAL if longer. */
int key_get_text(uaddr_t src, char **out);
int key_get_payload(uaddr_t src, size_t len, u8 **out);		/* malloc'ed; NULL if len is 0 */
int key_check_payload(const struct key_type *type, size_t len); /* 0 or -EINVAL */
/* Checks KEY_WRITE. On success the payload is the key's. */
int key_update(const struct key_ref *r, u8 *payload, size_t len);

#endif
