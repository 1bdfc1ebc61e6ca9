# perl: fork, pipes, sockets, signals, files.
. "${E2E:-$(dirname "$0")}/lib.sh"

need perl perl || done_testing

guest_script perl <<'EOF'
is "print" "hello" "$(perl -e 'print "hello"')"
is "backticks" "3" "$(perl -e 'print `seq 3 | wc -l` + 0')"
is "system and its status" "5" "$(perl -e 'system("exit 5;"); print $? >> 8')"
is "fork and wait" "7" "$(perl -e 'my $p = fork; exit 7 unless $p; waitpid $p, 0; print $? >> 8')"
is "pipe open" "A B" "$(perl -e 'open my $f, "-|", "printf", "a b" or die; print uc <$f>')"
is "open to a command" "ok" "$(perl -e 'open my $f, "|-", "cat" or die; print $f "ok"; close $f')"
is "pipe and fork" "from child" "$(perl -e 'pipe R, W; if (!fork) { close R; print W "from child"; exit } close W; print <R>; wait')"
is "signals" "usr1 alrm" "$(perl -e '$| = 1; $SIG{USR1} = sub { print "usr1 " }; kill USR1 => $$; $SIG{ALRM} = sub { print "alrm"; exit }; alarm 1; sleep 10 while 1')"
is "die in a signal handler" "timeout" "$(perl -MTime::HiRes=ualarm -e 'eval { local $SIG{ALRM} = sub { die "timeout\n" }; ualarm 20000; sleep 10 }; chomp $@; print $@')"
is "socketpair" "hi" "$(perl -MSocket -MIO::Handle -e 'socketpair A, B, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die; A->autoflush; print A "hi\n"; print scalar <B>')"
is "unix socket" "HELLO" "$(perl -MIO::Socket::UNIX -e '
my $l = IO::Socket::UNIX->new(Local => "p.sock", Listen => 1) or die $!;
if (!fork) { my $c = IO::Socket::UNIX->new(Peer => "p.sock") or die $!; print $c "hello\n"; $c->flush; print scalar <$c>; exit }
my $c = $l->accept; my $x = <$c>; print $c uc $x; close $c; wait')"
is "files" "3 1 7" "$(perl -e 'open F, ">", "f"; print F "abc\ndef"; close F; print -s "f" == 7 ? 3 : 0, " ", (-e "f") + 0, " ", (stat "f")[7]')"
is "in-place edit" "xbc" "$(perl -pi -e 's/a/x/' f && head -n 1 f)"
is "directories" ". .. f p.sock" "$(perl -e 'opendir D, "."; print join " ", grep { !/^\.e/ } sort readdir D')"
is "flock" "busy" "$(perl -MFcntl=:flock -e 'open A, ">", "l"; flock A, LOCK_EX; open B, ">", "l"; print flock(B, LOCK_EX | LOCK_NB) ? "free" : "busy"')"
is "select with a time limit" "0" "$(perl -e 'print scalar select(undef, undef, undef, 0.02)')"
is "many processes" "50" "$(perl -e 'my $n; for (1 .. 50) { fork or exit 0 } $n++ while wait > 0; print $n')"
is "sort, hash, regex" "the:3 a:1" "$(perl -e '$h{$_}++ for "the a the the" =~ /\w+/g; print join " ", map { "$_:$h{$_}" } sort { $h{$b} <=> $h{$a} } keys %h')"
is "one million iterations" "500000500000" "$(perl -e '$s += $_ for 1 .. 1000000; print $s')"
is "kill 0 and exec" "execed" "$(perl -e 'kill 0, $$ or die; exec "echo", "execed"')"
EOF
done_testing
