/// Which V lines can feed which drivers, and what is broken on the way (rules S1, S2, D1, X6).
#pragma once

#include <vector>

#include "wafer/coordinates.hpp"
#include "wafer/defects.hpp"

namespace bss {

/// The drivers of a chip fall into 16 groups, 8 a side: a V line reaches all drivers of one group of its own chip and of one group of the neighbour on its side.
struct DriverGroup : Index<DriverGroup, 16> {
    using Index::Index;
    explicit DriverGroup(SynapseDriver driver)
        : Index(8 * static_cast<int>(driver.side()) + (driver.half() == Half::top ? driver.quadrant_index() % 8 : 7 - driver.quadrant_index() % 8))
    {
    }
    /// Group on its own chip, or on the neighbour on its side, that a V line feeds.
    static DriverGroup fed_by(VLine v, bool adjacent) { return DriverGroup(8 * (static_cast<int>(v.side()) ^ static_cast<int>(adjacent)) + v.driver_group()); }

    Side side() const { return static_cast<Side>(value() / 8); }
    std::vector<SynapseDriver> drivers() const
    {
        std::vector<SynapseDriver> members;
        for (const SynapseDriver y : all<SynapseDriver>())
            if (y.exists() && DriverGroup(y) == *this)
                members.push_back(y);
        return members;
    }
};

/// Whether a driver and at least one of its rows work.
inline bool driver_usable(const HicannDefects& defects, SynapseDriver driver)
{
    return driver.exists() && !defects.drivers.test(driver.value()) && !defects.arrays.test(static_cast<int>(driver.half())) &&
           !(defects.rows.test(2 * driver.value()) && defects.rows.test(2 * driver.value() + 1));
}

/// Whether a V line's synapse switch to a driver line exists and works. @param defects  of the chip of the V line
inline bool switch_usable(const HicannDefects& defects, VLine v, SynapseDriver driver)
{
    const auto s = SynapseSwitch::at(v, driver);
    return s && !defects.synapse_switches.test(s->value()) && !defects.switch_rows.test(s->row().value());
}

}   // namespace bss
