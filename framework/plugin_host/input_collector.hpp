#pragma once

#include "plugin_host/host.hpp"
#include "plugin_host/input.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace sonde::plugin_host {

// Keeps all rows of a run, as the input of another. A run with more of them than kInputBytesMax is stopped.
class InputCollector : public RowSink {
public:
    explicit InputCollector(const frames::MethodDescription &method);

    void row(std::uint32_t table, std::span<const sonde_cell> cells) override;
    boost::asio::awaitable<Result<void>> batch_end() override;

    // One a table of the method.
    const std::vector<std::shared_ptr<Input>> &inputs() const { return inputs_; }

private:
    std::vector<std::shared_ptr<Input>> inputs_;
    std::size_t bytes_ = 0;
};

} // namespace sonde::plugin_host
