// SPDX-License-Identifier: Apache-2.0
// Progress of long work on stderr: one line that rewrites itself on a terminal, plain lines elsewhere.
#pragma once

#include <iostream>
#include <string>
#include <unistd.h>

namespace handset {

class ProgressLine {
  public:
    explicit ProgressLine(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() {
        if (open_) {
            std::cerr << "\n";
        }
    }

    [[nodiscard]] bool terminal() const { return terminal_; }

    /// Replaces the line on a terminal, and only there.
    void rewrite(const std::string& text) {
        if (!quiet_ && terminal_) {
            std::cerr << "\r\x1b[K" << text << std::flush;
            open_ = true;
        }
    }
    /// Reaches plain output too, as a line of its own.
    void milestone(const std::string& text) {
        if (terminal_) {
            rewrite(text);
        } else if (!quiet_) {
            std::cerr << text << "\n" << std::flush;
        }
    }

  private:
    bool quiet_;
    bool terminal_;
    bool open_ = false;
};

}  // namespace handset
