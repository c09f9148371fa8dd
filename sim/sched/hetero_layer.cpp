// SPDX-License-Identifier: Apache-2.0
// HeteroInfer's layer-level placement (arXiv 2501.14794, section 3): each op on the faster of GPU and NPU. What it pays
// for is every change of the device: a launch with `synchronise` of the GPU, a `call` of the NPU. The fast
// synchronisation of the paper is the GPU part's `synchronise.mode: poll`; `fence` is what it replaces.
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/faster_device.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_hetero_layer() {
    return std::make_unique<FasterDevicePolicy>(SplitParts::as_ops);
}

}  // namespace handset
