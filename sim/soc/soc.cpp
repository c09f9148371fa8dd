// SPDX-License-Identifier: Apache-2.0
#include "sim/soc/soc.h"

#include "hw_models/catalog.h"
#include "hw_models/dram/dram.h"
#include "hw_models/flash/flash.h"
#include "sim/base/errors.h"

namespace handset {

MemorySizes memory_sizes(const SocConfig& config) {
    MemorySizes sizes;
    for (const auto& [name, slot] : config.components) {
        if (const auto* dram = slot.config.get_if<DramConfig>(); dram != nullptr) {
            sizes.dram = dram->capacity;
        } else if (const auto* flash = slot.config.get_if<FlashConfig>(); flash != nullptr) {
            sizes.flash = flash->capacity;
        }
    }
    return sizes;
}

Soc::Soc(const SocConfig& config, bool data, Timeline* timeline, const Replacement& replacement) {
    for (const auto& [name, slot] : config.components) {
        initiators_.push_back(name);
    }
    std::size_t initiator = 0;
    for (const auto& [name, slot] : config.components) {
        const ComponentContext context{counters_, timeline, InitiatorId{initiator++}, data, initiators_};
        std::unique_ptr<Component>& component = components_[name];
        component = name == replacement.name ? replacement.make(name.c_str(), context)
                                             : make_component(slot.config, name, context);
        if (Device* device = component->device(); device != nullptr) {
            devices_.push_back(device);
        }
        if (slot.config.get_if<DramConfig>() != nullptr) {
            dram_ = component.get();
        } else if (slot.config.get_if<FlashConfig>() != nullptr) {
            flash_ = component.get();
        } else if (slot.config.get_if<PowerConfig>() != nullptr) {
            power_ = dynamic_cast<PowerMonitor*>(component.get());
        }
    }
    for (const auto& [name, slot] : config.components) {
        if (slot.downstream.empty()) {
            continue;
        }
        LinkInitiator* port = components_.at(name)->downstream();
        LinkTarget* target = components_.at(slot.downstream)->attach(name);
        ensure(port != nullptr && target != nullptr, "cannot connect '" + name + "' to '" + slot.downstream + "'");
        port->socket.bind(target->socket);
    }
    ensure(dram_ != nullptr && flash_ != nullptr && power_ != nullptr, "a phone without DRAM, flash or power");
}

Store& Soc::dram() {
    ensure(dram_->store() != nullptr, "the DRAM holds no bytes: data is off");
    return *dram_->store();
}

void Soc::attach_flash_image(std::shared_ptr<const Store> image) {
    auto* flash = dynamic_cast<FlashDevice*>(flash_);
    ensure(flash != nullptr, "the flash component is not a flash device");
    flash->attach_image(std::move(image));
}

void Soc::empty_caches() {
    for (const auto& [name, component] : components_) {
        component->empty();
    }
}

Snapshot Soc::settle(Femtoseconds now) {
    for (const auto& [name, component] : components_) {
        if (component.get() != power_) {
            component->settle(now);
        }
    }
    power_->sample(now, counters_.snapshot());
    power_->settle(now);
    return counters_.snapshot();
}

std::string Soc::state_text() const {
    std::string text;
    for (const auto& [name, component] : components_) {
        const std::string line = component->state_text();
        text += line.empty() ? "" : "  " + line + "\n";
    }
    return text;
}

}  // namespace handset
