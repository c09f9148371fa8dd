// SPDX-License-Identifier: Apache-2.0
#include "sim/app/cli.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "sim/app/version.h"
#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

int report(const char* what, const std::exception& error, int code) {
    std::cerr << "handset: " << what << (*what != '\0' ? ": " : "") << error.what() << "\n";
    return code;
}

/// What was asked for on standard output must have got there.
int delivered(int code) {
    std::cout.flush();
    if (!std::cout) {
        std::cerr << "handset: cannot write to standard output\n";
        return kBadInput;
    }
    return code;
}

int run_action(const Action& action) {
    try {
        return delivered(action());
    } catch (const ConfigError& error) {
        return report("", error, kBadInput);
    } catch (const OutOfMemory& error) {
        return report("out of simulated memory", error, kOutOfMemory);
    } catch (const ModelError& error) {
        return report("internal error (please report it with your command line)", error, kBrokenModel);
    } catch (const std::bad_alloc& error) {
        return report("this computer ran out of memory", error, kBrokenModel);
    } catch (const std::exception& error) {
        return report("internal error (please report it with your command line)", error, kBrokenModel);
    }
}

std::vector<std::string> verb_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(verb->get_name());
    }
    return names;
}

/// Long options where there are any: "--output" for "-o,--output".
std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_lnames().empty()) {
            names.push_back("--" + option->get_lnames().front());
        }
    }
    return names;
}

/// The library's words, except where a nearest name helps.
std::string parse_problem(const CLI::App& verb, const CLI::ParseError& error) {
    const std::vector<std::string> left = verb.remaining();
    const auto option = std::find_if(left.begin(), left.end(),
                                     [](const std::string& word) { return word.size() > 1 && word.front() == '-'; });
    if (option != left.end()) {
        return unknown_name("option", option->substr(0, option->find('=')), option_names(verb));
    }
    if (!verb_names(verb).empty() && verb.get_subcommands().empty()) {
        return left.empty() ? "a verb is missing (known: " + join(verb_names(verb), ", ") + ")"
                            : unknown_name("verb", left.front(), verb_names(verb));
    }
    return left.empty() ? error.what() : "unexpected argument '" + left.front() + "'";
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* verb = &app;
    std::string command = app.get_name();
    while (!verb->get_subcommands().empty()) {
        verb = verb->get_subcommands().front();
        command += " " + verb->get_name();
    }
    std::cerr << "handset: " << parse_problem(*verb, error) << "\n" << command << " --help tells more\n";
    return kBadInput;
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> names) {
    const std::string described = "{" + join(names, ",") + "}";
    const auto check = [names = std::move(names)](const std::string& value) {
        const bool known = std::find(names.begin(), names.end(), value) != names.end();
        return known ? std::string() : unknown_name("value", value, names);
    };
    return {check, described};
}

CLI::Validator not_empty() {
    return {[](const std::string& value) { return std::string(value.empty() ? "the file name is empty" : ""); }, ""};
}

void prepare_output(const std::string& path, std::string_view magic) {
    const auto fail = [&path](const std::string& reason) {
        throw ConfigError("cannot write '" + path + "': " + reason);
    };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        fail("it is a directory");
    }
    if (std::filesystem::exists(path, error)) {
        if (!std::filesystem::is_regular_file(path, error)) {
            fail("it is not a regular file");
        }
        std::string start(magic.size(), '\0');
        std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
        if (std::filesystem::file_size(path, error) > 0 && start != magic) {
            fail("a file of another kind has this name and would be lost");
        }
    }
    const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
    std::filesystem::create_directories(folder, error);
    if (error) {
        fail("cannot make the folder '" + folder.string() + "': " + error.message());
    }
    if (access(folder.c_str(), W_OK) != 0) {
        fail("the folder '" + folder.string() + "' is not writable");
    }
}

int run_command_line(int argc, char** argv) {
    CLI::App app{
        "handset simulates mobile SoCs running language models: latency, energy and memory of a scheduler on "
        "a phone that may not exist yet.\nExit codes: 0 done; 1 a comparison or study is outside its tolerance; 2 "
        "wrong input; "
        "3 internal error; 4 the simulated phone ran out of memory.",
        "handset"};
    app.set_version_flag("--version", std::string("handset ") + kVersion);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);
    Action action;
    add_run(app, action);
    add_check(app, action);
    add_config(app, action);
    add_list(app, action);
    add_show(app, action);
    add_compare(app, action);
    add_replay(app, action);
    add_op(app, action);
    add_sweep(app, action);
    add_merge(app, action);
    add_study(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version arrive as errors with exit code 0.
        return error.get_exit_code() == 0 ? delivered(app.exit(error)) : report_parse_error(app, error);
    }
    return run_action(action);
}

}  // namespace handset
