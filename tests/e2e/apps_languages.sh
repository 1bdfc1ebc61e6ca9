# Language runtimes with threads, collectors and signals of their own: Ruby, node, Java, Go's tool
# chain, python's venv and pip without a network. What the host lacks is skipped.
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

SK_TIMEOUT=150
guest_script apps_languages --net none <<'EOF'
skip() { echo "skip $1: not installed"; }
have() { command -v "$1" >/dev/null || { skip "$1"; return 1; }; }
if have ruby; then
	runs "ruby: threads, fork, pipes" "10 kid 3 45 true" ruby -e '
		t = (1..4).map { |i| Thread.new { sleep 0.001; i } }
		r, w = IO.pipe
		pid = fork { w.puts "kid"; exit 3 }
		Process.wait pid
		q = Queue.new
		p = Thread.new { 10.times { |i| q << i }; q.close }
		s = 0
		while (v = q.pop) do s += v end
		20.times { Array.new(10000) { "x" * 20 }; GC.start }
		print t.map(&:value).sum, " ", r.gets.chomp, " ", $?.exitstatus, " ", s, " ", `uname -s` == "Linux\n"'
fi
if have node; then
	cat >t.js <<'X'
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const fs = require("fs"), http = require("http"), cp = require("child_process");
if (!isMainThread) {
	let s = 0;
	for (let i = 0; i < 1e6; i++) s += i % 7;
	Atomics.add(workerData, 0, 1);
	parentPort.postMessage(s);
} else (async () => {
	const shared = new Int32Array(new SharedArrayBuffer(4));
	const sums = await Promise.all([1, 2, 3].map(() => new Promise((ok) =>
		new Worker(__filename, { workerData: shared }).on("message", ok))));
	const server = http.createServer((q, r) => q.pipe(r));
	await new Promise((ok) => server.listen(0, "127.0.0.1", ok));
	const body = "y".repeat(300000), url = "http://127.0.0.1:" + server.address().port;
	const echo = await Promise.all([1, 2, 3, 4].map(() => new Promise((ok) => {
		const q = http.request(url, { method: "POST" }, (r) => {
			let n = 0;
			r.on("data", (d) => n += d.length).on("end", () => ok(n));
		});
		q.end(body);
	})));
	server.close();
	const kid = cp.spawnSync("cat", { input: "kid" }).stdout.toString();
	const seen = new Promise((ok) => { const w = fs.watch(".", (e, f) => { w.close(); ok(f); }); });
	fs.writeFileSync("seen", "");
	console.log(new Set(sums).size, shared[0], echo.join(), kid, await seen);
})();
X
	runs "node: workers, http, watch" "1 3 300000,300000,300000,300000 kid seen" node t.js
fi
if have javac && have java; then
	cat >J.java <<'X'
import java.util.ArrayList;
import java.util.stream.IntStream;

public class J {
	static int deep(int n) { return deep(n + 1) + 1; }
	public static void main(String[] a) throws Exception {
		System.out.println(IntStream.range(0, 200000).parallel().mapToLong(x -> x).sum());
		try { deep(0); } catch (StackOverflowError e) { System.out.println("overflow"); }
		Object o = a.length == 9 ? a : null;
		try { o.hashCode(); } catch (NullPointerException e) { System.out.println("null"); }
		var l = new ArrayList<byte[]>();
		for (int i = 0; i < 100; i++) { l.add(new byte[1 << 20]); if (l.size() > 9) l.clear(); }
		var p = new ProcessBuilder("sh", "-c", "exit 3").start();
		System.out.println(p.waitFor());
	}
}
X
	check "javac" javac J.java
	runs "java: threads, faults, collector" "$(printf '19999900000\noverflow\nnull\n3')" java -Xmx64m J
fi
if have go; then
	export GOCACHE=$HOME/cache GOPATH=$HOME/gopath GOFLAGS=-mod=mod CGO_ENABLED=0
	mkdir -p m/p && cd m || exit 1
	printf 'module m\n' >go.mod
	echo 'package p; func F() int { return 42 }' >p/p.go
	printf 'package p\nimport "testing"\nfunc TestF(t *testing.T) { if F() != 42 { t.Fatal() } }\n' >p/p_test.go
	printf 'package main\nimport "m/p"\nfunc main() { println(p.F()) }\n' >main.go
	check "go build" go build -o x .
	is "the program runs" "42" "$(./x 2>&1)"
	cd ..
fi
py=/usr/bin/python3
if $py -c 'import venv, ensurepip' 2>/dev/null && check "python: a venv with pip" $py -m venv v; then
	mkdir -p pkg/hello
	printf 'from setuptools import setup\nsetup(name="hello", version="1", packages=["hello"], entry_points={"console_scripts": ["hello=hello:main"]})\n' >pkg/setup.py
	printf 'def main():\n    print("hello from a package")\n' >pkg/hello/__init__.py
	check "pip install, offline" v/bin/pip install -q --no-index --no-build-isolation --disable-pip-version-check ./pkg
	runs "what it installed" "hello from a package" v/bin/hello
else
	skip "python's venv"
fi
EOF
done_testing
