# Debian's clients against the servers of servers.sh:  clients.sh PEER DIR
# PEER serves the same www/ as is in DIR. Prints "ok NAME" and "not ok NAME" lines.
peer=$1 dir=$2 tmp=$(mktemp -d)
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export PATH LC_ALL=C.UTF-8 HOME=$tmp
cd "$tmp" || exit 1
sum() { sha256sum | cut -d ' ' -f 1; }
want=$(sum <"$dir/www/big")
has() {
	command -v "$1" >/dev/null || { echo "skip $name: no $1"; return 1; }
}
# Both take NAME in $name.
is() {
	if [ "$1" = "$2" ]; then echo "ok $name"; else printf 'not ok %s\n  # want: %.300s\n  # got:  %.300s\n' "$name" "$1" "$2"; fi
}
runs() {
	local out
	if out=$(timeout 60 "$@" 2>&1 </dev/null); then echo "ok $name"; else printf 'not ok %s\n' "$name"; tail -n 12 <<<"$out" | sed 's/^/  # /'; fi
}

name="curl, nginx"; has curl && is "$want" "$(curl -sS -m 100 "http://$peer:8080/big" 2>&1 | sum)"
name="curl of a large file"; has curl && is "$(sum <"$dir/www/large")" "$(curl -sS -m 200 "http://$peer:8080/large" 2>&1 | sum)"
name="curl, 300 requests on 8 connections"
has curl && is "300" "$(curl -sS -m 60 --parallel --parallel-max 8 "http://$peer:8080/small?[1-300]" 2>/dev/null | grep -c '^small$')"
name="wget, python http.server"; has wget && is "$want" "$(wget -qO - -T 100 "http://$peer:8082/big" | sum)"
name="a range"; has curl && is "$(tail -c +1000001 "$dir/www/big" | head -c 1000000 | sum)" "$(curl -sS -r 1000000-1999999 "http://$peer:8080/big" 2>&1 | sum)"
name="upload to node"; [ -z "$NODE" ] || { has curl && is "POST /x $(stat -c %s "$dir/www/big")" "$(curl -sS -m 100 -H Expect: --data-binary "@$dir/www/big" "http://$peer:8083/x" 2>&1)"; }
name="Go net/http"; [ -z "$GO" ] || { has curl && is "$want" "$(curl -sS -m 100 "http://$peer:8084/big" 2>&1 | sum)"; }
name="wrk"; has wrk && { out=$(wrk -t 1 -c 32 -d 1s "http://$peer:8080/small" 2>&1); is "" "$(grep -E 'Socket errors|Non-2xx|unable' <<<"$out"; grep -q 'Requests/sec' <<<"$out" || echo "$out")"; }
name="iperf3, TCP"; has iperf3 && runs iperf3 -c "$peer" -n 32M
name="iperf3, TCP back"; has iperf3 && runs iperf3 -c "$peer" -n 32M -R
name="iperf3, 8 streams"; has iperf3 && runs iperf3 -c "$peer" -n 16M -P 8
name="iperf3, UDP"; has iperf3 && runs iperf3 -c "$peer" -u -b 50M -t 1
name="iperf3, UDP back"; has iperf3 && runs iperf3 -c "$peer" -u -b 50M -t 1 -R
ssh=(-q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=30 -i "$tmp/key")
cp "$dir/keys/user" key && chmod 600 key
name="ssh"; has ssh && is "from $peer 7" "$(echo "from $peer" | timeout 60 ssh -p 2222 "${ssh[@]}" "root@$peer" 'cat; exit 7' 2>&1 | tr '\n' ' '; echo "${PIPESTATUS[1]}")"
name="scp"; has scp && { timeout 100 scp -P 2222 "${ssh[@]}" "root@$peer:$DIRTHERE/www/big" big.scp; is "$want" "$(sum <big.scp)"; }
name="scp there"; has scp && { timeout 100 scp -P 2222 "${ssh[@]}" big.scp "root@$peer:$DIRTHERE/run/up"; is "$want" "$(timeout 60 ssh -p 2222 "${ssh[@]}" "root@$peer" "sha256sum <$DIRTHERE/run/up" | cut -d ' ' -f 1)"; }
rm -f big.scp
name="rsync"; has rsync && { timeout 100 rsync -a --port=8730 "rsync://$peer/www/" got/; is "$(cat "$dir/www/SUMS")" "$(cd got && find . -type f ! -name SUMS | sort | xargs -d '\n' sha256sum)"; }
name="dig"; has dig && is "192.0.2.77" "$(dig +short +time=5 -p 5353 "@$peer" a.far.example)"
name="dig over TCP"; has dig && is "517" "$(dig +short +tcp +time=5 -p 5353 "@$peer" TXT big.example | wc -c | sed 's/50[0-9]/517/')"
name="redis"; has redis-cli && is "PONG 64" "$(redis-cli -h "$peer" ping) $(seq 64 | sed 's/^/INCR n/;s/n.*/n/' | redis-cli -h "$peer" | tail -n 1)"
name="redis-benchmark"; has redis-benchmark && runs redis-benchmark -h "$peer" -q -n 3000 -c 50 -P 4 -t set,get,lrange_100
name="PostgreSQL"; [ -z "$PG" ] || { has psql && is "100000|5000050000" "$(PGCONNECT_TIMEOUT=30 psql -qAt -h "$peer" -U postgres -c 'create temp table t as select generate_series(1,100000) n' -c 'select count(*), sum(n) from t' postgres 2>&1)"; }
name="PostgreSQL, rows"; [ -z "$PG" ] || { has psql && is "$(seq 200000 | sum)" "$(psql -qAt -h "$peer" -U postgres -c 'select generate_series(1,200000)' postgres 2>&1 | sum)"; }
name="socat, half close"; has socat && is "$want" "$(socat -t 60 - "TCP:$peer:7001" <"$dir/www/big" | sum)"
name="nc"; has nc && is "to and fro" "$(echo "to and fro" | timeout 20 nc -N "$peer" 7001)"
name="UDP, socat"; has socat && is "$(head -c 8000 "$dir/www/big" | sum)" "$(head -c 8000 "$dir/www/big" | socat -b 9000 -T 2 - "UDP:$peer:7002" | sum)"
rm -rf "$tmp"
echo "# end of clients"
