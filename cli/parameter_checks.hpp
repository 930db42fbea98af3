/// What a cell's parameters may be, and what is said of those that are not: one text for network files and for Python.
#pragma once

#include <string>

#include "cli/configuration.hpp"
#include "cli/keys.hpp"
#include "mapping/network.hpp"

namespace bss {

Unit unit_of(const CellParameter& parameter);
Range range_of(const CellParameter& parameter);
/// "a time > 0 (ms)"
std::string expects(const CellParameter& parameter);

/// What is wrong with the name of a population: "expected a name without …"; empty where nothing is.
std::string wrong_name(std::string_view name);

/// A mistake between parameters.
struct WrongParameter {
    std::string name, what;                     ///< what: "expected v_reset < v_thresh, found …"; empty where nothing is wrong
};
/// A spike resets the membrane; if that left it above the threshold it would fire without end.
WrongParameter wrong_reset(const Population& population);

/// Short-term plasticity that no driver has (the ideal fabric has it): "expected tau_rec or tau_facil of 0 …"; empty for what it has.
std::string wrong_on_wafer(const ShortTermPlasticity& stp);

/// Fills in the interval in steps of the integration, and says what cannot be recorded.
WrongParameter complete_recording(RecordRequest& request, const Population& population, double timestep_ms);

}   // namespace bss
