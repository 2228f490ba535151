module example.test/numbers

go 1.19
