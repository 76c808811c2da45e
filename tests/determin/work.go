// SPDX-License-Identifier: GPL-2.0-or-later

// Goroutines, channels, timers and maps: what differs from run to run in any Go program.
package main

import (
	"fmt"
	"math/rand"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	ch := make(chan int, 3)
	sum := 0
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for k := 0; k < 50; k++ {
				ch <- i * k
				if k%10 == 0 {
					time.Sleep(time.Microsecond * time.Duration(rand.Intn(200)))
				}
			}
		}(i)
	}
	go func() {
		for v := range ch {
			mu.Lock()
			sum += v
			mu.Unlock()
		}
	}()
	wg.Wait()
	time.Sleep(time.Millisecond)
	for k := range map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5} {
		fmt.Print(k, " ")
	}
	mu.Lock()
	fmt.Println(sum, time.Now().UnixNano(), rand.Int63())
}
