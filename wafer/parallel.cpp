#include "parallel.hpp"

namespace bss {
namespace {

std::atomic<int> chosen{0};

}   // namespace

void set_threads(int threads) { chosen = threads; }

int threads()
{
    const int count = chosen;
    return count > 0 ? count : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}   // namespace bss
