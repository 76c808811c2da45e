// SPDX-License-Identifier: GPL-2.0-or-later

// tree: what docs/screenshots/go.webp shows: a map of words, then four goroutines that each grow a tree.
package main

import (
	"fmt"
	"sort"
)

type node struct {
	left, right *node
	text        [4]uint64
}

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}

func count(n *node) int {
	if n == nil {
		return 0
	}
	return 1 + count(n.left) + count(n.right)
}

func main() {
	words := map[string]int{}
	for i := 0; i < 20000; i++ {
		words[fmt.Sprintf("word%d", i%3000)]++
	}
	keys := []string{}
	for word := range words {
		keys = append(keys, word)
	}
	sort.Strings(keys)
	done := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { done <- count(grow(13)) }()
	}
	total := 0
	for i := 0; i < 4; i++ {
		total += <-done
	}
	fmt.Println(len(keys), total)
}
