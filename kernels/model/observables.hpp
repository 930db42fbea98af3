/// What traces show of a membrane and its denmems; sums over the denmems run in their order. The same text on every backend.
#pragma once

#include "number.hpp"

namespace bss::model {

BSS_HD float volt(double threshold_volt, float v) { return static_cast<float>(threshold_volt + v); }

/// A denmem's part in the adaptation current, volts per step: w is open until the membrane's lift is added (model/neuron.hpp, adaptation()).
BSS_HD double adaptation_part(float w, float gain, float lift, float carry) { return static_cast<double>(w) + fused(gain, lift, carry); }

}   // namespace bss::model
