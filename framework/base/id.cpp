#include "base/id.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace sonde {

Uuid random_uuid()
{
    return boost::uuids::random_generator()();
}

Result<Uuid> parse_uuid(std::string_view text)
{
    const Error error{"", "'" + std::string(text.substr(0, 64)) + "' is not a UUID",
                      "it has the form 6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77"};
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return error;
    try {
        return boost::uuids::string_generator()(text.begin(), text.end());
    } catch (const std::runtime_error &) {
        return error;
    }
}

std::string to_string(const Uuid &id)
{
    return boost::uuids::to_string(id);
}

} // namespace sonde
