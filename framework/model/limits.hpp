#pragma once

#include <cstddef>
#include <cstdint>

// What a document from outside may have at most. A document over one of these is refused with a message that names the
// limit. Reading needs memory in proportion to the document, at most about ten times its
// size, in XML about thirty times.
namespace sonde::model {

inline constexpr std::size_t kInstructionBytesMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kStateBytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kReportBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kCapabilitiesBytesMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kFailuresBytesMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::size_t kNamespacesMax = 64; // in force at one element of XML

inline constexpr std::size_t kTasksMax = 1000;
inline constexpr std::size_t kSchedulesMax = 1000;
inline constexpr std::size_t kSuppressionsMax = 1000;
inline constexpr std::size_t kMatchesMax = 100; // of one suppression
inline constexpr std::size_t kEventsMax = 1000;
inline constexpr std::size_t kActionsMax = 100; // of one schedule
inline constexpr std::size_t kOptionsMax = 1000;
inline constexpr std::size_t kConstraintsMax = 16; // of one schedule
inline constexpr std::uint32_t kRetriesMax = 10'000;
inline constexpr std::uint32_t kRetryDelayMax = 86'400;   // seconds
inline constexpr std::uint32_t kLineIdleWindowMax = 3600; // seconds
inline constexpr std::uint32_t kLongestPollMax = 120;     // seconds: as long as a controller holds one back
inline constexpr std::uint32_t kReportSizeLeast = 16 * 1024;
inline constexpr std::uint32_t kReportSizeMost = 8 * 1024 * 1024; // of what a collector takes, half
inline constexpr std::uint32_t kReportRetryMax = 86'400;          // seconds
inline constexpr std::size_t kInterfaceBytesMax = 15;
inline constexpr std::size_t kFunctionsMax = 16;
inline constexpr std::size_t kTagsMax = 100;
inline constexpr std::size_t kDestinationsMax = 16;
inline constexpr std::size_t kNameBytesMax = 256; // identifiers and tags
inline constexpr std::size_t kTextBytesMax = 65535;

inline constexpr std::size_t kResultsMax = 10'000;
inline constexpr std::size_t kConflictsMax = 1000;
inline constexpr std::size_t kTablesMax = 16;
inline constexpr std::size_t kColumnsMax = 64;
inline constexpr std::size_t kRowsMax = 1'000'000; // of one table in one result
inline constexpr std::size_t kWordsMax = 256;
inline constexpr std::size_t kRefusedPluginsMax = 1000;
inline constexpr std::size_t kFailuresMax = 1000;

// Reading gives up after so many errors: a person mends a few at a time, and a hostile document may hold millions.
inline constexpr std::size_t kErrorsMax = 50;

} // namespace sonde::model
