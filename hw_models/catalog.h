// SPDX-License-Identifier: Apache-2.0
// All kinds of hardware models: one row each. The only place, beside the assembly, that knows concrete models.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "hw_models/common/component.h"
#include "sim/config/erased_config.h"

namespace handset {

/// What `kind:` may name in a phone's `components`.
std::span<const ConfigKind> component_kinds();

/// Builds the model of a config that was read with component_kinds(). `name` becomes its SystemC and counter name.
std::unique_ptr<Component> make_component(const AnyConfig& config, const std::string& name,
                                          const ComponentContext& context);

}  // namespace handset
