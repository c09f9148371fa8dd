// SPDX-License-Identifier: Apache-2.0
// Configs whose type a `kind:` key selects. A catalogue is a table of ConfigKind rows, one per kind; rooms that hold an
// AnyConfig need not know the concrete types.
//
//   struct DeviceSlot {
//       AnyConfig config;
//       Hertz clock;                                                   // common to all kinds
//       template <class Visitor> void fields(Visitor& v) {
//           v.field("clock", clock, {.doc = "device clock"});
//           v.variant("kind", config, device_kinds(), "what the device is");   // reads `kind`, then that kind's fields
//       }
//   };
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

class YamlReader;
class ResolvedWriter;
class Describer;

/// A config struct behind one interface; TypedConfig (typed_config.h) implements it for every struct with fields().
class ErasedConfig {
  public:
    ErasedConfig() = default;
    virtual ~ErasedConfig() = default;

    virtual void read(YamlReader& reader) = 0;
    virtual void check(Errors& errors) const = 0;
    virtual void write(ResolvedWriter& writer) const = 0;
    virtual void describe(Describer& describer) const = 0;
    [[nodiscard]] virtual std::unique_ptr<ErasedConfig> clone() const = 0;
    /// The struct itself, null when it is of another type.
    [[nodiscard]] virtual const void* get(const std::type_info& type) const = 0;

  protected:
    ErasedConfig(const ErasedConfig&) = default;
    ErasedConfig& operator=(const ErasedConfig&) = default;
};

/// One row of a catalogue; `make` is `&make_config<Config>` of typed_config.h.
struct ConfigKind {
    std::string_view name;
    std::string_view doc;
    std::unique_ptr<ErasedConfig> (*make)() = nullptr;
};

/// A value that holds the config of one kind, or none before it was read.
class AnyConfig {
  public:
    AnyConfig() = default;
    AnyConfig(std::string_view kind, std::unique_ptr<ErasedConfig> config) : kind_(kind), config_(std::move(config)) {}
    AnyConfig(const AnyConfig& other) : kind_(other.kind_), config_(other.config_ ? other.config_->clone() : nullptr) {}
    AnyConfig(AnyConfig&&) noexcept = default;
    AnyConfig& operator=(AnyConfig other) noexcept {
        kind_.swap(other.kind_);
        config_.swap(other.config_);
        return *this;
    }
    ~AnyConfig() = default;

    [[nodiscard]] const std::string& kind() const { return kind_; }
    [[nodiscard]] bool empty() const { return config_ == nullptr; }
    [[nodiscard]] ErasedConfig* erased() { return config_.get(); }
    [[nodiscard]] const ErasedConfig* erased() const { return config_.get(); }

    /// Null when it holds another type.
    template <class Config>
    [[nodiscard]] const Config* get_if() const {
        return config_ ? static_cast<const Config*>(config_->get(typeid(Config))) : nullptr;
    }
    /// Holding another type is a broken invariant.
    template <class Config>
    [[nodiscard]] const Config& get() const {
        const Config* const config = get_if<Config>();
        ensure(config != nullptr, "config of kind '" + kind_ + "' is not of the expected type");
        return *config;
    }

  private:
    std::string kind_;
    std::unique_ptr<ErasedConfig> config_;
};

}  // namespace handset
