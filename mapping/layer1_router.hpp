/// The router of one wafer: grows a bus tree for every net, and lets a net that is stuck push others aside.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "layer1_graph.hpp"
#include "mapping.hpp"

namespace bss {

/// A net and the chips it has to reach.
struct RoutingTask {
    struct Target {
        Hicann hicann;
        std::uint32_t synapses;             ///< what is lost if the net does not reach it
    };
    std::uint32_t net = 0;
    Hicann source;
    HLine line;                             ///< of its sending repeater
    std::vector<Target> targets;
    std::uint64_t synapses = 0;             ///< of all targets
};

/// The bus tree of a net.
struct BusTree {
    /// `bus` hears `from` through a crossbar switch or, where that is -1, a repeater; from = -1 stands for the sending repeater.
    struct Branch {
        std::int32_t from, bus;
        std::int16_t crossbar;
    };
    /// A target and the V line that feeds its drivers.
    struct Feed {
        Hicann target;
        Bus line;
    };
    std::vector<Branch> branches;
    std::vector<Feed> feeds;
};

/// Routes all tasks over the lines of one wafer; earlier ones choose first.
/// @param allowed  chips that may be crossed and fed
/// @return a tree each; targets without a feed were not reached
std::vector<BusTree> grow_trees(const std::vector<RoutingTask>& tasks, const Defects& defects, const std::bitset<Hicann::count>& allowed, const MappingOptions& options,
                                std::uint16_t wafer);

}   // namespace bss
