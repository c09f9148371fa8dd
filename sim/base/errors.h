// SPDX-License-Identifier: Apache-2.0
// The three ways a simulation can fail. Libraries throw these; only sim/app turns them into exit codes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

/// Where in a user's file a value was written; line and column start at 1, 0 means unknown.
struct SourceLocation {
    std::string file;
    int line = 0;
    int column = 0;

    /// "file:line:column", shortened by what is unknown.
    [[nodiscard]] std::string text() const;
};

/// The user's input is wrong (exit code 2). The message may hold several lines, one per problem.
class ConfigError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// An invariant of the simulator broke (exit code 3).
class ModelError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The simulated device ran out of memory (exit code 4); the message lists the largest holders.
class OutOfMemory : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Collects problems of one input so that they are reported together, in the order found.
class Errors {
  public:
    /// `path` is the dotted path of the value ("npu0.array.rows"), may be empty.
    void add(const SourceLocation& where, std::string_view path, std::string_view reason);
    void add(std::string_view path, std::string_view reason) { add(SourceLocation{}, path, reason); }

    [[nodiscard]] bool empty() const { return problems_.empty(); }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
    /// Throws ConfigError with all problems, one per line, if there are any.
    void throw_if_any() const;

  private:
    std::vector<std::string> problems_;
};

/// Throws ModelError naming the caller's source line. Builtins, because clang-tidy 14 has no std::source_location.
[[noreturn]] void fail_invariant(std::string_view message, const char* file = __builtin_FILE(),
                                 int line = __builtin_LINE());

/// Checks an invariant in every build type; throws ModelError naming the caller's source line.
inline void ensure(bool condition, std::string_view message, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
    if (!condition) {
        fail_invariant(message, file, line);
    }
}

}  // namespace handset
