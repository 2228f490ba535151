#pragma once

#include "base/result.hpp"

#include <catch2/catch.hpp>

// Catch2 prints a Result by Boost's stream operator, which needs one for every T; a failed REQUIRE(result) should show
// the error whatever T is.
template <class T>
struct Catch::StringMaker<boost::system::result<T, sonde::Error>> {
    static std::string convert(const boost::system::result<T, sonde::Error> &result)
    {
        return result ? "a value" : "error: " + to_string(result.error());
    }
};
