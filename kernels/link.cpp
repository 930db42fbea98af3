#include "link.hpp"

#include <algorithm>
#include <bit>

namespace bss {

std::optional<double> Queue::push(double time_s)
{
    const double begin_s = std::max(time_s, free_s_);
    // Half a unit in the last place must not decide whether a full buffer takes one more event.
    if (begin_s - time_s > longest_wait_s_ + 1e-6 * service_s_)
        return std::nullopt;
    free_s_ = begin_s + service_s_;
    return begin_s;
}

bool PriorityEncoder::push(int input, const EncodedSpike& spike, std::vector<EncodedSpike>& served)
{
    serve(spike.time_s, served);
    if (pending_ >> input & 1)
        return false;
    pending_ |= std::uint64_t{1} << input;
    spikes_[input] = spike;
    return true;
}

void PriorityEncoder::serve(double end_s, std::vector<EncodedSpike>& served)
{
    while (pending_) {
        double earliest_s = Queue::unlimited;
        for (std::uint64_t rest = pending_; rest; rest &= rest - 1)
            earliest_s = std::min(earliest_s, spikes_[std::countr_zero(rest)].time_s);
        const double begin_s = std::max(free_s_, earliest_s);
        if (begin_s >= end_s)
            return;
        std::uint64_t waiting = pending_;
        while (spikes_[std::countr_zero(waiting)].time_s > begin_s)
            waiting &= waiting - 1;
        const int input = std::countr_zero(waiting);
        pending_ &= ~(std::uint64_t{1} << input);
        free_s_ = begin_s + service_s_;
        served.push_back({begin_s, spikes_[input].neuron, spikes_[input].number});
    }
}

}   // namespace bss
