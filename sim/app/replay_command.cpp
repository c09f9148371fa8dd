// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/app/cli.h"
#include "sim/app/inputs.h"
#include "sim/app/outputs.h"
#include "sim/app/progress.h"
#include "sim/app/replay_part.h"
#include "sim/app/replay_result.h"
#include "sim/app/version.h"
#include "sim/base/log.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/scalar.h"
#include "sim/config/yaml_reader.h"
#include "sim/engine/run_control.h"
#include "sim/replay/replay.h"
#include "sim/results/format.h"
#include "sim/results/hdf5_writer.h"
#include "workloads/traces/memory_trace.h"
#include "workloads/traces/traffic_generator.h"

namespace handset {

namespace {

/// As typed; empty: not given.
struct ReplayArguments {
    std::string part;  ///< file of the part or the phone
    std::string port;
    std::string tag = "weights";
    std::vector<std::string> set;
    std::string trace;
    std::string format = "auto";
    std::string cycle;
    std::string generate;
    std::optional<std::uint64_t> count;
    std::optional<std::uint64_t> seed;
    std::string size;
    std::string span;
    std::string stride;
    std::optional<std::uint32_t> writes;
    std::string interval;
    std::string rate;
    std::uint32_t window = 16;
    std::string chunk;
    std::string output;
    bool quiet = false;
};

template <QuantityType Q>
std::optional<Q> quantity_option(const char* name, const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    Q value;
    const std::string reason = parse_scalar(text, value);
    if (!reason.empty()) {
        throw ConfigError(std::string(name) + ": " + reason);
    }
    return value;
}

/// For quantities that must not be zero.
template <QuantityType Q>
std::optional<Q> positive_option(const char* name, const std::string& text) {
    const std::optional<Q> value = quantity_option<Q>(name, text);
    if (value == Q{}) {
        throw ConfigError(std::string(name) + ": '" + text + "' is zero");
    }
    return value;
}

std::optional<std::uint64_t> bytes_option(const char* name, const std::string& text) {
    const std::optional<Bytes> value = quantity_option<Bytes>(name, text);
    return value ? std::optional(value->count()) : std::nullopt;
}

[[noreturn]] void refuse_without(const char* option, const char* needed) {
    throw ConfigError(std::string(option) + " goes with " + needed);
}

/// Time between requests, from --interval or --rate.
std::optional<Femtoseconds> interval_of(const ReplayArguments& arguments, std::uint64_t size) {
    const std::optional<Femtoseconds> interval = quantity_option<Femtoseconds>("--interval", arguments.interval);
    const std::optional<BytesPerSecond> rate = quantity_option<BytesPerSecond>("--rate", arguments.rate);
    if (interval && rate) {
        throw ConfigError("--interval and --rate exclude each other");
    }
    if (rate && *rate == BytesPerSecond{}) {
        throw ConfigError("--rate: 0 B/s never ends");
    }
    return rate ? duration(Bytes{size}, *rate) : interval;
}

std::unique_ptr<TrafficSource> generated_source(const ReplayArguments& arguments) {
    if (arguments.format != "auto") {
        refuse_without("--format", "--trace");
    }
    if (!arguments.cycle.empty()) {
        refuse_without("--cycle", "--trace");
    }
    TrafficOptions options;
    options.count = arguments.count;
    options.seed = arguments.seed;
    options.size = bytes_option("--size", arguments.size);
    options.span = bytes_option("--span", arguments.span);
    options.stride = bytes_option("--stride", arguments.stride);
    options.write_percent = arguments.writes;
    options.interval = interval_of(arguments, options.size.value_or(kDefaultRequestBytes));
    return generate_traffic(arguments.generate, options);
}

std::unique_ptr<TrafficSource> recorded_source(const ReplayArguments& arguments, Femtoseconds command_clock) {
    struct Given {
        bool given;
        const char* name;
    };
    for (const Given& option :
         {Given{arguments.count.has_value(), "--count"}, Given{arguments.seed.has_value(), "--seed"},
          Given{!arguments.span.empty(), "--span"}, Given{!arguments.stride.empty(), "--stride"},
          Given{arguments.writes.has_value(), "--writes"}, Given{!arguments.interval.empty(), "--interval"},
          Given{!arguments.rate.empty(), "--rate"}}) {
        if (option.given) {
            refuse_without(option.name, "--generate");
        }
    }
    TraceOptions options;
    const std::string reason = parse_enum(arguments.format, options.format);
    ensure(reason.empty(), "the option was checked when it was parsed");
    const std::uint64_t size = bytes_option("--size", arguments.size).value_or(kDefaultRequestBytes);
    if (size == 0 || size > kLargestRequestBytes) {
        throw ConfigError("--size: " + print_scalar(Bytes{size}) + " is out of range, expected 1 B to 1 GiB");
    }
    options.request_size = static_cast<std::uint32_t>(size);
    options.clock = positive_option<Femtoseconds>("--cycle", arguments.cycle).value_or(command_clock);
    return open_trace(arguments.trace, options);
}

std::unique_ptr<TrafficSource> make_source(const ReplayArguments& arguments, Femtoseconds command_clock) {
    if (arguments.trace.empty() == arguments.generate.empty()) {
        throw ConfigError(arguments.trace.empty() ? "one of --trace and --generate is required"
                                                  : "--trace and --generate exclude each other");
    }
    return arguments.trace.empty() ? generated_source(arguments) : recorded_source(arguments, command_clock);
}

/// Everything that decides the result, as it was asked for.
std::vector<std::pair<std::string, std::string>> provenance(const ReplayArguments& arguments, const char* kind) {
    std::vector<std::pair<std::string, std::string>> out{
        {"handset_version", kVersion}, {"git", kGitCommit},        {"replay", kind},
        {"part", arguments.part},      {"port", arguments.port},   {"trace", arguments.trace},
        {"format", arguments.format},  {"cycle", arguments.cycle}, {"generate", arguments.generate}};
    const auto number = [&out](const char* name, const auto& value) {
        out.emplace_back(name, value ? std::to_string(*value) : "");
    };
    number("count", arguments.count);
    number("seed", arguments.seed);
    number("writes", arguments.writes);
    out.insert(out.end(), {{"size", arguments.size},
                           {"span", arguments.span},
                           {"stride", arguments.stride},
                           {"interval", arguments.interval},
                           {"rate", arguments.rate},
                           {"window", std::to_string(arguments.window)},
                           {"chunk", arguments.chunk}});
    std::erase_if(out, [](const auto& attribute) { return attribute.second.empty(); });
    return out;
}

std::vector<std::string> tag_names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kMemoryTags; ++i) {
        names.emplace_back(memory_tag_name(static_cast<MemoryTag>(i)));
    }
    return names;
}

