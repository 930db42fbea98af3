/// The protocols, one file a parameter.
#pragma once

#include <algorithm>
#include <memory>

#include "protocol.hpp"

namespace bss {

std::unique_ptr<Protocol> readout_shift_protocol();
std::unique_ptr<Protocol> lab_v_reset();
std::unique_ptr<Protocol> lab_v_t();
std::unique_ptr<Protocol> lab_e_syn(SynapticInput input);
std::unique_ptr<Protocol> lab_tau_ref();
std::unique_ptr<Protocol> lab_e_l();
std::unique_ptr<Protocol> lab_v_convoff(SynapticInput input);
std::unique_ptr<Protocol> lab_tau_m();
std::unique_ptr<Protocol> lab_tau_syn(SynapticInput input);

std::unique_ptr<Protocol> fast_v_reset();
std::unique_ptr<Protocol> fast_v_t();
std::unique_ptr<Protocol> fast_e_syn(SynapticInput input);
std::unique_ptr<Protocol> fast_tau_ref();
std::unique_ptr<Protocol> fast_e_l();
std::unique_ptr<Protocol> fast_v_convoff(SynapticInput input);
std::unique_ptr<Protocol> fast_tau_m();
std::unique_ptr<Protocol> fast_tau_syn(SynapticInput input);
std::unique_ptr<Protocol> upstroke_protocol();
std::unique_ptr<Protocol> subthreshold_protocol();
std::unique_ptr<Protocol> spike_triggered_protocol();
std::unique_ptr<Protocol> weights_protocol();
std::unique_ptr<Protocol> plasticity_protocol();
std::unique_ptr<Protocol> alignment_protocol();

}   // namespace bss
