#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_ENABLE_BENCHMARKING
#include <catch2/catch.hpp>

#include "support/skip.hpp"

#include <iostream>

void sonde::test::say_skipped(std::string_view reason)
{
    std::cout << "skipped  " << Catch::getResultCapture().getCurrentTestName() << ": " << reason << std::endl;
}
