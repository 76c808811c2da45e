// SPDX-License-Identifier: GPL-2.0-or-later

// A server and its clients in one program: the ports that the host picks, and who is served first.
package main

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"
)

func serve(c net.Conn) {
	defer c.Close()
	line, _ := bufio.NewReader(c).ReadString('\n')
	fmt.Fprintf(c, "%v %v %s", c.RemoteAddr(), time.Now().UnixNano(), line)
}

func main() {
	var wg sync.WaitGroup
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			c, err := net.DialTimeout("tcp", l.Addr().String(), time.Minute)
			if err != nil {
				panic(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "client %d\n", i)
			text, _ := bufio.NewReader(c).ReadString('\n')
			runtime.GC()
			fmt.Print(l.Addr(), " ", text)
		}(i)
	}
	wg.Wait()
}
