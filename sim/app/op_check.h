// SPDX-License-Identifier: Apache-2.0
// Numbers for the operands of one op, and whether its results are right: against the kernel interpreted without a
// simulator as one lane with a large local store, and products against a naive sum in double precision as well.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/app/op_shapes.h"

namespace handset {

using OperandBytes = std::vector<std::vector<std::byte>>;

/// Bytes of the inputs, uniform in [-1, 1) before encoding, equal on every host.
OperandBytes random_inputs(const OpCase& op_case);

/// "exact" or "largest relative error 1e-7". Throws ModelError when integer results differ at all, or others by more
/// than rounding explains.
std::string check_numbers(const OpCase& op_case, const OperandBytes& inputs, const std::vector<std::byte>& output);

}  // namespace handset
