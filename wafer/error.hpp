/// The one exception for wrong input: its text is what the user reads (exit code 2).
#pragma once

#include <stdexcept>
#include <string>

namespace bss {

/// Input that cannot be used. The message names file and line or object, what was expected and what was found.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A run that failed for no fault of the input: disk full, out of memory, device lost (exit code 1).
class RunError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}   // namespace bss
