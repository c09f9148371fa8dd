// SPDX-License-Identifier: Apache-2.0
// Turns a workload's model choice into what a run needs: the decoder, its bytes in flash, tokenizer and requests.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw_models/common/store.h"
#include "sim/app/request.h"
#include "sim/app/workload_config.h"
#include "sim/soc/soc.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/models/tokenizer.h"

namespace handset {

struct PreparedModel {
    DecoderModel model;
    std::shared_ptr<const Store> flash_image;  ///< null with data off
    std::unique_ptr<Tokenizer> tokenizer;      ///< null for models by shape
    std::vector<Turn> turns;                   ///< in the order of arrival; one without `requests`
};

/// Opens, checks and converts the model. Throws ConfigError when it does not fit the flash, when a conversation does
/// not fit the context or when the file of requests is wrong, and OutOfMemory when synthetic weights alone exceed the
/// DRAM, before any byte of them is generated.
PreparedModel prepare_model(const WorkloadConfig& workload, const MemorySizes& sizes, bool data);

}  // namespace handset
