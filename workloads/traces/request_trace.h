// SPDX-License-Identifier: Apache-2.0
// Requests of users from a table of comma-separated values, one per line. The first line names the columns, in any
// order; blank lines and lines that start with '#' are skipped; quoted fields are refused.
//   prompt_tokens, output_tokens    lengths in tokens, both needed
//   arrival                         seconds with up to 15 decimals; lines are in the order of arrival
//   conversation                    requests of equal name continue each other; empty: one of its own
// The traces of the Azure LLM inference service (github.com/Azure/AzurePublicDataset) are such tables with columns of
// their own: ContextTokens, GeneratedTokens and TIMESTAMP (2023-11-16 18:17:03.9799600).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

struct TracedRequest {
    std::uint32_t prompt_tokens = 0;
    std::uint32_t output_tokens = 0;
    std::string conversation;
    std::optional<Femtoseconds> arrival;  ///< after the first request taken; none: the file has no such column
};

struct RequestTraceOptions {
    std::uint64_t from = 0;       ///< requests to skip at the start
    std::uint64_t limit = 0;      ///< requests to take; 0: all
    double scale_arrivals = 1.0;  ///< factor on the times; not negative
};

inline constexpr std::uint32_t kMostRequestTokens = 1U << 20;
/// Simulated time ends after five hours.
inline constexpr Femtoseconds kLatestArrival{14'400 * kFemtosecondsPerSecond};

/// Throws ConfigError: "file:line:column: reason" for a line that is no request, otherwise "file: reason".
std::vector<TracedRequest> read_request_trace(const std::string& path, const RequestTraceOptions& options);

}  // namespace handset
