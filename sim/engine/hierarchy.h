// SPDX-License-Identifier: Apache-2.0
// Adds objects to a module after its constructor has ended (ports made by attach()), under the module's name.
#pragma once

#include <systemc>

namespace handset {

class HierarchyScope {
  public:
    /// SystemC 2.3.4 has no sc_hierarchy_scope yet; this is what it does.
    explicit HierarchyScope(sc_core::sc_module& module) : context_(*module.simcontext()) {
        context_.hierarchy_push(&module);
    }
    ~HierarchyScope() { context_.hierarchy_pop(); }
    HierarchyScope(const HierarchyScope&) = delete;
    HierarchyScope& operator=(const HierarchyScope&) = delete;

  private:
    sc_core::sc_simcontext& context_;
};

}  // namespace handset
