// SPDX-License-Identifier: Apache-2.0
// SystemC turns an exception that leaves a process into a report and forgets its type. Process bodies run guarded, so
// that run_until_done() can throw the original.
#pragma once

#include <exception>

namespace handset {

/// Keeps the first failure of this process (one simulation per process).
void remember_failure(std::exception_ptr failure);
/// The failure kept so far, null when there is none; forgets it.
std::exception_ptr take_failure();

template <class Body>
void guarded(Body&& body) {
    try {
        body();
    } catch (...) {
        remember_failure(std::current_exception());
        throw;
    }
}

}  // namespace handset
