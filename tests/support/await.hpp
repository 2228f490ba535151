#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace sonde::test {

// Runs a coroutine to its end on an io_context of its own, for tests of one step after the other.
template <class T>
T await(boost::asio::awaitable<T> work)
{
    boost::asio::io_context context;
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T value) {
        failure = error;
        result.emplace(std::move(value));
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return std::move(*result);
}

} // namespace sonde::test
