// SPDX-License-Identifier: Apache-2.0
// What a cache counts, in all and by initiator with a partition.
#pragma once

#include <string>

#include "sim/stats/counters.h"

namespace handset {

struct CacheCounters : CounterGroup {
    using CounterGroup::CounterGroup;

    EventCounter reads{*this, "reads", "read requests"};
    EventCounter writes{*this, "writes", "write requests"};
    Counter<Bytes> bytes_read{*this, "bytes_read", "bytes served upstream"};
    Counter<Bytes> bytes_written{*this, "bytes_written", "bytes taken from upstream"};
    Counter<Bytes> hit_bytes{*this, "hit_bytes", "of these, served or absorbed here"};
    Counter<Bytes> miss_bytes{*this, "miss_bytes", "of these, passed to or fetched from below"};
    Counter<Bytes> bytes_read_below{*this, "bytes_read_below", "bytes fetched, whole sectors where allocated"};
    Counter<Bytes> bytes_written_below{*this, "bytes_written_below", "bytes forwarded and written back"};
    EventCounter writebacks{*this, "writebacks", "runs of dirty sectors written back"};
    Counter<Femtojoules> energy_access{*this, "energy_access", "tags and data array"};
    Counter<Femtojoules> energy_idle{*this, "energy_idle", "idle power"};
};

/// What one initiator with a partition found here.
struct CachePartitionCounters {
    CachePartitionCounters(CounterGroup& group, const std::string& name)
        : hit_bytes(group, "hit_bytes_" + name, "requested by " + name + ", served or absorbed here"),
          miss_bytes(group, "miss_bytes_" + name, "requested by " + name + ", passed to or fetched from below") {}
    Counter<Bytes> hit_bytes;
    Counter<Bytes> miss_bytes;
};

}  // namespace handset
