#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace bss {

Progress::Progress(std::string phase, bool shown) : phase_(std::move(phase)), shown_(shown && isatty(STDERR_FILENO) == 1), begin_(Clock::now()), last_(begin_)
{
}

Progress::~Progress()
{
    if (drawn_)
        std::fputs("\r\033[K", stderr);
}

void Progress::update(double fraction)
{
    using namespace std::chrono_literals;
    const auto now = Clock::now();
    if (!shown_ || now - begin_ < 2s || now - last_ < 100ms)
        return;
    last_ = now;
    drawn_ = true;
    constexpr int width = 40;
    fraction = std::clamp(fraction, 0.0, 1.0);
    const int full = static_cast<int>(fraction * width);
    const double elapsed = std::chrono::duration<double>(now - begin_).count();
    const std::string left = fraction > 0.01 ? fmt::format(", {:.0f} s left", elapsed / fraction - elapsed) : "";
    fmt::print(stderr, "\r\033[K{} [{:=<{}}{:{}}] {:3.0f} %{}", phase_, "", full, "", width - full, 100 * fraction, left);
    std::fflush(stderr);
}

}   // namespace bss
