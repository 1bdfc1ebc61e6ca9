# Breakpoint in a system call with readable arguments, every command and printer, a watchpoint, then to the end.
break sys_openat if dfd == -100 && current->tg->pid == 2
run
echo ARGS\n
info args
echo COMMANDS\n
sk-ps
sk-bt all
sk-in 1 info frame
sk-task 1
sk-mounts
sk-files
sk-net
sk-dmesg
sk-syscalls
print *current
print *current->tg
print all_tgroups
print current->fs->cwd
print *current->fs->cwd.dentry
echo WATCH\n
delete
watch nr_forks
continue
info watchpoints
delete
continue
