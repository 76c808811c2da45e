// SPDX-License-Identifier: GPL-2.0-or-later

// What `go build` builds, under ulk.
package main

import "fmt"

func main() { fmt.Println("hello from go") }
