#include "synapses.hpp"

#include <iterator>
#include <map>

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
    const ChipProgram& chip = program.chips[route.target];
    for (int upper = 0; upper < 4; ++upper) {
        const auto accepting = std::span(program.route_rows).subspan(route.first_row[upper], route.first_row[upper + 1] - route.first_row[upper]);
        std::map<std::int16_t, Segment> kinds;                      // plastic driver -> what all its segments have in common
        for (const std::uint16_t r : accepting) {
            Segment& kind = kinds[chip.rows[r].plastic_driver];
            kind.plastic_driver = chip.rows[r].plastic_driver;
            ++kind.rows;
        }
        const auto visit = [&](auto&& work) {                       // work(segment within this part of the route, input, synapse)
            for (const std::uint16_t r : accepting) {
                const RowProgram& row = chip.rows[r];
                const auto kind = static_cast<std::size_t>(std::distance(kinds.begin(), kinds.find(row.plastic_driver)));
                const auto& slots = slot_of_column[static_cast<int>(row.row.half())];
                for (std::size_t column = 0; column < Column::count; ++column) {
                    const std::size_t at = std::size_t{r} * Column::count + column;
                    const std::uint8_t address = chip.addresses[at];
                    if (address == deaf_synapse || address >> 4 != upper || slots[column] == no_slot)
                        continue;
                    const std::uint32_t quanta = static_cast<std::uint32_t>(chip.increments[at]) << row.shift;
                    work((address & 15) * kinds.size() + kind, row.input, quanta << slot_bits | slots[column]);
                }
            }
        };

        const std::size_t first_segment = segments_.size();
        for (int low = 0; low < 16; ++low) {
            segments_of_.push_back({static_cast<std::uint32_t>(segments_.size()), static_cast<std::uint32_t>(kinds.size())});
            for (const auto& kind : kinds)
                segments_.push_back(kind.second);
        }
        const std::span segments = std::span(segments_).subspan(first_segment);
        visit([&](std::size_t s, int input, std::uint32_t) { ++(input == 0 ? segments[s].excitatory : segments[s].inhibitory); });
        std::vector<std::array<std::uint32_t, 2>> next;             // [segment][input] where its next synapse goes
        auto end = static_cast<std::uint32_t>(synapses_.size());
        for (Segment& segment : segments) {
            segment.first = end;
            next.push_back({end, end + segment.excitatory});
            end += segment.excitatory + segment.inhibitory;
        }
        synapses_.resize(end);
        visit([&](std::size_t s, int input, std::uint32_t synapse) { synapses_[next[s][input]++] = synapse; });
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
