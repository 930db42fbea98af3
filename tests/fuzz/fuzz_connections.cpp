// Tables of connections, and SONATA files of edges and spikes. The first byte of an input says which; the others are the table, or changes to a sound file.
#include <fstream>

#include "hdf5_edits.hpp"
#include "mapping/sonata.hpp"
#include "wafer/hdf5.hpp"

namespace bss::fuzz {
namespace {

constexpr std::uint32_t size = 10;

void write_edges(const std::filesystem::path& path)
{
    hdf5::write_file(path, [](hid_t file) {
        const auto edges = hdf5::create_group(hdf5::create_group(file, "edges"), "a_to_b"), group = hdf5::create_group(edges, "0");
        hdf5::write_dataset(edges, "source_node_id", std::vector<std::uint64_t>{0, 3, 9});
        hdf5::write_dataset(edges, "target_node_id", std::vector<std::uint64_t>{1, 2, 0});
        hdf5::write_dataset(edges, "edge_type_id", std::vector<std::uint32_t>{0, 0, 0});
        hdf5::write_dataset(group, "syn_weight", std::vector<double>{0.1, 0.2, 0.3});
        hdf5::write_dataset(group, "delay", std::vector<double>{1, 2, 3});
    });
}

void write_spikes(const std::filesystem::path& path)
{
    hdf5::write_file(path, [](hid_t file) {
        const auto spikes = hdf5::create_group(hdf5::create_group(file, "spikes"), "a");
        hdf5::write_dataset(spikes, "timestamps", std::vector<double>{0.5, 1, 7});
        hdf5::write_dataset(spikes, "node_ids", std::vector<std::uint64_t>{1, 0, 9});
    });
}

}   // namespace

std::vector<std::string> seeds()
{
    using namespace std::string_literals;
    return {"t# pre post weight delay\n0 1 0.5 1\n1,2,0.25,2\n"s, "tpre post\n0 1\n9 9\n"s, "e\0\0\0\0\x01\0\0\0"s, "e\x02\x01\0\x01\xff\xff\xff\xff\x03\x02\0\0\0\0\0\0"s, "s\0\0\0\0\x01\0\0\0"s,
            "s\x04\x01\0\x05\0\0\0\0\x06\0\0\0\x07\0\0\0"s};
}

void read(Bytes input, const std::filesystem::path& folder)
{
    if (input.empty())
        return;
    const auto file = folder / "input";
    const Bytes rest = input.subspan(1);
    if (input[0] == 's') {
        write_spikes(file);
        edit(file, rest);
        read_spike_file(file, "a", size);
        return;
    }
    if (input[0] == 'e') {
        write_edges(file);
        edit(file, rest);
    } else {
        std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(rest.data()), static_cast<std::streamsize>(rest.size()));
    }
    read_connection_file(file, "a", "b", size, size);
}

}   // namespace bss::fuzz