class Progress {
  public:
    Progress(bool quiet, const TrafficSource& source) : line_(quiet), source_(source) {}

    void operator()(std::uint64_t requests) {
        const unsigned percent = source_.percent_done();
        const std::string text = fmt::format("replayed {} requests ({} %)", grouped(requests), percent);
        if (line_.terminal() || percent >= next_) {
            line_.milestone(text);
            next_ = percent - percent % kStep + kStep;
        }
    }

    void finish(std::uint64_t requests, double seconds) {
        line_.milestone(fmt::format("replayed {} requests in {}", grouped(requests), scale_si(seconds, "s").text()));
    }

  private:
    static constexpr unsigned kStep = 25;

    ProgressLine line_;
    const TrafficSource& source_;
    unsigned next_ = kStep;
};

int replay_on(ReplayPart& part, const ReplayArguments& arguments, const char* kind, const std::string& yaml) {
    const std::unique_ptr<TrafficSource> source = make_source(arguments, part.command_clock());
    ReplayOptions options;
    options.window = arguments.window;
    options.chunk = positive_option<Bytes>("--chunk", arguments.chunk).value_or(Bytes{}).count();
    check_outputs({arguments.part, arguments.trace}, arguments.output, "");
    const auto begin = std::chrono::steady_clock::now();
    RunResult result;
    {
        Progress progress(arguments.quiet, *source);
        options.progress = std::ref(progress);
        ReplayResult replay = Replay(part, *source, options).run();
        result = replay_run_result(replay, part.settle(replay.time));
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        progress.finish(replay.requests(), passed.count());
    }
    result.attributes = provenance(arguments, kind);
    result.resolved_yaml = yaml;
    result.attributes.emplace_back("config_hash", config_hash(yaml));
    if (!arguments.output.empty()) {
        write_run_result(arguments.output, result);
        write_host_json(host_json_path(arguments.output), host_facts(begin));
    }
    std::cout << replay_text(result);
    if (!arguments.output.empty() && !arguments.quiet) {
        log_info("wrote " + arguments.output);
    }
    return kDone;
}

