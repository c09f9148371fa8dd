// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash_config.h"

namespace handset {

NandGeometry FlashConfig::geometry() const {
    NandGeometry shape{nand.channels, nand.dies, nand.planes, 1, nand.pages, nand.page};
    const std::uint64_t row = shape.all_pages();
    const std::uint64_t pages = mul_div_ceil(logical_pages(), 1000, 1000 - ftl.over_provisioning);
    shape.blocks = static_cast<std::uint32_t>(div_ceil(pages, row));
    return shape;
}

void FlashConfig::check(Errors& errors) const {
    if (nand.page == Bytes{} || capacity.count() % nand.page.count() != 0) {
        errors.add("capacity", "must be whole pages");
        return;
    }
    if (controller.write_cache != Bytes{} && controller.write_cache < nand.page * nand.all_planes()) {
        errors.add("controller.write_cache", "must hold a page of every plane, or be 0");
    }
    if (controller.read_buffer != Bytes{} && controller.read_buffer < nand.page) {
        errors.add("controller.read_buffer", "must hold a page, or be 0");
    }
    if (link.rate() == BytesPerSecond{}) {
        errors.add("link", "moves nothing: lane_rate, line_code and efficiency multiply to 0 B/s");
    }
    Errors shape;
    ftl.check_geometry(geometry(), shape);
    for (const std::string& problem : shape.problems()) {
        errors.add("ftl", problem);
    }
}

}  // namespace handset
