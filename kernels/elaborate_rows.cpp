#include <algorithm>
#include <cmath>

#include "elaborate.hpp"

namespace bss {
namespace {

constexpr double largest_increment = 65535;
/// Rows with short-term plasticity multiply their increments by a factor of up to 4 in units of 2^-15: the product must fit into 32 bits.
constexpr double largest_plastic_increment = 32767;
/// The largest increment of a chip is this many quanta: 8192 of them fit into an accumulator, and weaker rows still have some 16 bits. Rounded to the
/// unit of either kind of row it stays below 2^18, for which lists of synapses have room.
constexpr double largest_quanta = 8 * largest_plastic_increment;

struct RowConductances {
    std::array<float, Column::count> siemens{};     ///< 0 where nothing can fire the synapse
    float largest = 0;
};

}   // namespace

void elaborate_rows(ChipProgram& chip, double least_quantum_siemens, const HicannConfig& config, const Silicon& silicon, std::uint64_t trial, const std::map<SynapseDriver, AddressSet>& reached)
{
    std::array<bool, Denmem::count> used{};
    for (const Denmem denmem : chip.denmems)
        used[denmem.value()] = true;

    std::vector<RowConductances> conductances;
    for (const auto& [driver, arriving] : reached) {
        const DriverConfig& bits = config.drivers[driver.value()];
        std::int16_t plastic = -1;
        if (bits.stp_enable) {
            const StpCircuit stp = silicon.stp(chip.chip.hicann, driver, config, trial);
            if (stp.enabled) {
                plastic = static_cast<std::int16_t>(chip.plastic_drivers.size());
                chip.plastic_drivers.push_back(stp);
            }
        }
        for (int which = 0; which < 2; ++which) {
            const SynapseRow row(driver, which);
            const RowConfig& setting = bits.rows[which];
            if (!setting.syn_in_left && !setting.syn_in_right)
                continue;
            const RowCircuit circuit = silicon.row(chip.chip.hicann, row, config, trial);
            std::array<float, Column::count> factors;
            silicon.synapse_factors(chip.chip.hicann, row, factors);
            std::array<std::uint8_t, Column::count> addresses;
            RowConductances conductance;
            for (const Column column : all<Column>()) {
                const std::size_t at = SynapseArrays::at(row, column);
                const int address = setting.decoder[column.odd()] << 4 | config.synapses.decoder[at];
                addresses[column.value()] = deaf_synapse;
                if (!used[row.denmem(column).value()] || !(arriving >> address & 1))
                    continue;
                const double siemens = config.synapses.exact_conductance.empty() ? circuit.conductance_siemens[config.synapses.weight[at]]
                                                                                 : config.synapses.exact_conductance[at] * circuit.exact_factor;
                const auto g = static_cast<float>(siemens * factors[column.value()]);
                if (!(g > 0))
                    continue;
                addresses[column.value()] = static_cast<std::uint8_t>(address);
                conductance.siemens[column.value()] = g;
                conductance.largest = std::max(conductance.largest, g);
            }
            if (!(conductance.largest > 0))
                continue;
            for (const int input : {0, 1})
                if (input == 0 ? setting.syn_in_left : setting.syn_in_right) {
                    chip.rows.push_back({row, static_cast<std::uint8_t>(input), 0, plastic});
                    chip.addresses.insert(chip.addresses.end(), addresses.begin(), addresses.end());
                    conductances.push_back(conductance);
                }
        }
    }

    float largest = 0;
    for (const RowConductances& c : conductances)
        largest = std::max(largest, c.largest);
    const double quantum = std::max(largest / largest_quanta, least_quantum_siemens);
    chip.quantum_siemens = quantum > 0 ? quantum : 1.0;
    chip.increments.reserve(chip.addresses.size());
    for (std::size_t r = 0; r < conductances.size(); ++r) {
        RowProgram& row = chip.rows[r];
        const double limit = row.plastic_driver < 0 ? largest_increment : largest_plastic_increment;
        while (std::round(conductances[r].largest / chip.quantum_siemens / (1 << row.shift)) > limit)
            ++row.shift;
        const double unit = chip.quantum_siemens * (1 << row.shift);
        for (const float g : conductances[r].siemens)
            chip.increments.push_back(static_cast<std::uint16_t>(std::lround(g / unit)));
    }
}

}   // namespace bss
