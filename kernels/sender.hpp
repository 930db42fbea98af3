/// Who sends events, and how addressed randomness calls senders and the places that they reach.
#pragma once

#include <compare>
#include <cstdint>

#include "wafer/coordinates.hpp"

namespace bss {

/// Who sent an event: addresses its jitter, which must not depend on the order of processing.
struct Sender {
    enum class Kind : std::uint8_t { neuron, source, background } kind = Kind::neuron;
    std::uint32_t index = 0;                ///< of the firing denmem, the source or the generator
    std::uint32_t number = 0;               ///< of the spike in the sender's train
    auto operator<=>(const Sender&) const = default;
};

constexpr std::uint32_t chip_address(Chip chip) { return static_cast<std::uint32_t>(chip.wafer) * Hicann::count + static_cast<std::uint32_t>(chip.hicann.value()); }
/// @param chip  chip_address() of where it is
constexpr std::uint32_t sender_address(const Sender& sender, std::uint32_t chip)
{
    const std::uint32_t elements = sender.kind == Sender::Kind::neuron ? Denmem::count : BackgroundGenerator::count;
    return sender.kind == Sender::Kind::source ? sender.index : chip * elements + sender.index;
}
/// A merger's net on a chip that it reaches. @param chip  chip_address() of that chip
constexpr std::uint32_t merger_address(DncMerger merger, std::uint32_t chip) { return chip * DncMerger::count + static_cast<std::uint32_t>(merger.value()); }

}   // namespace bss
