#include "synapses.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace bss {
namespace {

constexpr int slot_bits = 13;               // at most 16 slots a denmem (membranes.hpp)
constexpr std::uint32_t slot_mask = (1u << slot_bits) - 1;
constexpr std::uint32_t no_slot = ~0u;

void add(std::span<const std::uint32_t> synapses, std::int32_t* sums)
{
    for (const std::uint32_t synapse : synapses)
        sums[synapse & slot_mask] += static_cast<std::int32_t>(synapse >> slot_bits);
}

void add_scaled(std::span<const std::uint32_t> synapses, std::uint32_t factor, std::int32_t* sums)
{
    for (const std::uint32_t synapse : synapses)
        sums[synapse & slot_mask] += static_cast<std::int32_t>(static_cast<std::uint64_t>(synapse >> slot_bits) * factor >> stp_factor_bits);
}

}   // namespace

Synapses::Synapses(const Program& program, std::uint32_t index, std::span<const int> slots)
    : plastic_drivers_(program.chips[index].plastic_drivers), states_(plastic_drivers_.size())
{
    const ChipProgram& chip = program.chips[index];
    std::array<std::vector<std::uint32_t>, 2> slot_of_column;       // [Half][column]
    for (auto& columns : slot_of_column)
        columns.assign(Column::count, no_slot);
    for (std::size_t k = 0; k < slots.size(); ++k)
        slot_of_column[static_cast<int>(chip.denmems[k].half())][chip.denmems[k].x()] = static_cast<std::uint32_t>(slots[k]);
    for (const RouteProgram& route : program.routes)
        if (route.target == index)
            list_route(program, route, slot_of_column);
    segments_.shrink_to_fit();
    synapses_.shrink_to_fit();
}

void Synapses::list_route(const Program& program, const RouteProgram& route, const std::array<std::vector<std::uint32_t>, 2>& slot_of_column)
{
    struct Answer {
        std::uint8_t address;
        std::int16_t plastic_driver;
        std::uint8_t input;
        std::uint32_t synapse;
    };
    const ChipProgram& chip = program.chips[route.target];
    std::vector<Answer> answers;
    for (int upper = 0; upper < 4; ++upper) {
        std::map<std::int16_t, std::uint16_t> accepting;            // plastic driver -> rows
        answers.clear();
        for (std::uint32_t k = route.first_row[upper]; k < route.first_row[upper + 1]; ++k) {
            const std::size_t r = program.route_rows[k];
            const RowProgram& row = chip.rows[r];
            ++accepting[row.plastic_driver];
            for (std::size_t column = 0; column < Column::count; ++column) {
                const std::uint8_t address = chip.addresses[r * Column::count + column];
                const std::uint32_t slot = slot_of_column[static_cast<int>(row.row.half())][column];
                if (address == deaf_synapse || address >> 4 != upper || slot == no_slot)
                    continue;
                const std::uint32_t quanta = static_cast<std::uint32_t>(chip.increments[r * Column::count + column]) << row.shift;
                answers.push_back({address, row.plastic_driver, row.input, quanta << slot_bits | slot});
            }
        }
        std::sort(answers.begin(), answers.end(), [](const Answer& a, const Answer& b) {
            return std::tie(a.address, a.plastic_driver, a.input, a.synapse) < std::tie(b.address, b.plastic_driver, b.input, b.synapse);
        });
        auto answer = answers.begin();
        for (int address = upper << 4; address < (upper + 1) << 4; ++address) {
            const auto first = static_cast<std::uint32_t>(segments_.size());
            for (const auto& [driver, rows] : accepting) {
                Segment segment{static_cast<std::uint32_t>(synapses_.size()), 0, 0, rows, driver};
                for (; answer != answers.end() && answer->address == address && answer->plastic_driver == driver; ++answer) {
                    ++(answer->input == 0 ? segment.excitatory : segment.inhibitory);
                    synapses_.push_back(answer->synapse);
                }
                segments_.push_back(segment);
            }
            segments_of_.push_back({first, static_cast<std::uint32_t>(segments_.size()) - first});
        }
    }
}

void Synapses::deliver(SynapseSegments range, L1Address address, double time_s, const std::array<std::int32_t*, 2>& inputs)
{
    for (const Segment& segment : std::span(segments_).subspan(range.first, range.count)) {
        const std::span<const std::uint32_t> synapses(synapses_.data() + segment.first, segment.excitatory + segment.inhibitory);
        const auto excitatory = synapses.first(segment.excitatory), inhibitory = synapses.subspan(segment.excitatory);
        if (segment.plastic_driver < 0) {
            add(excitatory, inputs[0]);
            add(inhibitory, inputs[1]);
        } else {
            const std::uint32_t factor = stp_event(states_[segment.plastic_driver][address.value()], plastic_drivers_[segment.plastic_driver], time_s);
            add_scaled(excitatory, factor, inputs[0]);
            add_scaled(inhibitory, factor, inputs[1]);
        }
        row_events_ += segment.rows;
        synaptic_events_ += static_cast<std::int64_t>(synapses.size());
    }
}

void Synapses::prefetch_segments(SynapseSegments range) const { __builtin_prefetch(segments_.data() + range.first); }

void Synapses::prefetch_synapses(SynapseSegments range) const
{
    constexpr std::uint32_t per_line = 64 / sizeof(std::uint32_t);
    for (const Segment& segment : std::span(segments_).subspan(range.first, range.count))
        for (std::uint32_t k = 0; k < segment.excitatory + segment.inhibitory; k += per_line)
            __builtin_prefetch(synapses_.data() + segment.first + k);
}

}   // namespace bss
