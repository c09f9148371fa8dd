// SPDX-License-Identifier: Apache-2.0
// HeteroInfer's tensor-level placement (arXiv 2501.14794, section 3): hetero_layer, but GPU and NPU compute parts of
// the same product at once. The workload's `split` cuts the products (workloads/passes/split_products); without it this
// is hetero_layer. Every split product ends on both devices, so what `synchronise.mode` of the GPU and `call` of the
// NPU cost counts more than there.
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/faster_device.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_hetero_tensor() {
    return std::make_unique<FasterDevicePolicy>(SplitParts::as_named);
}

}  // namespace handset
