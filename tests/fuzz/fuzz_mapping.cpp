// Stored mappings (mapping.file): an input is a list of changes to a sound one.
#include <fstream>

#include "hdf5_edits.hpp"
#include "mapping/storage.hpp"

namespace bss::fuzz {
namespace {

Population population(std::string name, std::uint32_t size, CellType cell)
{
    Population p;
    p.name = std::move(name);
    p.size = size;
    p.cell = cell;
    for (const CellParameter& parameter : parameters_of(cell))
        p.parameters.push_back({{parameter.standard}});
    p.initial_v = {{-65}};
    return p;
}

/// A small network on two wafers, its mapping, and the file.
struct Sound {
    Network network;
    Machine machine;
    MappingOptions options;
    std::string file;

    explicit Sound(const std::filesystem::path& folder)
    {
        network.populations = {population("s", 2, CellType::SpikeSourcePoisson), population("a", 3, CellType::IF_cond_exp), population("b", 2, CellType::IF_cond_exp)};
        for (const auto& [pre, post] : {std::pair(0u, 1u), std::pair(1u, 2u)}) {
            Projection p;
            p.pre = pre;
            p.post = post;
            p.weight.values = {0.003};
            for (std::uint32_t j = 0; j < network.populations[post].size; ++j)
                for (std::uint32_t i = 0; i < 2; ++i) {
                    p.pre_neuron.push_back(i);
                    p.post_neuron.push_back(j);
                }
            network.projections.push_back(p);
        }
        for (const std::uint64_t id : {1, 2}) {
            machine.silicon.push_back(std::make_shared<const Silicon>(Technology::load("hicann-x1000"), Imperfections{}, id));
            machine.calibration.push_back(ideal_calibration(*machine.silicon.back()));
        }
        machine.defects.resize(2);
        machine.chips = {{0, Hicann(174)}, {0, Hicann(175)}, {1, Hicann(174)}, {1, Hicann(175)}};
        options.timestep_s = 1e-7;
        options.place = {{2, 0, 1, {{1, Hicann(174)}}, 0}};
        const auto path = folder / "sound.h5";
        write_mapping(path, map(network, machine, options, {}), network, true);
        std::ifstream in(path, std::ios::binary);
        file.assign(std::istreambuf_iterator<char>(in), {});
    }
};

}   // namespace

std::vector<std::string> seeds()
{
    using namespace std::string_literals;
    return {"", "\0\x05\0\x01\x07\0\0\0"s, "\x02\x40\0\0\xff\xff\xff\xff"s, "\x03\x10\0\0\0\0\0\0"s, "\x04\x20\0\x03\0\0\0\0"s, "\x06\x01\0\0\x02\0\0\0"s, "\x07\x03\0\0\0\0\0\0\x05\x08\0\x02\0\0\0\0"s};
}

void read(Bytes input, const std::filesystem::path& folder)
{
    static const Sound sound(folder);
    const auto file = folder / "mapping.h5";
    std::ofstream(file, std::ios::binary) << sound.file;
    edit(file, input);
    read_mapping(file, sound.network, sound.machine, sound.options, {});
}

}   // namespace bss::fuzz
