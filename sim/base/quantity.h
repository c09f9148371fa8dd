// SPDX-License-Identifier: Apache-2.0
// Strong quantities with their conversions and literals: what everybody includes.
#pragma once

#include <concepts>
#include <cstdint>

#include "sim/base/quantity_type.h"

namespace handset {

__extension__ using Wide = unsigned __int128;

/// ceil(a * b / c) without intermediate overflow; c must not be zero. Throws ConfigError when the result has no room.
constexpr std::uint64_t mul_div_ceil(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const Wide quotient = (Wide{a} * b + (c - 1)) / c;
    if (quotient > UINT64_MAX) {
        fail_overflow("time, energy or size");
    }
    return static_cast<std::uint64_t>(quotient);
}

template <std::unsigned_integral T>
constexpr T div_ceil(T a, T b) {
    return static_cast<T>(a / b + (a % b != 0 ? 1 : 0));
}

inline constexpr std::uint64_t kFemtosecondsPerSecond = 1'000'000'000'000'000;

/// Duration of a number of clock cycles, rounded up to whole femtoseconds once (not per cycle).
constexpr Femtoseconds duration(Cycles cycles, Hertz clock) {
    return Femtoseconds{mul_div_ceil(cycles.count(), kFemtosecondsPerSecond, clock.count())};
}

/// Time to move `size` at `rate`, rounded up.
constexpr Femtoseconds duration(Bytes size, BytesPerSecond rate) {
    return Femtoseconds{mul_div_ceil(size.count(), kFemtosecondsPerSecond, rate.count())};
}

/// Energy of constant power over a time, rounded up: 1 uW * 1 fs = 1e-6 fJ.
constexpr Femtojoules energy(Microwatts power, Femtoseconds time) {
    return Femtojoules{mul_div_ceil(power.count(), time.count(), 1'000'000)};
}

/// Energy of a constant current from a rail over a time, rounded up: 1 mV * 1 uA * 1 fs = 1e-9 fJ.
constexpr Femtojoules energy(Millivolts rail, Microamperes current, Femtoseconds time) {
    return Femtojoules{mul_div_ceil(rail.count() * current.count(), time.count(), 1'000'000'000)};
}

constexpr Femtoseconds saturating_sub(Femtoseconds a, Femtoseconds b) {
    return a > b ? a - b : Femtoseconds{};
}

/// Seconds and joules as floating point, for printing and derived metrics only.
constexpr double to_seconds(Femtoseconds time) {
    return static_cast<double>(time.count()) * 1e-15;
}
constexpr double to_joules(Femtojoules value) {
    return static_cast<double>(value.count()) * 1e-15;
}

inline namespace literals {
constexpr Femtoseconds operator""_fs(unsigned long long v) {
    return Femtoseconds{v};
}
constexpr Femtoseconds operator""_ps(unsigned long long v) {
    return Femtoseconds{v * 1'000};
}
constexpr Femtoseconds operator""_ns(unsigned long long v) {
    return Femtoseconds{v * 1'000'000};
}
constexpr Femtoseconds operator""_us(unsigned long long v) {
    return Femtoseconds{v * 1'000'000'000};
}
constexpr Femtoseconds operator""_ms(unsigned long long v) {
    return Femtoseconds{v * 1'000'000'000'000};
}
constexpr Femtoseconds operator""_s(unsigned long long v) {
    return Femtoseconds{v * kFemtosecondsPerSecond};
}
constexpr Femtojoules operator""_fJ(unsigned long long v) {
    return Femtojoules{v};
}
constexpr Femtojoules operator""_pJ(unsigned long long v) {
    return Femtojoules{v * 1'000};
}
constexpr Femtojoules operator""_nJ(unsigned long long v) {
    return Femtojoules{v * 1'000'000};
}
constexpr Femtojoules operator""_uJ(unsigned long long v) {
    return Femtojoules{v * 1'000'000'000};
}
constexpr Bytes operator""_B(unsigned long long v) {
    return Bytes{v};
}
constexpr Bytes operator""_KiB(unsigned long long v) {
    return Bytes{v << 10};
}
constexpr Bytes operator""_MiB(unsigned long long v) {
    return Bytes{v << 20};
}
constexpr Bytes operator""_GiB(unsigned long long v) {
    return Bytes{v << 30};
}
constexpr Cycles operator""_cycles(unsigned long long v) {
    return Cycles{v};
}
constexpr Macs operator""_macs(unsigned long long v) {
    return Macs{v};
}
constexpr Hertz operator""_Hz(unsigned long long v) {
    return Hertz{v};
}
constexpr Hertz operator""_MHz(unsigned long long v) {
    return Hertz{v * 1'000'000};
}
constexpr BytesPerSecond operator""_MBps(unsigned long long v) {
    return BytesPerSecond{v * 1'000'000};
}
constexpr Microwatts operator""_uW(unsigned long long v) {
    return Microwatts{v};
}
constexpr Microwatts operator""_mW(unsigned long long v) {
    return Microwatts{v * 1'000};
}
constexpr Millivolts operator""_mV(unsigned long long v) {
    return Millivolts{v};
}
constexpr Microamperes operator""_uA(unsigned long long v) {
    return Microamperes{v};
}
}  // namespace literals

}  // namespace handset
