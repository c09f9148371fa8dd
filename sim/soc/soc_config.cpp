// SPDX-License-Identifier: Apache-2.0
#include "sim/soc/soc_config.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "hw_models/cache/cache_config.h"
#include "hw_models/cpu/cpu_config.h"
#include "hw_models/noc/noc_config.h"
#include "sim/base/text.h"

namespace handset {

namespace {

bool is_memory_end(const std::string& kind) {
    return kind == "dram";
}
bool stands_alone(const std::string& kind) {
    return kind == "power";
}

bool valid_name(const std::string& name) {
    return !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

void check_path(const SocConfig& soc, const std::string& start, Errors& errors) {
    const std::string path = "components." + start + ".downstream";
    std::string at = start;
    for (std::size_t hops = 0; hops <= soc.components.size(); ++hops) {
        const ComponentSlot& slot = soc.components.at(at);
        if (is_memory_end(slot.config.kind())) {
            return;
        }
        if (soc.components.count(slot.downstream) == 0) {
            return;  // reported where it is written
        }
        at = slot.downstream;
    }
    errors.add(path, "the memory path from '" + start + "' runs in a circle");
}

void check_slot(const SocConfig& soc, const std::string& name, const ComponentSlot& slot, Errors& errors) {
    const std::string path = "components." + name;
    const std::string& kind = slot.config.kind();
    if (!valid_name(name)) {
        errors.add(path, "a component's name is a letter followed by letters, digits and '_'");
    }
    if (is_memory_end(kind) || stands_alone(kind)) {
        if (!slot.downstream.empty()) {
            errors.add(path + ".downstream", "a component of kind '" + kind + "' has nothing downstream");
        }
        return;
    }
    if (slot.downstream.empty()) {
        errors.add(path, "needs 'downstream': the component that its memory requests go to");
    } else if (soc.components.count(slot.downstream) == 0) {
        std::vector<std::string> names;
        for (const auto& [other, unused] : soc.components) {
            names.push_back(other);
        }
        errors.add(path + ".downstream", unknown_name("component", slot.downstream, names));
    } else {
        const std::string& below = soc.components.at(slot.downstream).config.kind();
        if (below != "noc" && below != "cache" && below != "dram") {
            errors.add(path + ".downstream", "'" + slot.downstream + "' is a " + below + " and serves no requests");
        }
    }
}

/// Whether requests of `name` come by `level` on their way to memory.
bool passes_by(const SocConfig& soc, const std::string& name, const std::string& level) {
    auto at = soc.components.find(name);
    for (std::size_t hops = 0; hops < soc.components.size() && at != soc.components.end(); ++hops) {
        if (at->second.downstream == level) {
            return true;
        }
        at = soc.components.find(at->second.downstream);
    }
    return false;
}

/// Reports names of `map` that are no component with a way to memory.
template <class Map>
void check_names(const SocConfig& soc, const std::string& path, const Map& map, Errors& errors) {
    std::vector<std::string> known;
    for (const auto& [name, slot] : soc.components) {
        if (!slot.downstream.empty()) {
            known.push_back(name);
        }
    }
    for (const auto& [name, value] : map) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            errors.add(path, unknown_name("component", name, known));
        }
    }
}

/// Ports and partitions belong to components; used cores have their private caches.
void check_names_within(const SocConfig& soc, const std::string& name, const ComponentSlot& slot, Errors& errors) {
    const std::string path = "components." + name;
    if (const auto* noc = slot.config.get_if<NocConfig>(); noc != nullptr) {
        check_names(soc, path + ".ports", noc->ports, errors);
    }
    const auto* cache = slot.config.get_if<CacheConfig>();
    if (cache == nullptr) {
        return;
    }
    check_names(soc, path + ".partitions", cache->partitions, errors);
    const std::size_t arrays = cache->arrays().size();
    for (const auto& [other, other_slot] : soc.components) {
        const auto* cpu = other_slot.config.get_if<CpuConfig>();
        if (cpu != nullptr && !cache->private_caches.empty() && cpu->lanes() > arrays && passes_by(soc, other, name)) {
            errors.add(path + ".private_caches", "has caches for " + std::to_string(arrays) + " cores, '" + other +
                                                     "' uses " + std::to_string(cpu->lanes()));
        }
    }
}

void check_count(const SocConfig& soc, const std::string& kind, std::size_t least, std::size_t most, Errors& errors) {
    const auto count =
        static_cast<std::size_t>(std::count_if(soc.components.begin(), soc.components.end(),
                                               [&](const auto& entry) { return entry.second.config.kind() == kind; }));
    if (count < least || count > most) {
        errors.add("components", "a phone needs " + std::string(least == most ? "exactly one" : "at least one") +
                                     " component of kind '" + kind + "', found " + std::to_string(count));
    }
}

}  // namespace

void SocConfig::check(Errors& errors) const {
    if (name.empty()) {
        errors.add("name", "must not be empty");
    }
    for (const auto& [slot_name, slot] : components) {
        check_slot(*this, slot_name, slot, errors);
    }
    for (const auto& [slot_name, slot] : components) {
        if (!stands_alone(slot.config.kind())) {
            check_path(*this, slot_name, errors);
        }
        check_names_within(*this, slot_name, slot, errors);
    }
    check_count(*this, "dram", 1, 1, errors);
    check_count(*this, "flash", 1, 1, errors);
    check_count(*this, "cpu", 1, components.size(), errors);
    check_count(*this, "power", 1, 1, errors);
    const auto host_device = components.find(host.device);
    if (host_device == components.end() || host_device->second.config.kind() != "cpu") {
        errors.add("host.device", "'" + host.device + "' is not a component of kind 'cpu'");
    }
}

}  // namespace handset
