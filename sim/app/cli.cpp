// SPDX-License-Identifier: Apache-2.0
#include "sim/app/cli.h"

#include <exception>
#include <iostream>
#include <new>

#include "sim/app/version.h"
#include "sim/base/errors.h"

namespace handset {

namespace {

int report(const char* what, const std::exception& error, int code) {
    std::cerr << "handset: " << what << (*what != '\0' ? ": " : "") << error.what() << "\n";
    return code;
}

int run_action(const Action& action) {
    try {
        const int code = action();
        std::cout.flush();
        if (!std::cout) {
            std::cerr << "handset: cannot write to standard output\n";
            return kBadInput;
        }
        return code;
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

}  // namespace

int run_command_line(int argc, char** argv) {
    CLI::App app{
        "handset simulates mobile SoCs running language models: latency, energy and memory of a scheduler on "
        "a phone that may not exist yet.\nExit codes: 0 done; 1 a comparison differs; 2 wrong input; "
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
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kBadInput;
    }
    return run_action(action);
}

}  // namespace handset
