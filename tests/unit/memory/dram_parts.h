// SPDX-License-Identifier: Apache-2.0
// The committed DRAM parts by name.
#pragma once

#include <filesystem>
#include <string>

#include "hw_models/dram/dram_config.h"
#include "sim/config/yaml_reader.h"

namespace handset {

inline DramConfig dram_part(const std::string& name) {
    return load_config<DramConfig>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/parts" / (name + ".yaml"));
}

}  // namespace handset
