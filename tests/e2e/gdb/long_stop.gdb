# A stop longer than any timer of the guest.
break sys_getppid if $_streq(current->comm, "perl")
run
sk-net
shell sleep 3
delete
continue
