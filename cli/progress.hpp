/// A bar for people who wait: on stderr, only on a terminal, only for what takes longer than two seconds.
#pragma once

#include <chrono>
#include <string>

namespace bss {

class Progress
{
public:
    /// @param shown  false: says nothing at all (--quiet)
    Progress(std::string phase, bool shown);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// @param fraction  of the phase that is done, 0 to 1
    void update(double fraction);

private:
    using Clock = std::chrono::steady_clock;
    std::string phase_;
    bool shown_;
    bool drawn_ = false;
    Clock::time_point begin_, last_;
};

}   // namespace bss
