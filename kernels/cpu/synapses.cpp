#include "synapses.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss {
namespace {

constexpr std::uint32_t no_slot = ~0u;

/// Appends a list where it touches no more lines of the cache than it must.
SynapseList append(std::span<const std::uint32_t> list, std::uint32_t words_of_line, std::vector<std::uint32_t>& words)
{
    const auto lines = [&](std::size_t first) { return (first % words_of_line + list.size() + words_of_line - 1) / words_of_line; };
    if (lines(words.size()) > lines(0))
        words.resize((words.size() / words_of_line + 1) * words_of_line);
    const std::size_t first = words.size();
    if (first >= no_list.first())
        throw InputError(fmt::format("synapses of a chip: expected lists of less than {} words for its routes, found more", no_list.first()));
    words.insert(words.end(), list.begin(), list.end());
    return {static_cast<std::uint32_t>(first << 8 | std::min<std::size_t>(lines(first), 255))};
}

}   // namespace

Synapses::Synapses(const Program& program, std::uint32_t index, std::span<const std::uint32_t> routes, std::span<const int> slots, int slot_count,
                   std::pmr::memory_resource* memory)
    : lines_(memory), plastic_drivers_(program.chips[index].plastic_drivers), states_(plastic_drivers_.size() * L1Address::count)
{
    const ChipProgram& chip = program.chips[index];
    std::vector<std::uint32_t> slot_of_denmem(Denmem::count, no_slot);      // [Half][column]
    for (std::size_t k = 0; k < slots.size(); ++k)
        slot_of_denmem[static_cast<std::size_t>(static_cast<int>(chip.denmems[k].half()) * Column::count + chip.denmems[k].x())] = static_cast<std::uint32_t>(slots[k]);
    std::vector<std::uint32_t> words;
    for (const std::uint32_t r : routes)
        list_route(program, r, slot_of_denmem, static_cast<std::uint32_t>(slot_count), words);
    lines_.resize((words.size() + words_of_line - 1) / words_of_line);
    std::copy(words.begin(), words.end(), reinterpret_cast<std::uint32_t*>(lines_.data()));
}

void Synapses::list_route(const Program& program, std::uint32_t index, std::span<const std::uint32_t> slot_of_denmem, std::uint32_t slot_count, std::vector<std::uint32_t>& words)
{
    const RouteProgram& route = program.routes[index];
    const ChipProgram& chip = program.chips[route.target];
    RouteLists& lists = routes_.emplace_back();
    lists.route = index;
    lists.lists.fill(no_list);
    for (int upper = 0; upper < 4; ++upper) {
        const auto accepting = std::span(program.route_rows).subspan(route.first_row[upper], route.first_row[upper + 1] - route.first_row[upper]);
        if (accepting.empty())
            continue;
        // Synapses of a segment share their plasticity: plastic driver -> rows. Those without any come first.
        std::map<std::int16_t, std::vector<std::uint16_t>> kinds;
        for (const std::uint16_t r : accepting)
            kinds[chip.rows[r].plastic_driver].push_back(r);
        std::array<std::vector<std::uint32_t>, 16> answers;                 // [lower address bits]
        std::array<std::vector<std::uint32_t>, 16> made;
        for (auto kind = kinds.begin(); kind != kinds.end(); ++kind) {
            for (auto& list : answers)
                list.clear();
            for (const std::uint16_t r : kind->second) {
                const RowProgram& row = chip.rows[r];
                const auto row_slots = slot_of_denmem.subspan(static_cast<std::size_t>(static_cast<int>(row.row.half()) * Column::count), Column::count);
                const std::uint8_t* const addresses = chip.addresses.data() + std::size_t{r} * Column::count;
                const std::uint16_t* const increments = chip.increments.data() + std::size_t{r} * Column::count;
                for (std::size_t column = 0; column < Column::count; ++column) {
                    if (addresses[column] == deaf_synapse || addresses[column] >> 4 != upper || row_slots[column] == no_slot)
                        continue;
                    const std::uint32_t quanta = static_cast<std::uint32_t>(increments[column]) << row.shift;
                    answers[addresses[column] & 15].push_back(quanta << slot_bits | (row.input * slot_count + row_slots[column]));
                }
            }
            const bool more = std::next(kind) != kinds.end();
            for (std::uint32_t low = 0; low < 16; ++low) {
                auto& list = made[low];
                list.push_back(static_cast<std::uint32_t>(answers[low].size()) | static_cast<std::uint32_t>(kind->second.size()) << count_bits | (more ? more_bit : 0) |
                               (kind->first >= 0 ? plastic_bit : 0));
                if (kind->first >= 0)
                    list.push_back(static_cast<std::uint32_t>(kind->first) * L1Address::count + (static_cast<std::uint32_t>(upper) << 4 | low));
                list.insert(list.end(), answers[low].begin(), answers[low].end());
                list.resize(list.size() + (group - answers[low].size() % group) % group);
            }
        }
        for (std::size_t low = 0; low < 16; ++low)
            lists.lists[static_cast<std::size_t>(upper) << 4 | low] = append(made[low], words_of_line, words);
    }
}

const std::uint32_t* Synapses::deliver_plastic(const std::uint32_t* word, std::uint32_t count, double time_s, std::int32_t* sums)
{
    const std::uint32_t state = *word++;
    const std::uint32_t factor = stp_event(states_[state], plastic_drivers_[state / L1Address::count], time_s);
    for (const std::uint32_t* const end = word + count; word < end; ++word)
        sums[*word & slot_mask] += static_cast<std::int32_t>(static_cast<std::uint64_t>(*word >> slot_bits) * factor >> stp_factor_bits);
    return word + (group - count % group) % group;
}

}   // namespace bss
