# Debian's servers on one side of a link, all at once:  servers.sh DIR
# DIR is private, with www/ (what to serve, sums in www/SUMS) and keys/ (sshd's). Writes "up" to
# stdout once every server listens, and ends with stdin. The same on the host and in the machine.
dir=$1
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export PATH LC_ALL=C.UTF-8
cd "$dir" || exit 1
mkdir -p run logs /run/sshd
ports=
has() { command -v "$1" >/dev/null; }
# start NAME PORT CMD...: a server in the background
start() {
	ports="$ports $2"
	local name=$1
	shift 2
	"$@" </dev/null >"logs/$name" 2>&1 &
}

cat >nginx.conf <<END
daemon off; pid $dir/run/nginx.pid; error_log $dir/logs/nginx.error; user root; worker_processes 1;
events { worker_connections 2048; }
http {
	access_log off; sendfile on; keepalive_requests 1000000;
	client_body_temp_path $dir/run/body; proxy_temp_path $dir/run/proxy; fastcgi_temp_path $dir/run/f;
	uwsgi_temp_path $dir/run/u; scgi_temp_path $dir/run/s; client_max_body_size 2g;
	server { listen 8080; listen [::]:8080; root $dir/www; dav_methods PUT; location / { } }
}
END
grep -q dav_module <<<"$(nginx -V 2>&1)" || sed -i 's/dav_methods PUT;//' nginx.conf
cat >rsyncd.conf <<END
use chroot = no
[www]
path = $dir/www
END
cat >sshd_config <<END
HostKey $dir/keys/host
AuthorizedKeysFile $dir/keys/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
Subsystem sftp internal-sftp
END
cat >node.js <<'END'
const http = require('http');
http.createServer((q, r) => {
	let n = 0;
	q.on('data', d => n += d.length);
	q.on('end', () => r.end(q.method + ' ' + q.url + ' ' + n + '\n'));
}).listen(8083);
END
has nginx && start nginx 8080 nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/logs/nginx.error"
has python3 && start python 8082 python3 -m http.server -d "$dir/www" 8082
has node && start node 8083 node node.js
[ -x "$dir/../httpd" ] && start go 8084 "$dir/../httpd" 8084 "$dir/www"
has redis-server && start redis 6379 redis-server --port 6379 --save '' --protected-mode no --dir "$dir/run"
has iperf3 && start iperf3 5201 iperf3 -s
has rsync && start rsync 8730 rsync --daemon --no-detach --port=8730 --config="$dir/rsyncd.conf"
has sshd && cp keys/host run/host && chmod 600 run/host && sed -i "s,keys/host,run/host," sshd_config &&
	start sshd 2222 /usr/sbin/sshd -D -e -p 2222 -f "$dir/sshd_config"
has dnsmasq && start dnsmasq 5353 dnsmasq --no-daemon -C /dev/null --no-resolv --no-hosts --port=5353 --user=root \
	--address=/far.example/192.0.2.77 --txt-record="big.example,$(printf '%0250d' 7),$(printf '%0250d' 8)"
has socat && start socat 7001 socat TCP6-LISTEN:7001,fork,reuseaddr,ipv6only=0 EXEC:cat
has socat && start socat-udp 0 socat UDP-RECVFROM:7002,fork EXEC:cat
postgres=$(echo /usr/lib/postgresql/*/bin/postgres)
[ -x "$postgres" ] && [ -d pg ] && start postgres 5432 setpriv --reuid=postgres --regid=postgres --clear-groups \
	"$postgres" -D "$dir/pg" -k '' -h 0.0.0.0 -c fsync=off -c shared_buffers=16MB -c dynamic_shared_memory_type=mmap
for p in $ports; do
	for _ in {1..600}; do
		[ "$p" = 0 ] && break
		(: <>"/dev/tcp/127.0.0.1/$p") 2>/dev/null && break
		sleep 0.1
	done
done
echo up
cat >/dev/null
kill $(jobs -p) 2>/dev/null
wait
