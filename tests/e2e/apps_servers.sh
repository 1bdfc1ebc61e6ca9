# Servers and their clients inside one machine: PostgreSQL, redis, nginx, sshd and rsync, each found
# on the host or skipped.
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

[ "$(id -u)" = 0 ] || { skip apps_servers "needs root"; done_testing; }
SK_TIMEOUT=150
guest_script apps_servers --net none <<'EOF'
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
chmod 755 "$HOME"
skip() { echo "skip $1: not installed"; }
have() { command -v "$1" >/dev/null || { skip "$1"; return 1; }; }
# up CMD...: waits until CMD succeeds
up() { local i; for i in {1..600}; do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; return 1; }

if have initdb && have pgbench; then
	install -d -o postgres pg
	pg() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
	q() { pg psql -h "$PWD/pg" -qAt b -c "$1"; }
	check "initdb" pg initdb -A trust -N -D pg/db
	check "the server starts" pg pg_ctl -D pg/db -o "-k $PWD/pg -h ''" -l pg/log -w -t 100 start
	check "createdb" pg createdb -h "$PWD/pg" b
	check "pgbench -i" pg pgbench -h "$PWD/pg" -i -q b
	has "pgbench" "failed transactions: 0 " "$(pg pgbench -h "$PWD/pg" -c 4 -j 2 -t 50 b 2>&1)"
	is "every transaction is there" "200|t" "$(q 'select (select count(*) from pgbench_history),
		(select sum(delta) from pgbench_history) = (select sum(abalance) from pgbench_accounts)')"
	is "a sort on disk, parallel workers" "100000" "$(q "set work_mem = '1MB'; set max_parallel_workers_per_gather = 2;
		set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0;
		select count(*) from (select aid from pgbench_accounts order by md5(aid::text)) x")"
	kill -9 "$(head -n 1 pg/db/postmaster.pid)"
	while fuser -s pg/.s.PGSQL.5432 2>/dev/null; do sleep 0.05; done
	up pg pg_ctl -D pg/db -o "-k $PWD/pg -h ''" -l pg/log2 -w -t 100 start
	is "after a crash nothing is lost" "200" "$(q 'select count(*) from pgbench_history')"
	check "it stops" pg pg_ctl -D pg/db -m fast -w -t 100 stop
	is "its System V shared memory is gone" "" "$(ipcs -m | grep postgres)"
fi
if have redis-server && have redis-benchmark; then
	r() { redis-cli -s "$PWD/redis.sock" "$@"; }
	redis-server --port 0 --unixsocket "$PWD/redis.sock" --dir "$PWD" --appendonly yes --daemonize yes --logfile redis.log >/dev/null
	check "redis answers" up eval 'r ping | grep PONG'
	is "redis-benchmark" "SET GET LPUSH MSET" "$(redis-benchmark -s redis.sock -n 3000 -q -t set,get,lpush,mset |
		tr '\r' '\n' | awk '/requests per second/ { print $1 }' | tr -d : | xargs)"
	is "background save (fork)" "Background saving started 1" "$(echo $(up r bgsave; r set k v >/dev/null
		until r info persistence | grep -q rdb_bgsave_in_progress:0; do sleep 0.02; done; r bgsave | grep -v OK
		until r info persistence | grep -q rdb_bgsave_in_progress:0; do sleep 0.02; done
		r info persistence | grep -c rdb_last_bgsave_status:ok))"
	r shutdown
	redis-server --port 0 --unixsocket "$PWD/redis.sock" --dir "$PWD" --appendonly yes --daemonize yes --logfile redis.log >/dev/null
	up eval 'r ping | grep PONG'
	is "the log is replayed" "v" "$(r get k)"
	r shutdown
fi
if have nginx && have curl; then
	mkdir -p www && head -c 3000000 /dev/urandom >www/big && echo small >www/small
	printf '%s\n' 'user nobody nogroup; worker_processes 2; pid nginx.pid; error_log nginx.err;' 'events {}' \
		"http { access_log nginx.log; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;
		scgi_temp_path t5; sendfile on; server { listen 127.0.0.1:8080; root $PWD/www; }
		server { listen unix:$PWD/nginx.sock; location / { proxy_pass http://127.0.0.1:8080; } } }" >nginx.conf
	check "nginx starts" nginx -p "$PWD" -c nginx.conf
	check "nginx answers" up curl -sf http://127.0.0.1:8080/small
	is "a large file" "$(md5sum <www/big)" "$(curl -s http://127.0.0.1:8080/big | md5sum)"
	is "proxied, over a UNIX socket" "$(md5sum <www/big)" "$(curl -s --unix-socket nginx.sock http://x/big | md5sum)"
	is "a part" "$(tail -c +1001 www/big | head -c 100 | md5sum)" "$(curl -s -r 1000-1099 http://127.0.0.1:8080/big | md5sum)"
	check "reload" nginx -p "$PWD" -c nginx.conf -s reload
	is "all of many at once" "40" "$(for i in {1..40}; do echo http://127.0.0.1:8080/small; done | xargs -P 8 -n 5 curl -s | grep -c small)"
	check "quit" nginx -p "$PWD" -c nginx.conf -s quit
	check "it is gone" up test ! -e nginx.pid
fi
if have sshd && have ssh; then
	mkdir -p /run/sshd && chmod 700 .
	ssh-keygen -q -t ed25519 -N '' -f hostkey && ssh-keygen -q -t ed25519 -N '' -f key && cp key.pub authorized
	printf '%s\n' "HostKey $PWD/hostkey" "AuthorizedKeysFile $PWD/authorized" "PidFile $PWD/sshd.pid" 'StrictModes no' \
		'ListenAddress 127.0.0.1:2222' 'UsePAM no' 'Subsystem sftp internal-sftp' 'PermitRootLogin yes' >sshd_config
	printf '%s\n' 'Host g' 'HostName 127.0.0.1' 'Port 2222' 'User root' "IdentityFile $PWD/key" 'StrictHostKeyChecking no' \
		'UserKnownHostsFile /dev/null' 'LogLevel ERROR' >ssh_config
	check "sshd starts" /usr/sbin/sshd -f "$PWD/sshd_config" -E "$PWD/sshd.log"
	check "sshd listens" up bash -c ': <>/dev/tcp/127.0.0.1/2222'
	is "a command and its status" "in 7" "$(echo $(echo in | ssh -F ssh_config g 'cat; exit 7'; echo $?))"
	is "on a terminal" "/dev/pts/" "$(ssh -tt -F ssh_config g tty </dev/null 2>/dev/null | cut -c 1-9)"
	head -c 1000000 /dev/urandom >blob
	check "sftp" bash -c 'echo "put blob blob.2" | sftp -q -b - -F ssh_config g:'"$PWD && cmp blob blob.2"
	if have rsync; then
		mkdir -p tree/sub && ln blob tree/hard && ln tree/hard tree/sub/hard && ln -s hard tree/link && chmod 640 tree/hard
		check "rsync over ssh" rsync -aHX --numeric-ids -e "ssh -F $PWD/ssh_config" tree/ "g:$PWD/tree.2/"
		is "nothing differs" "" "$(rsync -aHXnic --delete tree/ tree.2/)"
	fi
	kill "$(cat sshd.pid)"
fi
EOF
done_testing
