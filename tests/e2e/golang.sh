# A Go program: its runtime's own clone, small signal stacks, preemption signals, GC, netpoll.
. "${E2E:-$(dirname "$0")}/lib.sh"

if ! command -v go >/dev/null; then
	skip go "no go on the host (apt-get install golang-go)"
	done_testing
fi
mkdir -p "$SCRATCH/src"
cat >"$SCRATCH/src/main.go" <<'EOF'
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var bad bool

func test(name string, f func() error) {
	if err := f(); err != nil {
		fmt.Printf("not ok go: %s\n  # %v\n", name, err)
		bad = true
	} else {
		fmt.Printf("ok go: %s\n", name)
	}
}

func want(ok bool, format string, a ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, a...)
}

func goroutines() error {
	var wg sync.WaitGroup
	var n int64
	for i := 0; i < 10000; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			atomic.AddInt64(&n, 1)
			runtime.Gosched()
		}()
	}
	wg.Wait()
	return want(n == 10000, "%d", n)
}

func channels() error {
	a, b := make(chan int), make(chan int)
	go func() {
		for v := range a {
			b <- v + 1
		}
		close(b)
	}()
	sum := 0
	for i := 0; i < 20000; i++ {
		a <- i
		sum += <-b
	}
	close(a)
	return want(sum == 20000*20001/2, "%d", sum)
}

// A loop without calls: only the preemption signal can stop it for the collector.
func preemption() error {
	var stop int32
	done := make(chan int)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go func() {
			x := 0
			for j := 0; atomic.LoadInt32(&stop) == 0; j++ {
				x += j
			}
			done <- x
		}()
	}
	for i := 0; i < 10; i++ {
		runtime.GC()
	}
	atomic.StoreInt32(&stop, 1)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		<-done
	}
	return nil
}

func gc() error {
	var keep [][]byte
	for i := 0; i < 2000; i++ {
		b := make([]byte, 64<<10)
		b[0] = byte(i)
		if i%100 == 0 {
			keep = append(keep, b)
		}
	}
	runtime.GC()
	for i, b := range keep {
		if b[0] != byte(i*100) {
			return fmt.Errorf("block %d", i)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return want(m.NumGC > 0, "no collection")
}

func recurse(n int) int {
	var a [64]int
	if n == 0 {
		return 0
	}
	a[n%64] = n
	return recurse(n-1) + a[n%64] - n + 1
}

func stacks() error {
	c := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { c <- recurse(20000) }()
	}
	for i := 0; i < 4; i++ {
		if v := <-c; v != 20000 {
			return fmt.Errorf("%d", v)
		}
	}
	return nil
}

func faults() (err error) {
	defer func() {
		if recover() == nil {
			err = fmt.Errorf("no panic")
		}
	}()
	var p *int
	*p = 1
	return nil
}

func signals() error {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1)
	defer signal.Stop(c)
	for i := 0; i < 20; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		select {
		case <-c:
		case <-time.After(20 * time.Second):
			return fmt.Errorf("signal %d is lost", i)
		}
	}
	return nil
}

func timers() error {
	start := time.Now()
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		time.AfterFunc(time.Duration(i)*time.Millisecond, wg.Done)
	}
	wg.Wait()
	time.Sleep(5 * time.Millisecond)
	return want(time.Since(start) >= 54*time.Millisecond, "too early")
}

func commands() error {
	for i := 0; i < 10; i++ {
		cmd := exec.Command("/bin/sh", "-c", "cat; exit "+strconv.Itoa(i))
		cmd.Stdin = bytes.NewBufferString("data")
		out, err := cmd.Output()
		code := 0
		if e, ok := err.(*exec.ExitError); ok {
			code = e.ExitCode()
		} else if err != nil {
			return err
		}
		if code != i || string(out) != "data" {
			return fmt.Errorf("%d: %d %q", i, code, out)
		}
	}
	return nil
}

func pipes() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * 7)
	}
	go func() {
		w.Write(data)
		w.Close()
	}()
	got, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return want(bytes.Equal(got, data), "%d bytes differ", len(got))
}

func deadlines() error {
	r, w, _ := os.Pipe()
	defer w.Close()
	r.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := r.Read(make([]byte, 1))
	return want(os.IsTimeout(err), "%v", err)
}

func files() error {
	d, err := os.MkdirTemp("", "go")
	if err != nil {
		return err
	}
	defer os.RemoveAll(d)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			n := d + "/" + strconv.Itoa(i)
			if err := os.WriteFile(n, []byte(n), 0o644); err != nil {
				errs <- err
			}
			if b, err := os.ReadFile(n); err != nil || string(b) != n {
				errs <- fmt.Errorf("%s: %v %q", n, err, b)
			}
		}(i)
	}
	wg.Wait()
	if len(errs) > 0 {
		return <-errs
	}
	e, err := os.ReadDir(d)
	return want(err == nil && len(e) == 50, "%v %d", err, len(e))
}

func lockedThreads() error {
	var wg sync.WaitGroup
	tids := make(chan int, 50)
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread() // the thread ends with the goroutine
			tids <- syscall.Gettid()
			time.Sleep(time.Millisecond)
		}()
	}
	wg.Wait()
	return want(len(tids) == 20, "%d", len(tids))
}

func main() {
	if len(os.Args) > 1 {
		panic("as asked")
	}
	test("goroutines", goroutines)
	test("channels", channels)
	test("preemption", preemption)
	test("gc", gc)
	test("stacks", stacks)
	test("a fault becomes a panic", faults)
	test("signals", signals)
	test("timers", timers)
	test("commands", commands)
	test("pipes", pipes)
	test("deadlines", deadlines)
	test("files", files)
	test("locked threads", lockedThreads)
	if bad {
		os.Exit(1)
	}
}
EOF
prog=${E2E_CACHE:-$SCRATCH}/gotest-$(cksum <"$SCRATCH/src/main.go" | cut -d' ' -f1)
if [ ! -x "$prog" ]; then
	(cd "$SCRATCH/src" && GO111MODULE=off GOFLAGS=-p=2 CGO_ENABLED=0 GOCACHE=$SCRATCH/gocache GOPATH=$SCRATCH/gopath \
		timeout 250 go build -o "$prog.$$" main.go) >"$SCRATCH/go.log" 2>&1 && mv "$prog.$$" "$prog"
fi
if [ ! -x "$prog" ]; then
	not_ok "go build" "$(tail -n 20 "$SCRATCH/go.log")"
	done_testing
fi
cp "$prog" "$SCRATCH/gotest"
for gomaxprocs in "" 8; do
	out=$(sk "${share[@]}" ${gomaxprocs:+-e GOMAXPROCS=$gomaxprocs} -- "$SHARED/gotest" 2>&1)
	rc=$?
	[ "$rc" = 0 ] && [ "$(grep -c '^ok' <<<"$out")" = 13 ] || not_ok "go${gomaxprocs:+ with $gomaxprocs}: status $rc" "$out"
	sed "s/^ok go/&${gomaxprocs:+ with $gomaxprocs}/" <<<"$out" | grep '^ok'
done
expect_status "go: a panic ends with 2" 2 sk "${share[@]}" -- "$SHARED/gotest" panic
done_testing