int replay_dram(const ReplayArguments& arguments) {
    const auto config = load_config<DramConfig>(arguments.part, arguments.set);
    return replay_on(*make_dram_replay(config), arguments, "dram", write_resolved(config));
}

int replay_flash(const ReplayArguments& arguments) {
    const auto config = load_config<FlashConfig>(arguments.part, arguments.set);
    return replay_on(*make_flash_replay(config), arguments, "flash", write_resolved(config));
}

int replay_soc(const ReplayArguments& arguments) {
    const Overrides overrides = sort_overrides(arguments.set);
    if (!overrides.workload.empty()) {
        throw ConfigError(overrides.workload.front().typed + ": a replay has no workload");
    }
    const SocConfig config = load_soc(arguments.part, overrides.soc);
    prepare_kernel();
    const std::vector<std::string> tags = tag_names();
    const auto tag = std::find(tags.begin(), tags.end(), arguments.tag) - tags.begin();
    return replay_on(*make_soc_replay(config, arguments.port, static_cast<MemoryTag>(tag)), arguments, "soc",
                     write_resolved(config));
}

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    for (const auto& [name, format] : enum_names(TraceFormat{})) {
        names.emplace_back(name);
    }
    return names;
}

constexpr const char* kTraceLines =
    "One of --trace and --generate is required.\n"
    "Lines of a trace (blank ones and those that start with # are skipped):\n"
    "  ramulator     LD|ST ADDRESS\n"
    "  dramsim3      ADDRESS READ|WRITE CYCLE\n"
    "  mqsim         NANOSECONDS DEVICE SECTOR SECTORS 0|1     (0 writes, 1 reads)\n";

std::string generator_list() {
    std::string text = "Generators:\n";
    for (const TrafficPattern& pattern : traffic_catalogue()) {
        text += fmt::format("  {:<13} {}\n", pattern.name, pattern.doc);
    }
    return text;
}

void add_traffic_options(CLI::App& verb, ReplayArguments& arguments) {
    verb.add_option("--trace", arguments.trace, "play the requests of a FILE, one per line")->check(not_empty());
    verb.add_option("--format", arguments.format,
                    "how lines of the trace look; auto: as the first request does (see below)")
        ->check(one_of(format_names()))
        ->capture_default_str();
    verb.add_option(
        "--cycle", arguments.cycle,
        "TIME of one cycle of a dramsim3 trace, such as '1.25 ns' (replay dram: its command clock; else required)");
    verb.add_option("--generate", arguments.generate, "play the requests of a generator, by NAME (see below)")
        ->check(not_empty());
    verb.add_option("--count", arguments.count, "how many requests to generate (default: 100000)");
    verb.add_option("--seed", arguments.seed, "of random addresses and kinds (default: 305419896)");
    verb.add_option(
        "--size", arguments.size,
        "SIZE of generated requests and of those whose trace line names none, such as '4 KiB' (default: 64 B)");
    verb.add_option("--span", arguments.span,
                    "SIZE of the address range that generators use, from address 0 (default: 1 GiB)");
    verb.add_option("--stride", arguments.stride, "SIZE of the step of the generator strided (default: 4 KiB)");
    verb.add_option("--writes", arguments.writes,
                    "share of generated requests that write, in percent (default: 0; mixed: 50)");
    verb.add_option("--interval", arguments.interval,
                    "TIME between generated requests, such as '200 ns' (default: each as soon as the window allows)");
    verb.add_option("--rate", arguments.rate, "the same as a rate of bytes, such as '10 GB/s'");
    verb.add_option(
            "--window", arguments.window,
            "requests under way at most; writes of 'replay dram' do not count: they are done once a queue took them")
        ->capture_default_str();
    verb.add_option("-o,--output", arguments.output,
                    "write bandwidth over time, figures and counters to this HDF5 file")
        ->check(not_empty());
    verb.add_flag("-q,--quiet", arguments.quiet, "no progress on stderr");
}

