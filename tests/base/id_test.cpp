#include "base/id.hpp"

#include "support/catch.hpp"

using namespace sonde;

TEST_CASE("a UUID survives its text form")
{
    const Uuid id = random_uuid();
    REQUIRE(parse_uuid(to_string(id)));
    CHECK(*parse_uuid(to_string(id)) == id);
    CHECK(to_string(*parse_uuid("6B1C0F8E-4A5D-4A53-9A11-0F2F6C8F1E77")) == "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77");
}

TEST_CASE("what is not a UUID is refused with its text and the right form")
{
    for (const char *text : {"", "6b1c", "6b1c0f8e4a5d4a539a110f2f6c8f1e77", "{6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e7}",
                             "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e7g", "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77 "}) {
        const auto parsed = parse_uuid(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().what == "'" + std::string(text) + "' is not a UUID");
    }
}
