// SPDX-License-Identifier: GPL-2.0-or-later

// An HTTP server and a thousand clients in one process, with garbage to collect; a panic recovered; a child.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func garbage(n int) int {
	m := map[int][]byte{}
	for i := 0; i < n; i++ {
		m[i%50] = make([]byte, 2000+i%1000)
	}
	return len(m)
}

func recovered() (err error) {
	defer func() { err = fmt.Errorf("recovered: %v", recover()) }()
	var p *int
	*p = 1
	return nil
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		garbage(100)
		fmt.Fprintf(w, "hi %s", r.URL.Path)
	}))
	var wg sync.WaitGroup
	var total, failed int64
	sem := make(chan bool, 50)
	for i := 0; i < 1000; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			sem <- true
			defer func() { <-sem }()
			r, err := http.Get(fmt.Sprintf("http://%s/%d", l.Addr(), i))
			if err != nil {
				atomic.AddInt64(&failed, 1)
				return
			}
			b, _ := io.ReadAll(r.Body)
			r.Body.Close()
			atomic.AddInt64(&total, int64(len(b)))
		}(i)
	}
	wg.Wait()
	fmt.Println("bytes", total, "failed", failed)
	c := make(chan int)
	for i := 0; i < 1000; i++ {
		go func(i int) { runtime.Gosched(); c <- i }(i)
	}
	sum := 0
	for i := 0; i < 1000; i++ {
		sum += <-c
	}
	var ms runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&ms)
	fmt.Println("sum", sum, "collected", ms.NumGC > 0)
	fmt.Println(recovered())
	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal", <-sigs)
	stop := time.After(30 * time.Millisecond)
	spun := 0
	for done := false; !done; spun++ {
		select {
		case <-stop:
			done = true
		default:
		}
	}
	fmt.Println("spun", spun > 0)
	for i := 0; i < 10; i++ {
		out, err := exec.Command("/bin/busybox", "echo", "child", fmt.Sprint(i)).CombinedOutput()
		fmt.Print(string(out), err, "\n")
	}
	_, err = exec.Command("/no/such").Output()
	fmt.Println(errors.Is(err, os.ErrNotExist))
	err = exec.Command("/bin/busybox", "sh", "-c", "exit 4").Run()
	fmt.Println(err)
}
