// SPDX-License-Identifier: Apache-2.0
// Makes an ErasedConfig of any config struct; included by catalogues only, because it pulls in every visitor.
#pragma once

#include "sim/config/describe.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_reader.h"

namespace handset {

template <Structured Config>
class TypedConfig final : public ErasedConfig {
  public:
    TypedConfig() = default;
    explicit TypedConfig(Config config) : config_(std::move(config)) {}

    void read(YamlReader& reader) override { config_.fields(reader); }
    void check(Errors& errors) const override {
        if constexpr (Checked<Config>) {
            config_.check(errors);
        }
    }
    // fields() serves reading visitors too and hence is not const; the writer changes nothing.
    void write(ResolvedWriter& writer) const override { const_cast<Config&>(config_).fields(writer); }
    void describe(Describer& describer) const override {
        Config fresh{};
        fresh.fields(describer);
    }
    [[nodiscard]] std::unique_ptr<ErasedConfig> clone() const override {
        return std::make_unique<TypedConfig>(config_);
    }
    [[nodiscard]] const void* get(const std::type_info& type) const override {
        return type == typeid(Config) ? &config_ : nullptr;
    }

  private:
    Config config_{};
};

/// The factory of a ConfigKind row.
template <Structured Config>
std::unique_ptr<ErasedConfig> make_config() {
    return std::make_unique<TypedConfig<Config>>();
}

/// Wraps a config made in code.
template <Structured Config>
AnyConfig any_config(std::string_view kind, Config config) {
    return {kind, std::make_unique<TypedConfig<Config>>(std::move(config))};
}

}  // namespace handset
