#include "program.hpp"

namespace bss {

std::map<Chip, std::uint32_t> chip_indices(const Program& program)
{
    std::map<Chip, std::uint32_t> chips;
    for (std::uint32_t c = 0; c < program.chips.size(); ++c)
        chips[program.chips[c].chip] = c;
    return chips;
}

std::map<std::pair<Chip, DncMerger>, std::uint32_t> host_nets(const Program& program)
{
    std::map<std::pair<Chip, DncMerger>, std::uint32_t> nets;
    for (std::uint32_t n = 0; n < program.nets.size(); ++n)
        if (program.nets[n].from_host)
            nets[{program.nets[n].chip, program.nets[n].merger}] = n;
    return nets;
}

}   // namespace bss