using ReplayVerb = int (*)(const ReplayArguments&);

/// What all memories have in common: traffic, help, action.
void finish_verb(CLI::App& verb, const char* example, const std::shared_ptr<ReplayArguments>& arguments, ReplayVerb run,
                 Action& action) {
    verb.add_option("--set", arguments->set, "change a parameter: PATH=VALUE")->allow_extra_args(false);
    add_traffic_options(verb, *arguments);
    verb.footer(kTraceLines + generator_list() + "Example:\n  " + example);
    verb.callback([arguments, run, &action] { action = [arguments, run] { return run(*arguments); }; });
}

void add_replay_dram(CLI::App& replay, Action& action) {
    auto arguments = std::make_shared<ReplayArguments>();
    CLI::App& verb = *replay.add_subcommand("dram", "through one DRAM part");
    verb.add_option("--part", arguments->part, "memory part (configs/parts/*.yaml)")->required()->check(not_empty());
    verb.add_option("--chunk", arguments->chunk,
                    "SIZE of the pieces in which requests are offered, such as '32 B' (default and most: 4 KiB)");
    finish_verb(verb, "handset replay dram --part configs/parts/lpddr5x_8448.yaml --generate rand64 --count 1000000",
                arguments, replay_dram, action);
}

void add_replay_flash(CLI::App& replay, Action& action) {
    auto arguments = std::make_shared<ReplayArguments>();
    CLI::App& verb = *replay.add_subcommand("flash", "through one flash part; the window is the queue depth");
    verb.add_option("--part", arguments->part, "flash part (configs/parts/*.yaml)")->required()->check(not_empty());
    finish_verb(verb,
                "handset replay flash --part configs/parts/ufs40.yaml --generate random --size '4 KiB' --window 32",
                arguments, replay_flash, action);
}

void add_replay_soc(CLI::App& replay, Action& action) {
    auto arguments = std::make_shared<ReplayArguments>();
    CLI::App& verb = *replay.add_subcommand("soc", "through the memory system of a phone, in the place of one device");
    verb.add_option("--soc", arguments->part, "phone (configs/soc/*.yaml)")->required()->check(not_empty());
    verb.add_option("--port", arguments->port, "the device whose place the traffic takes, such as npu0")->required();
    verb.add_option("--tag", arguments->tag, "what the bytes are; the system cache may keep some kinds and pass others")
        ->check(one_of(tag_names()))
        ->capture_default_str();
    finish_verb(
        verb, "handset replay soc --soc configs/soc/phone_8gen3.yaml --port npu0 --generate sequential --size '4 KiB'",
        arguments, replay_soc, action);
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
    CLI::App* verb = app.add_subcommand("replay", "play memory traffic: bandwidth, latency, row hits, energy");
    verb->require_subcommand(1);
    verb->footer("Options and examples: handset replay dram --help");
    add_replay_dram(*verb, action);
    add_replay_flash(*verb, action);
    add_replay_soc(*verb, action);
}

}  // namespace handset
