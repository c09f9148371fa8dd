// SPDX-License-Identifier: Apache-2.0
// The two address spaces of a simulated phone: DRAM from 0, flash from kFlashBase.
#pragma once

#include "sim/base/ids.h"

namespace handset {

inline constexpr Address kFlashBase = Address{1} << 48;

}  // namespace handset
