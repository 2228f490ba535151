// A method in Go over the C header: its numbers come from one goroutine to the other, so that it has a runtime of Go's
// that lives.
package main

// #include <stdint.h>
// int32_t add_row(uintptr_t host, int64_t number);
import "C"

//export measure
func measure(host C.uintptr_t, count C.int64_t) C.int32_t {
	numbers := make(chan int64)
	go func() {
		for number := int64(1); number <= int64(count); number++ {
			numbers <- number
		}
		close(numbers)
	}()
	// The goroutine that run() has entered stays on its thread, and so alone calls the host.
	stop := C.int32_t(0)
	for number := range numbers {
		if stop == 0 {
			stop = C.add_row(host, C.int64_t(number))
		}
	}
	return 0
}

func main() {}
