// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/conversion.h"

namespace handset {

ElementFormat element_format(NumberFormat stored) {
    switch (stored) {
        case NumberFormat::fp32:
        case NumberFormat::int32:
            return ElementFormat::fp32;
        case NumberFormat::fp16:
        case NumberFormat::bf16:
            return ElementFormat::fp16;
        case NumberFormat::int8:
        case NumberFormat::q8_0:
        case NumberFormat::q4_0:
            break;
    }
    return ElementFormat::int8;
}

ElementFormat element_format(MacFormat datapath) {
    switch (datapath) {
        case MacFormat::fp32:
            return ElementFormat::fp32;
        case MacFormat::fp16:
        case MacFormat::w8a16:
        case MacFormat::w4a16:
            return ElementFormat::fp16;
        case MacFormat::int8:
        case MacFormat::int4:
            break;
    }
    return ElementFormat::int8;
}

void add_conversion(Work& work, ElementFormat from, ElementFormat to, std::uint64_t count) {
    if (element_bits(from) > element_bits(to)) {
        work.add(VectorOp::quantise, count, from);
    } else {
        work.add(VectorOp::dequantise, count, to);
    }
}

void add_conversion(Work& work, NumberFormat from, NumberFormat to, std::uint64_t count) {
    if (from == to) {
        return;
    }
    const ElementFormat before = element_format(from);
    const ElementFormat after = element_format(to);
    if (before == ElementFormat::int8 && after == ElementFormat::int8) {
        add_conversion(work, before, ElementFormat::fp32, count);
        add_conversion(work, ElementFormat::fp32, after, count);
    } else {
        add_conversion(work, before, after, count);
    }
}

}  // namespace handset
