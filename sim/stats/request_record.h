// SPDX-License-Identifier: Apache-2.0
// What one request took: a row of the result's request table. Times are those of the op table.
#pragma once

#include <cstdint>
#include <string>

#include "sim/base/quantity.h"

namespace handset {

struct RequestRecord {
    std::string conversation;          ///< empty: one of its own
    std::uint32_t prompt_tokens = 0;   ///< new ones
    std::uint32_t cached_tokens = 0;   ///< found in the KV cache
    std::uint32_t prefill_tokens = 0;  ///< put in before the first new one: the prompt and what the cache had lost
    std::uint32_t output_tokens = 0;
    Femtoseconds arrival;
    Femtoseconds start;        ///< of the prefill
    Femtoseconds first_token;  ///< end of the prefill
    Femtoseconds end;
    Femtojoules energy;  ///< of the whole phone from start to end

    friend bool operator==(const RequestRecord&, const RequestRecord&) = default;
};

}  // namespace handset
