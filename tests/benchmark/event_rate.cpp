// SPDX-License-Identifier: Apache-2.0
// How many events per second of CPU time this host gives SystemC: one method that notifies itself. Speeds of memory
// simulators are compared as multiples of it, because hosts and their load differ.
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <systemc>

namespace {

constexpr std::uint64_t kEvents = 10'000'000;

class Ticker final : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Ticker);
    explicit Ticker(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(tick);
        sensitive << event_;
    }

  private:
    void tick() {
        if (++count_ < kEvents) {
            event_.notify(1, sc_core::SC_NS);
        }
    }

    sc_core::sc_event event_{"event"};
    std::uint64_t count_ = 0;
};

}  // namespace

int sc_main(int /*argc*/, char** /*argv*/) {
    const Ticker ticker("ticker");
    const std::clock_t begin = std::clock();
    sc_core::sc_start();
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::cout << static_cast<std::uint64_t>(static_cast<double>(kEvents) / seconds) << "\n";
    return EXIT_SUCCESS;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
