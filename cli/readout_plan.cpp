#include "cli/readout_plan.hpp"

#include <map>
#include <optional>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss {

namespace {

constexpr int outputs_of_a_group = 2;

AnalogOutput selection(Denmem denmem)
{
    constexpr std::array by_position{AnalogOutput::membrane_top_even, AnalogOutput::membrane_top_odd, AnalogOutput::membrane_bottom_even,
                                     AnalogOutput::membrane_bottom_odd};
    return by_position[denmem.position_in_quad()];
}

/// Places the requests of one ADC group from `next` on by trying everything: a group has two outputs, so there is little to try.
bool place(std::span<const ReadoutRequest> requests, std::span<const Defects> defects, std::span<const std::size_t> group, std::size_t next,
           std::vector<Readout>& plan)
{
    if (next == group.size())
        return true;
    const ReadoutRequest& request = requests[group[next]];
    const auto& broken = defects[request.chip.wafer].of(request.chip.hicann).analog_outputs;
    for (Denmem denmem : request.denmems)
        for (int output = 0; output < outputs_of_a_group; ++output) {
            if (broken.test(output))
                continue;
            bool free = true;
            for (std::size_t k : group.first(next)) {
                const bool same_line = requests[k].chip == request.chip && plan[k].denmem.position_in_quad() == denmem.position_in_quad();
                free = free && plan[k].output != output && !same_line;
            }
            if (!free)
                continue;
            plan[group[next]] = {denmem, output};
            if (place(requests, defects, group, next + 1, plan))
                return true;
        }
    return false;
}

}   // namespace

std::vector<Readout> plan_readout(std::span<const ReadoutRequest> requests, std::span<const Defects> defects)
{
    std::map<std::pair<int, int>, std::vector<std::size_t>> groups; // (wafer, ADC group) -> requests
    for (std::size_t k = 0; k < requests.size(); ++k)
        groups[{requests[k].chip.wafer, requests[k].chip.hicann.reticle().adc_group()}].push_back(k);

    std::vector<Readout> plan(requests.size());
    for (const auto& [key, group] : groups)
        for (std::size_t count = 1; count <= group.size(); ++count) { // one more each time, so that the message can name the one that is too much
            if (count <= outputs_of_a_group && place(requests, defects, std::span(group).first(count), 0, plan))
                continue;
            const ReadoutRequest& request = requests[group[count - 1]];
            std::string others;
            for (std::size_t k : std::span(group).first(count - 1))
                others += (others.empty() ? "" : " and ") + requests[k].neuron;
            throw InputError(fmt::format(
                "record: {} cannot be read through the ADC: {}", request.neuron,
                count > outputs_of_a_group ? fmt::format("both outputs of ADC group {} read {} already (2 membranes a group of reticles, rule O2); record it "
                                                         "through probe, or place it elsewhere",
                                                         key.second, others)
                : others.empty()
                    ? fmt::format("both analogue outputs of HICANN {} are defective", request.chip.hicann.value())
                    : fmt::format("it shares HICANN {} or its outputs with {}, and no two of their denmems differ in (row, column parity) (rule O1)",
                                  request.chip.hicann.value(), others)));
        }
    return plan;
}

void configure_readout(std::vector<WaferConfig>& wafers, std::span<const ReadoutRequest> requests, std::span<const Readout> plan)
{
    for (WaferConfig& wafer : wafers)
        for (auto& [hicann, chip] : wafer.hicanns) {
            chip.analog_outputs.fill(AnalogOutput::off);
            for (DenmemConfig& denmem : chip.denmems)
                denmem.enable_aout = false;
        }
    for (std::size_t k = 0; k < requests.size(); ++k) {
        HicannConfig& chip = wafers[requests[k].chip.wafer].hicanns.at(requests[k].chip.hicann);
        chip.denmems[plan[k].denmem.value()].enable_aout = true;
        chip.analog_outputs[plan[k].output] = selection(plan[k].denmem);
    }
}

}   // namespace bss
