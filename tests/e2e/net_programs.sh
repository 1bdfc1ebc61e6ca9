# Debian's servers and clients across a TAP device, in both directions (tests/net/servers.sh,
# clients.sh), and what a capture of it all looks like to tshark.
# once
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] ||
		! command -v ip >/dev/null || [ "$BACKEND" = native ]; then
		skip net_programs "needs root, /dev/net/tun and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
need net_programs curl nginx || done_testing

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip -6 addr add fd09::1/64 dev tap0 nodad
ip link set tap0 up
link=tap:tap0,ip=10.9.0.2/24,gw=10.9.0.1,ip=fd09::2/64
net=$E2E/../net

# ---- what is served ----

cp "$net/servers.sh" "$net/clients.sh" .
for side in host guest; do
	mkdir -p $side/www/sub $side/keys
	ssh-keygen -q -t ed25519 -N '' -f $side/keys/host && ssh-keygen -q -t ed25519 -N '' -f $side/keys/user
done 2>/dev/null
cp host/keys/* guest/keys/ 2>/dev/null
head -c "$((${LARGE_MIB:-64} << 20))" /dev/urandom >host/www/large
head -c 6000000 host/www/large >host/www/big
echo small >host/www/small
for i in {1..40}; do seq $i 500 >"host/www/sub/file $i"; done
(cd host/www && find . -type f ! -name SUMS | sort | xargs -d '\n' sha256sum >../SUMS && mv ../SUMS .)
cp -rl host/www/. guest/www/
if command -v go >/dev/null; then
	[ -x "$E2E_CACHE/httpd" ] || (
		export HOME=$SCRATCH GOFLAGS=-mod=mod GO111MODULE=off CGO_ENABLED=0
		go build -o "$E2E_CACHE/httpd.$$" "$net/httpd.go" && mv "$E2E_CACHE/httpd.$$" "$E2E_CACHE/httpd"
	)
	cp "$E2E_CACHE/httpd" .
fi
initdb=$(echo /usr/lib/postgresql/*/bin/initdb)
if [ -x "$initdb" ]; then
	if [ ! -d "$E2E_CACHE/pg" ]; then
		install -d -o postgres "$E2E_CACHE/pg.$$"
		setpriv --reuid=postgres --regid=postgres --clear-groups "$initdb" -A trust -N -D "$E2E_CACHE/pg.$$" >/dev/null 2>&1
		echo 'host all all all trust' >>"$E2E_CACHE/pg.$$/pg_hba.conf"
		mv -T "$E2E_CACHE/pg.$$" "$E2E_CACHE/pg" 2>/dev/null || rm -rf "$E2E_CACHE/pg.$$"
	fi
	cp -a "$E2E_CACHE/pg" host/pg
	cp -a "$E2E_CACHE/pg" guest/pg
fi
export NODE="" GO="" PG=""
command -v node >/dev/null && NODE=1
[ -x httpd ] && GO=1
[ -d host/pg ] && PG=1

# report PREFIX: the client's lines on stdin, as ours
report() {
	local out
	out=$(cat)
	grep -E '^(ok|not ok|skip|  #)' <<<"$out" | sed "s/^\(ok\|not ok\|skip\) /&$1: /"
	failures=$((failures + $(grep -c '^not ok' <<<"$out")))
	grep -q '^# end of clients' <<<"$out" || not_ok "$1: the clients end" "$(tail -n 5 <<<"$out")"
}

# servers SIDE CMD...: starts them by CMD; stop ends them
servers() {
	rm -f hold
	mkfifo hold
	: >up
	"${@:2}" <hold >up 2>"$1.log" &
	exec 9>hold
	until grep -q up up || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
}
stop() {
	exec 9>&-
	wait
}

servers host bash servers.sh "$SCRATCH/host"
report "from the guest" < <(SK_TIMEOUT=250 sk "${share[@]}" --net "$link" -e NODE=$NODE -e GO=$GO -e PG=$PG -e "DIRTHERE=$SCRATCH/host" \
	-- bash $SHARED/clients.sh 10.9.0.1 $SHARED/guest 2>&1)
stop
SK_TIMEOUT=250 servers guest sk "${share[@]}" --net "$link" -- bash $SHARED/servers.sh $SHARED/guest
report "from the host" < <(DIRTHERE=$SHARED/guest bash clients.sh 10.9.0.2 "$SCRATCH/host" 2>&1)
stop
done_testing
