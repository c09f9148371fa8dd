// SPDX-License-Identifier: Apache-2.0
// Strong quantities: an integer count whose unit is its type. Time is femtoseconds (range 18,447 s), energy is
// femtojoules (range 18.4 kJ). There is no implicit conversion and no floating point in accumulation.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace handset {

/// Throws ConfigError: a sum or product of this unit left its range (18,447 s, 18.4 kJ), which no sane input does.
[[noreturn]] void fail_overflow(std::string_view unit);

/// An unsigned count of one unit. Sums and products are checked. Subtraction below zero is a programming error and
/// wraps; compare first.
template <class Tag>
class Quantity {
  public:
    using Rep = std::uint64_t;

    constexpr Quantity() = default;
    constexpr explicit Quantity(Rep count) : count_(count) {}

    [[nodiscard]] constexpr Rep count() const { return count_; }
    [[nodiscard]] static constexpr std::string_view unit() { return Tag::kUnit; }

    constexpr Quantity& operator+=(Quantity other) {
        if (__builtin_add_overflow(count_, other.count_, &count_)) {
            fail_overflow(unit());
        }
        return *this;
    }
    constexpr Quantity& operator-=(Quantity other) {
        count_ -= other.count_;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.count_ - b.count_}; }
    friend constexpr Quantity operator*(Quantity a, Rep factor) {
        if (__builtin_mul_overflow(a.count_, factor, &a.count_)) {
            fail_overflow(unit());
        }
        return a;
    }
    friend constexpr Quantity operator*(Rep factor, Quantity a) { return a * factor; }
    friend constexpr Quantity operator/(Quantity a, Rep divisor) { return Quantity{a.count_ / divisor}; }
    friend constexpr Rep operator/(Quantity a, Quantity b) { return a.count_ / b.count_; }
    friend constexpr Quantity operator%(Quantity a, Quantity b) { return Quantity{a.count_ % b.count_}; }
    friend constexpr auto operator<=>(Quantity, Quantity) = default;

  private:
    Rep count_ = 0;
};

namespace unit {
struct Time {
    static constexpr std::string_view kUnit = "fs";
};
struct Energy {
    static constexpr std::string_view kUnit = "fJ";
};
struct Size {
    static constexpr std::string_view kUnit = "B";
};
struct Cycle {
    static constexpr std::string_view kUnit = "cycle";
};
struct Mac {
    static constexpr std::string_view kUnit = "MAC";
};
struct Event {
    static constexpr std::string_view kUnit = "1";
};
struct Frequency {
    static constexpr std::string_view kUnit = "Hz";
};
struct Rate {
    static constexpr std::string_view kUnit = "B/s";
};
struct Power {
    static constexpr std::string_view kUnit = "uW";
};
struct Voltage {
    static constexpr std::string_view kUnit = "mV";
};
struct Current {
    static constexpr std::string_view kUnit = "uA";
};
}  // namespace unit

using Femtoseconds = Quantity<unit::Time>;
using Femtojoules = Quantity<unit::Energy>;
using Bytes = Quantity<unit::Size>;
using Cycles = Quantity<unit::Cycle>;
using Macs = Quantity<unit::Mac>;
using Events = Quantity<unit::Event>;
using Hertz = Quantity<unit::Frequency>;
using BytesPerSecond = Quantity<unit::Rate>;
using Microwatts = Quantity<unit::Power>;
using Millivolts = Quantity<unit::Voltage>;
using Microamperes = Quantity<unit::Current>;

}  // namespace handset
